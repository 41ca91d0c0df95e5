#pragma once

#include "gradiva/advantage/advantage.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/advantage_scan.hpp"

namespace GRADIVA_NAMESPACE {

/// Generalised advantage estimation:
///   delta_t = r_t + gamma V'_t - V_t,   A_t = delta_t + gamma lambda c_t A_{t+1},   value_target = A + V,
/// where V' is 0 after a terminated step, the value of the final observation after a truncated one, else V_{t+1}; c_t
/// is 0 where an episode ended at t, else 1. Source: Schulman, Moritz, Levine, Jordan and Abbeel, "High-Dimensional
/// Continuous Control Using Generalized Advantage Estimation", 2016, equation (16).
struct Gae {
    double gamma = 0.99;   ///< discount, from 0 to 1
    double lambda = 0.95;  ///< trace decay, from 0 (one-step temporal difference) to 1 (returns minus V)

    void check(bool with_critic) const {
        detail::check_fraction("Gae", "gamma", gamma);
        detail::check_fraction("Gae", "lambda", lambda);
        require(with_critic, "Gae: there is no critic; give the trainer one, or use RewardToGo");
    }

    void visit_state(State& state) {
        state.fixed("gamma", gamma);
        state.fixed("lambda", lambda);
    }

    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        kernels::generalised_advantage<Scalar>(static_cast<Scalar>(gamma), static_cast<Scalar>(gamma * lambda),
                                               rollout.reward.matrix(), rollout.value.columns({0, rollout.horizon}),
                                               rollout.next_value.matrix(), rollout.continues.matrix(),
                                               rollout.advantage.matrix(), rollout.value_target.matrix());
    }
};

}  // namespace GRADIVA_NAMESPACE
