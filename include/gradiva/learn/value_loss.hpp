#pragma once

#include <algorithm>
#include <cmath>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE {

/// The value loss of a batch, sum(0.5 (V - G)^2) for targets G, in double; writes its derivative by each V. With `clip`
/// above 0 each sample's loss is the larger of that and 0.5 (V_old + clamp(V - V_old, -clip, clip) - G)^2, so that a V
/// further than `clip` from V_old does not lower the loss. `old_value` is not read, and may be empty, without clipping.
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
            // With |change| <= reach both are equal but for rounding, which must not change the derivative.
            const bool use_clipped = std::abs(change) > reach && clipped * clipped > d_value[i] * d_value[i];
            const auto error = static_cast<double>(use_clipped ? clipped : d_value[i]);
            sum += 0.5 * error * error;
            if (use_clipped) d_value[i] = 0;  // the clipped loss is constant in V
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
