#pragma once

#include <algorithm>

#include "gradiva/advantage/advantage.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/advantage_scan.hpp"

namespace GRADIVA_NAMESPACE {

/// The one-step temporal difference error: A_t = r_t + gamma V'_t - V_t, with V' as in `Gae`; value_target = A + V.
/// Source: Sutton, "Learning to predict by the methods of temporal differences", 1988 (TD(0)).
struct TemporalDifference {
    double gamma = 0.99;  ///< discount, from 0 to 1

    void check(bool with_critic) const {
        detail::check_fraction("TemporalDifference", "gamma", gamma);
        require(with_critic, "TemporalDifference: there is no critic; give the trainer one, or use RewardToGo");
    }

    void visit_state(State& state) { state.fixed("gamma", gamma); }

    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        const auto value = rollout.value.columns({0, rollout.horizon});
        kernels::temporal_difference<Scalar>(static_cast<Scalar>(gamma), rollout.reward.matrix(), value,
                                             rollout.next_value.matrix(), rollout.advantage.matrix());
        rollout.value_target.matrix() = rollout.advantage.matrix() + value;
    }
};

/// The advantage of n-step returns: A_t = sum_{k < m} gamma^k r_{t+k} + gamma^m V'_{t+m-1} - V_t, with V' as in `Gae`
/// and m = n, or fewer where the episode or the rollout ends before; value_target = A + V. Source: Sutton and Barto,
/// "Reinforcement Learning", 2018, section 7.1.
struct NStep {
    double gamma = 0.99;  ///< discount, from 0 to 1
    Index n = 5;          ///< rewards summed before bootstrapping with the critic, at least 1

    void check(bool with_critic) const {
        detail::check_fraction("NStep", "gamma", gamma);
        require(n >= 1, "NStep: n is {}; give at least 1 step", n);
        require(with_critic, "NStep: there is no critic; give the trainer one, or use RewardToGo");
    }

    void visit_state(State& state) {
        state.fixed("gamma", gamma);
        state.fixed("n", n);
    }

    /// In n - 1 sweeps forward in time, in place: the j-step return at t from the (j - 1)-step return at t + 1, which
    /// the sweep has not yet overwritten.
    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        const auto factor = static_cast<Scalar>(gamma);
        const Index last = rollout.horizon - 1;
        const auto reward = rollout.reward.matrix().array();
        const auto next_value = rollout.next_value.matrix().array();
        const auto continues = rollout.continues.matrix().array();
        auto g = rollout.value_target.matrix().array();
        g = reward + factor * next_value;
        for (Index sweep = 1; sweep < std::min(n, rollout.horizon); ++sweep) {
            for (Index t = 0; t < last; ++t) {
                g.col(t) = reward.col(t) +
                           factor * (continues.col(t) * g.col(t + 1) + (1 - continues.col(t)) * next_value.col(t));
            }
        }
        rollout.advantage.matrix() = rollout.value_target.matrix() - rollout.value.columns({0, rollout.horizon});
    }
};

}  // namespace GRADIVA_NAMESPACE
