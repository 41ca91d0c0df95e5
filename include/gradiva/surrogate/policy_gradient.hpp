#pragma once

#include "gradiva/core/state.hpp"
#include "gradiva/surrogate/surrogate.hpp"

namespace GRADIVA_NAMESPACE {

/// The policy gradient (score function) loss: L = -mean(log_prob A), or, per episode, L = -(1 / episodes) sum over all
/// steps of log_prob_t A_t. Models `Surrogate`.
/// Source: Williams, 1992; Sutton, McAllester, Singh and Mansour, "Policy Gradient Methods for Reinforcement Learning
/// with Function Approximation", 2000.
struct PolicyGradient {
    bool per_episode = false;  ///< divide by the number of episodes, not of samples

    void check() const {}

    void visit_state(State& state) { state.fixed("per_episode", per_episode); }

    template <class V>
    auto log_prob_loss(const V& log_prob, const V& advantage) const {
        return SampleLoss{V(-product(log_prob, advantage)), V(-advantage)};
    }
};

}  // namespace GRADIVA_NAMESPACE
