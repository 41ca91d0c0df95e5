#pragma once

#include <cmath>
#include <limits>

#include "gradiva/advantage/returns.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/importance_ratio.hpp"

namespace GRADIVA_NAMESPACE {

/// Per-decision importance sampling of rewards to go, unbiased for episodes of a behaviour policy mu: with w_t the
/// product of the ratios pi / mu of an episode's steps up to t,
///   A_t = sum_{t' >= t} gamma^(t' - t) w_t' r_t' - w_t b.
/// The variance grows with the length of episodes: use it for short episodes and similar policies. Needs whole
/// episodes. value_target is the sum; it is not the value of either policy, so that no critic should be trained on it.
/// Source: Precup, Sutton and Singh, "Eligibility Traces for Off-Policy Policy Evaluation", 2000, section 3. The
/// advantages contain the ratio: they fit `PolicyGradient` only.
struct ProductOfRatios {
    static constexpr bool holds_ratio = true;

    double gamma = 1;     ///< discount, from 0 to 1
    double constant = 0;  ///< the baseline b

    void check(bool) const {
        detail::check_fraction("ProductOfRatios", "gamma", gamma);
        require(std::isfinite(constant), "ProductOfRatios: constant is {}; give a finite number", constant);
    }

    void visit_state(State& state) {
        state.fixed("gamma", gamma);
        state.fixed("constant", constant);
    }

    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        detail::require_whole_episodes("ProductOfRatios", rollout);
        auto weight = rollout.advantage.matrix();
        auto target = rollout.value_target.matrix();
        const auto b = static_cast<Scalar>(constant);
        weight.setZero();
        target.setZero();
        detail::for_each_episode(rollout, [&](const detail::Episode& e) {
            double log_weight = 0;
            for (Index t = e.begin; t < e.end; ++t) {
                log_weight += static_cast<double>(rollout.log_ratio(e.environment, t));
                Scalar& w = weight(e.environment, t);
                w = static_cast<Scalar>(std::exp(log_weight));
                target(e.environment, t) = kernels::weigh<Scalar>(w, rollout.reward(e.environment, t));
                w = kernels::weigh<Scalar>(w, b);
            }
        });
        kernels::weighted_scan<Scalar>(static_cast<Scalar>(gamma), rollout.continues.matrix(), target);
        rollout.advantage.matrix() = target - weight;
    }
};

/// Rewards to go G of a behaviour policy mu, weighted with the ratio of their own step only: A_t = (pi / mu)(G_t - b),
/// G and b as in `RewardToGo`. Biased, since the later actions were chosen by mu; of small variance. The advantages
/// contain the ratio: they fit `PolicyGradient` only. Source: Degris, White and Sutton, "Off-Policy Actor-Critic",
/// 2012.
struct SingleRatio {
    static constexpr bool holds_ratio = true;

    double gamma = 0.99;                 ///< discount, from 0 to 1
    Baseline baseline = Baseline::none;  ///< b
    double constant = 0;                 ///< the value of `Baseline::constant`

    void check(bool with_critic) const {
        detail::check_fraction("SingleRatio", "gamma", gamma);
        detail::check_baseline("SingleRatio", baseline, constant, with_critic);
    }

    void visit_state(State& state) {
        state.fixed("gamma", gamma);
        state.fixed("baseline", baseline);
        state.fixed("constant", constant);
    }

    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        RewardToGo{.gamma = gamma, .baseline = baseline, .constant = constant}(rollout);
        kernels::weigh_by_truncated_ratios<Scalar>(rollout.log_ratio.matrix(), std::numeric_limits<Scalar>::infinity(),
                                                   rollout.advantage.matrix(), rollout.advantage.matrix());
    }
};

}  // namespace GRADIVA_NAMESPACE
