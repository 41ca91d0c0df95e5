// expect first: gradiva: -ffast-math, -Ofast and -ffinite-math-only remove the checks for NaN and make exp wrong
// flags: -O2 -ffast-math
#include <gradiva/gradiva.hpp>

int main() {}
