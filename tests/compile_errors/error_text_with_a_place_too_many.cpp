// expect: gradiva: an error's text needs one {} for each argument
#include <gradiva/gradiva.hpp>

int main(int count, char**) { gradiva::require(count > 0, "count is {}; give at least {}", count); }
