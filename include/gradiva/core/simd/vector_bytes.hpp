#pragma once

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// The widest vector of the target; 16 where there is none.
#if defined(__AVX512F__)
inline constexpr Index vector_bytes = 64;
#elif defined(__AVX__)
inline constexpr Index vector_bytes = 32;
#else
inline constexpr Index vector_bytes = 16;
#endif

}  // namespace GRADIVA_NAMESPACE
