#pragma once

namespace gradiva_bench {

/// What compiled this program.
#ifdef __clang__
inline constexpr const char* compiler = __VERSION__;  // names itself
#else
inline constexpr const char* compiler = "GCC " __VERSION__;
#endif

}  // namespace gradiva_bench
