#pragma once

#include "gradiva/surrogate/surrogate.hpp"

namespace GRADIVA_NAMESPACE {

/// L = -mean(l A), or, per episode, L = -(1 / episodes) sum over episodes and their steps of l_t A_t.
/// Source: Williams, 1992; Sutton, McAllester, Singh and Mansour, "Policy Gradient Methods for Reinforcement Learning
/// with Function Approximation", 2000.
struct PolicyGradient {
    bool per_episode = false;  ///< divide by the number of episodes, not of samples

    void check() const {}

    template <class V>
    auto log_prob_loss(const V& log_prob, const V& advantage) const {
        return SampleLoss{V(-product(log_prob, advantage)), V(-advantage)};
    }
};

}  // namespace GRADIVA_NAMESPACE
