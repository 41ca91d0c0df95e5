#pragma once

#include <algorithm>
#include <cmath>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE {

/// The sum over a batch of 0.5 (V - G)^2; writes its derivative by each V. With `clip` above 0 the larger of that and
/// 0.5 (V_old + clamp(V - V_old, -clip, clip) - G)^2, so that moving further than `clip` from V_old gains nothing.
/// Source: Schulman et al., "High-Dimensional Continuous Control Using Generalized Advantage Estimation", 2016, section
/// 5 (a trust region for the critic), in the clipped form of the reference implementation of PPO.
template <class Scalar>
double value_loss(ConstVectorRef<Scalar> value, ConstVectorRef<Scalar> old_value, ConstVectorRef<Scalar> target,
                  double clip, VectorRef<Scalar> d_value) {
    GRADIVA_ASSERT(value.size() == target.size() && value.size() == d_value.size());
    GRADIVA_ASSERT(!(clip > 0) || old_value.size() == value.size());
    for (Index i = 0; i < value.size(); ++i) d_value[i] = value[i] - target[i];
    if (clip > 0) {
        const auto reach = static_cast<Scalar>(clip);
        double sum = 0;
        for (Index i = 0; i < value.size(); ++i) {
            const Scalar change = value[i] - old_value[i];
            const Scalar clipped = old_value[i] + std::clamp(change, -reach, reach) - target[i];
            // Within reach the two are the same but for rounding, and the derivative must not hang on that.
            const bool use_clipped = std::abs(change) > reach && clipped * clipped > d_value[i] * d_value[i];
            const auto error = static_cast<double>(use_clipped ? clipped : d_value[i]);
            sum += 0.5 * error * error;
            if (use_clipped) d_value[i] = 0;  // out of reach it is constant
        }
        return sum;
    }
    const Scalar* const error = d_value.data();
    return 0.5 * simd::sum_in_lanes<double>(d_value.size(), [error](Index i) {
               const auto e = static_cast<double>(error[i]);
               return e * e;
           });
}

}  // namespace GRADIVA_NAMESPACE
