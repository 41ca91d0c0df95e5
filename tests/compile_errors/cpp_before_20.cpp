// expect first: gradiva: C++20 is needed
// flags: -std=c++17
#include <gradiva/gradiva.hpp>

int main() {}
