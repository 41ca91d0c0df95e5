// expect first: gradiva: -ffast-math, -Ofast and -ffinite-math-only remove the checks for NaN and make exp wrong
// flags: -Ofast
#include <gradiva/core/simd/math.hpp>

int main() {}
