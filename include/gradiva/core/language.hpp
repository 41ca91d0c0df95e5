#pragma once

// What every header needs of the compiler. After a sentence the include of a file that does not exist ends the
// compilation at once: compilers would go on, and drown the sentence in thousands of errors.

#if !defined(__cplusplus) || __cplusplus < 202002L
#error "gradiva: C++20 is needed; compile with -std=c++20, or with set(CMAKE_CXX_STANDARD 20) in CMake"
#include "the_end_of_this_compilation"
#endif

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0)
#error \
    "gradiva: -ffast-math, -Ofast and -ffinite-math-only remove the checks for NaN and make exp wrong; leave them out"
#include "the_end_of_this_compilation"
#endif

// GCC says so; Clang has no word for -fassociative-math and -funsafe-math-optimizations alone.
#if defined(__ASSOCIATIVE_MATH__)
#error "gradiva: -funsafe-math-optimizations and -fassociative-math reorder sums and make exp wrong; leave them out"
#include "the_end_of_this_compilation"
#endif
