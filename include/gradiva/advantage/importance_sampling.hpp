#pragma once

#include <cmath>
#include <limits>

#include "gradiva/advantage/returns.hpp"
#include "gradiva/kernels/importance_ratio.hpp"

namespace GRADIVA_NAMESPACE {

/// Rewards to go of another policy's episodes, weighted without bias: with w_t the product of the ratios pi / mu of an
/// episode's steps up to t,
///   A_t = sum_{t' >= t} gamma^(t' - t) w_t' r_t' - w_t b.
/// Its variance grows with the length of episodes: for short ones, and policies close to each other. Needs whole
/// episodes; value_target is the sum, a critic is not trained on it to a value of any one policy.
/// Source: Precup, Sutton and Singh, "Eligibility Traces for Off-Policy Policy Evaluation", 2000, section 3
/// (per-decision importance sampling). Holds the ratio: it goes with the plain policy gradient only.
struct ProductOfRatios {
    static constexpr bool holds_ratio = true;

    double gamma = 1;     ///< discount, from 0 to 1
    double constant = 0;  ///< b

    void check(bool) const {
        detail::check_fraction("ProductOfRatios", "gamma", gamma);
        require(std::isfinite(constant), "ProductOfRatios: constant is {}; give a finite number", constant);
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

/// Rewards to go of another policy, weighted with the ratio of their own step alone: A_t = (pi / mu)(G_t - b). Biased,
/// since what followed was chosen by the other policy too; of small variance. Goes with the plain policy gradient only.
/// Source: Degris, White and Sutton, "Off-Policy Actor-Critic", 2012.
struct SingleRatio {
    static constexpr bool holds_ratio = true;

    double gamma = 0.99;  ///< discount, from 0 to 1
    Baseline baseline = Baseline::none;
    double constant = 0;  ///< the baseline, where it is a constant

    void check(bool with_critic) const {
        detail::check_fraction("SingleRatio", "gamma", gamma);
        detail::check_baseline("SingleRatio", baseline, constant, with_critic);
    }

    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        RewardToGo{.gamma = gamma, .baseline = baseline, .constant = constant}(rollout);
        kernels::weigh_by_held_ratios<Scalar>(rollout.log_ratio.matrix(), std::numeric_limits<Scalar>::infinity(),
                                              rollout.advantage.matrix(), rollout.advantage.matrix());
    }
};

}  // namespace GRADIVA_NAMESPACE
