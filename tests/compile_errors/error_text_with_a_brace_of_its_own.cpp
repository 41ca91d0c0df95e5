// expect: gradiva: an error's text names no argument, and has no {{
#include <gradiva/gradiva.hpp>

int main(int count, char**) { gradiva::require(count > 0, "a {{brace}} around {}", count); }
