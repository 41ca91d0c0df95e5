#pragma once

// What every header requires of the compiler. After each #error the include of a file that does not exist ends the
// compilation: compilers would go on otherwise, and bury the message under thousands of errors.

#if !defined(__cplusplus) || __cplusplus < 202002L
#error "gradiva: C++20 is needed; compile with -std=c++20, or with set(CMAKE_CXX_STANDARD 20) in CMake"
#include "the_end_of_this_compilation"
#endif

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__ > 0)
#error \
    "gradiva: -ffast-math, -Ofast and -ffinite-math-only remove the checks for NaN and make exp wrong; leave them out"
#include "the_end_of_this_compilation"
#endif

// Defined by GCC; Clang defines no macro for -fassociative-math or -funsafe-math-optimizations alone.
#if defined(__ASSOCIATIVE_MATH__)
#error "gradiva: -funsafe-math-optimizations and -fassociative-math reorder sums and make exp wrong; leave them out"
#include "the_end_of_this_compilation"
#endif
