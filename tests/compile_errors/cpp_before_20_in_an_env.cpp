// expect first: gradiva: C++20 is needed
// flags: -std=c++11
#include <gradiva/env/env.hpp>

int main() {}
