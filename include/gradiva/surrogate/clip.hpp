#pragma once

#include "gradiva/core/state.hpp"
#include "gradiva/surrogate/surrogate.hpp"

namespace GRADIVA_NAMESPACE {

/// The clipped surrogate of PPO: L = -mean(min(rho A, clip(rho, 1 - eps, 1 + eps) A)), rho = exp(log_prob -
/// old_log_prob). Source: Schulman, Wolski, Dhariwal, Radford and Klimov, "Proximal Policy Optimization Algorithms",
/// 2017, equation (7). An advantage of 0 gives loss and derivative 0, also for an infinite ratio; NaN in a log-prob or
/// an advantage gives NaN in both. Models `Surrogate`.
struct Clip {
    Schedule clip = 0.2;  ///< eps: how far the ratio may go from 1; at least 0

    void check() const {
        require(clip.is_finite() && clip.smallest() >= 0, "{}: clip is {}; give a number of at least 0", "Clip",
                clip.smallest());
    }

    void visit_state(State& state) { state.fixed("clip", clip); }

    /// The surrogate of one update: the clip range is fixed to its value at `progress`.
    Clip at(double progress) const { return {.clip = clip(progress)}; }

    template <class V>
    auto ratio_loss(const V& rho, const V& advantage) const {
        const double eps = clip(0);
        const V low = constant<V>(1 - eps), high = constant<V>(1 + eps);
        const V unclipped = product(rho, advantage), clipped = clamp(rho, low, high) * advantage;
        return SampleLoss{V(-min(unclipped, clipped)), select(clipped < unclipped, constant<V>(0), V(-advantage)),
                          rho < low || rho > high};
    }
};

}  // namespace GRADIVA_NAMESPACE
