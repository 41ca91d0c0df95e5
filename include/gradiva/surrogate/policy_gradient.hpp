#pragma once

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/importance_ratio.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/surrogate/surrogate.hpp"

namespace GRADIVA_NAMESPACE {

/// L = -mean(l A), or, per episode, L = -(1 / episodes) sum over episodes and their steps of l_t A_t.
/// Source: Williams, 1992; Sutton, McAllester, Singh and Mansour, "Policy Gradient Methods for Reinforcement Learning
/// with Function Approximation", 2000.
struct PolicyGradient {
    bool per_episode = false;  ///< divide by the number of episodes, not of samples

    void check() const {}

    template <class Scalar>
    SurrogateSum evaluate(ConstVectorRef<Scalar> log_prob, ConstVectorRef<Scalar>, ConstVectorRef<Scalar> advantage,
                          VectorRef<Scalar> d_log_prob) const {
        d_log_prob = -advantage;
        const Scalar *const l = log_prob.data(), *const a = advantage.data();
        const auto gain = [=]<class V>(Index i) {
            return kernels::weigh<V>(load_lanes<V>(l + i), load_lanes<V>(a + i));
        };
        return {.loss =
                    -kernels::detail::sum_in_double<Scalar>(log_prob.size(), gain, [](const auto& x) { return x; })};
    }
};

}  // namespace GRADIVA_NAMESPACE
