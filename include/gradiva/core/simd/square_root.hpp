#pragma once

#include "gradiva/core/namespace.hpp"

#include <cmath>
#include <cstddef>
#include <type_traits>

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

// Compilers make no vectors of std::sqrt, which reports a negative argument by errno.
#if defined(__SSE2__)
inline __m128 root_of(__m128 x) { return _mm_sqrt_ps(x); }
inline __m128d root_of(__m128d x) { return _mm_sqrt_pd(x); }
#elif defined(__aarch64__)
inline float32x4_t root_of(float32x4_t x) { return vsqrtq_f32(x); }
inline float64x2_t root_of(float64x2_t x) { return vsqrtq_f64(x); }
#endif
#if defined(__AVX__)
inline __m256 root_of(__m256 x) { return _mm256_sqrt_ps(x); }
inline __m256d root_of(__m256d x) { return _mm256_sqrt_pd(x); }
#endif
#if defined(__AVX512F__)
// With a mask of all lanes: GCC 12 warns that what stands in the others of the plain form was never set.
inline __m512 root_of(__m512 x) { return _mm512_maskz_sqrt_ps(0xFFFF, x); }
inline __m512d root_of(__m512d x) { return _mm512_maskz_sqrt_pd(0xFF, x); }
#endif

}  // namespace detail

/// The root of a number, or of each lane of a vector.
template <class V>
V square_root(const V& x) {
    if constexpr (std::is_floating_point_v<V>) {
        return std::sqrt(x);
    } else if constexpr (requires { detail::root_of(x); }) {
        return detail::root_of(x);
    } else {
        V root = x;
        for (std::size_t i = 0; i < sizeof(V) / sizeof(x[0]); ++i) root[i] = std::sqrt(x[i]);
        return root;
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
