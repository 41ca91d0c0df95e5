#pragma once

#include "gradiva/advantage/advantage.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/advantage_scan.hpp"

namespace GRADIVA_NAMESPACE {

/// The targets of Peng's Q(lambda):
///   G_t = r_t + gamma ((1 - lambda c_t) V'_t + lambda c_t G_{t+1}),   value_target = G,   A = G - V,
/// where V is the largest action value, V' that of the next observation (0 after a terminated step, of the final
/// observation after a truncated one), and c_t is 0 where an episode ended at t, else 1. The last G of a rollout
/// bootstraps with V' alone. Traces are not cut at exploratory actions. Source: Peng and Williams, "Incremental
/// Multi-Step Q-Learning", 1996; Gallici et al., "Simplifying Deep Temporal Difference Learning", 2024, algorithm 1.
struct QReturns {
    double gamma = 0.99;   ///< discount, from 0 to 1
    double lambda = 0.65;  ///< trace decay, from 0 (one-step Q-learning targets) to 1 (returns)

    void check(bool with_critic) const {
        detail::check_fraction("QReturns", "gamma", gamma);
        detail::check_fraction("QReturns", "lambda", lambda);
        require(with_critic, "QReturns: there are no action values; use QLambda, or RewardToGo");
    }

    void visit_state(State& state) {
        state.fixed("gamma", gamma);
        state.fixed("lambda", lambda);
    }

    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        const Index last = rollout.horizon - 1;
        const auto discount = static_cast<Scalar>(gamma);
        const auto trace = static_cast<Scalar>(lambda);
        const auto continues = rollout.continues.matrix();
        const auto next_value = rollout.next_value.matrix();
        auto g = rollout.value_target.matrix();
        g = rollout.reward.matrix();
        g.leftCols(last).array() +=
            discount * (1 - trace * continues.leftCols(last).array()) * next_value.leftCols(last).array();
        g.col(last) += discount * next_value.col(last);
        kernels::advantage_scan<Scalar>(static_cast<Scalar>(gamma * lambda), continues, g);
        rollout.advantage.matrix() = g - rollout.value.columns({0, rollout.horizon});
    }
};

}  // namespace GRADIVA_NAMESPACE
