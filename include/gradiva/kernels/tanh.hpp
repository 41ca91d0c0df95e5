#pragma once

#include <algorithm>
#include <cmath>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"

namespace GRADIVA_NAMESPACE::kernels {

/// Elements of a group, which shares a division in `tanh_in_groups`.
inline constexpr Index tanh_group = 2 * simd::lanes<float>;

/// z := tanh(z) for `n` contiguous elements, with an absolute error below 5e-7 and a result in [-1, 1]. NaN stays NaN.
/// An element's bits do not depend on its neighbours.
inline void tanh(float* z, Index n) {
    for (Index i = 0; i < n; i += simd::lanes<float>) {
        const Index count = std::min(simd::lanes<float>, n - i);
        simd::store_some(simd::tanh(simd::load_some_as<simd::Floats>(z + i, count)), z + i, count);
    }
}

/// The same in double, by the standard library.
inline void tanh(double* z, Index n) {
    for (Index i = 0; i < n; ++i) z[i] = std::tanh(z[i]);
}

/// The same with one division for two registers, since divisions take most of the time: a / b = a d / (b d). `n` is a
/// multiple of `tanh_group`. An element's bits depend on the two of its group that share a lane; NaN in one is NaN in
/// both.
inline void tanh_in_groups(float* z, Index n) {
    for (Index i = 0; i + tanh_group <= n; i += tanh_group) {
        const simd::TanhParts first(simd::load_as<simd::Floats>(z + i));
        const simd::TanhParts second(simd::load_as<simd::Floats>(z + i + simd::lanes<float>));
        const simd::Floats inverse = 1.0F / (first.q * second.q);
        simd::store(simd::within_one(first.p * second.q * inverse), z + i);
        simd::store(simd::within_one(second.p * first.q * inverse), z + i + simd::lanes<float>);
    }
}

inline void tanh_in_groups(double* z, Index n) { tanh(z, n); }

}  // namespace GRADIVA_NAMESPACE::kernels
