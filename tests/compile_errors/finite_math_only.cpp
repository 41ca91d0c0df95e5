// expect first: gradiva: -ffast-math, -Ofast and -ffinite-math-only remove the checks for NaN and make exp wrong
// flags: -ffinite-math-only
#include <gradiva/nn/mlp.hpp>

int main() {}
