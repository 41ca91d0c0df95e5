#pragma once

#include <cmath>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE {

// Infinity and NaN times zero are NaN, and so is a sum that holds one.

inline bool all_finite(const double* x, Index n) {
    double total = 0;
    for (Index i = 0; i < n; ++i) total += x[i] * 0.0;
    return total == 0;
}

inline bool all_finite(const float* x, Index n) {
    simd::Floats even{}, odd{};  // two chains of additions, neither waits for the other
    Index i = 0;
    for (; i + 2 * simd::lanes<float> <= n; i += 2 * simd::lanes<float>) {
        even += simd::load_as<simd::Floats>(x + i) * 0.0F;
        odd += simd::load_as<simd::Floats>(x + i + simd::lanes<float>) * 0.0F;
    }
    float total = 0;
    if (i > 0) {
        float sum[simd::lanes<float>];
        simd::store(even + odd, sum);
        for (const float lane : sum) total += lane;
    }
    for (; i < n; ++i) total += x[i] * 0.0F;
    return total == 0;
}

/// Throws `Error` unless every number that the environments `range` observed (D x range) is finite. The text begins
/// with `who`, and `where` says after which call.
inline void check_observation(const char* who, const ConstMatrixMap<float>& observation, Range range,
                              const char* where) {
    if (all_finite(observation.data(), observation.size())) return;
    for (Index j = 0; j < observation.cols(); ++j) {
        for (Index i = 0; i < observation.rows(); ++i) {
            require(std::isfinite(observation(i, j)),
                    "{}: environment {} gave observation[{}] = {} in {}, or did not write it; write finite numbers",
                    who, range.begin + j, i, observation(i, j), where);
        }
    }
}

}  // namespace GRADIVA_NAMESPACE
