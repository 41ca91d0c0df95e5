#pragma once

#include <algorithm>
#include <cmath>

#include "gradiva/advantage/advantage.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/advantage_scan.hpp"

namespace GRADIVA_NAMESPACE {

/// The baseline that is subtracted from a return. It changes the variance of the gradient, not its expectation.
enum class Baseline {
    none,            ///< 0
    constant,        ///< the option `constant`
    mean_of_others,  ///< the mean over the other episodes of the rollout (leave-one-out), 0 without any; with the own
                     ///< episode the gradient would be scaled
    critic,          ///< V(s)
};

namespace detail {

/// Writes G_t = r_t + gamma G_{t+1}; where an episode or the rollout ends, G_t = r_t + gamma V'_t.
template <class Scalar>
void rewards_to_go(const Rollout<Scalar>& rollout, double gamma, MatrixRef<Scalar> g) {
    const auto factor = static_cast<Scalar>(gamma);
    const Index last = rollout.horizon - 1;
    const auto continues = rollout.continues.matrix();
    const auto next_value = rollout.next_value.matrix();
    g = rollout.reward.matrix();
    g.leftCols(last).array() += factor * (1 - continues.leftCols(last).array()) * next_value.leftCols(last).array();
    g.col(last) += factor * next_value.col(last);
    kernels::advantage_scan<Scalar>(factor, continues, g);
}

/// An episode: steps [begin, end) of an environment.
struct Episode {
    Index environment, begin, end;
    Index length() const { return end - begin; }
};

/// Calls `body(episode)` for each episode of a rollout of whole episodes.
template <class Scalar, class Body>
void for_each_episode(const Rollout<Scalar>& rollout, const Body& body) {
    for (Index n = 0; n < rollout.environments; ++n) {
        Index begin = 0;
        for (Index t = 0; t < rollout.horizon; ++t) {
            if (!rollout.holds(t, n) || rollout.continues(n, t) != 0) continue;
            body(Episode{n, begin, t + 1});
            begin = t + 1;
        }
    }
}

/// Subtracts from each value the mean of the other values of its group, computed as (n / (n - 1)) (x - mean) without
/// cancellation of a common offset; equal values give exactly 0. A group of one is left unchanged. `for_each(body)`
/// calls `body(group, value)` for all values, in the same order each time.
template <class Scalar, class ForEach>
void subtract_mean_of_others(Buffer<double>& workspace, Index groups, const ForEach& for_each) {
    workspace.assign(3 * groups, 0);
    double* const count = workspace.data();
    double* const mean = count + groups;  // at first, the first value of the group
    double* const sum = mean + groups;    // of x - mean
    for_each([&](Index k, Scalar& x) {
        if (count[k] == 0) mean[k] = static_cast<double>(x);
        sum[k] += static_cast<double>(x) - mean[k];
        count[k] += 1;
    });
    for (Index k = 0; k < groups; ++k) {
        if (count[k] > 0) mean[k] += sum[k] / count[k];
        sum[k] = 0;
    }
    for_each([&](Index k, Scalar& x) { sum[k] += static_cast<double>(x) - mean[k]; });  // rounding errors of the mean
    for_each([&](Index k, Scalar& x) {
        if (count[k] == 1) return;
        const double deviation = static_cast<double>(x) - mean[k] - sum[k] / count[k];
        x = static_cast<Scalar>(deviation * count[k] / (count[k] - 1));
    });
}

/// Subtracts the baselines `constant` and `critic`; without effect for the others.
template <class Scalar>
void subtract_baseline(const Rollout<Scalar>& rollout, Baseline baseline, double constant, MatrixRef<Scalar> g) {
    if (baseline == Baseline::constant) g.array() -= static_cast<Scalar>(constant);
    if (baseline == Baseline::critic) g -= rollout.value.matrix().leftCols(rollout.horizon);
}

inline void check_baseline(const char* who, Baseline baseline, double constant, bool with_critic) {
    require(baseline != Baseline::critic || with_critic,
            "{}: baseline is critic, and there is no critic; give the trainer one, or choose another baseline", who);
    require(std::isfinite(constant), "{}: constant is {}; give a finite number", who, constant);
}

template <class Scalar>
void require_whole_episodes(const char* who, const Rollout<Scalar>& rollout) {
    require(rollout.whole_episodes, "{}: the rollout holds {} steps cut from episodes; collect whole episodes", who,
            rollout.horizon);
}

}  // namespace detail

/// The reward to go: A_t = G_t - b, G_t = sum_{t' >= t} gamma^(t' - t) r_t'; value_target = G. With gamma < 1 the
/// factor gamma^t of the gradient of the discounted return is dropped, as is usual. Truncated episodes, and those cut
/// by the end of the rollout, are bootstrapped with V where there is a critic. `mean_of_others`, which needs whole
/// episodes, is the mean of G at the same step over the other episodes that ran at least as long. (Counting ended
/// episodes as 0 gave 1.08 times the variance of the gradient on CartPole: geometric mean of 36 settings, policies of
/// return 22, 80 and 330, three seeds each, 16 and 64 episodes, gamma 0.99 and 1, 400 estimates each; from 0.94
/// to 1.32, above 1 in 28 of them.) Source: Williams, "Simple statistical gradient-following algorithms for
/// connectionist reinforcement learning", 1992; Sutton and Barto, "Reinforcement Learning", 2018, section 13.4.
struct RewardToGo {
    double gamma = 0.99;                 ///< discount, from 0 to 1
    Baseline baseline = Baseline::none;  ///< b
    double constant = 0;                 ///< the value of `Baseline::constant`

    void check(bool with_critic) const {
        detail::check_fraction("RewardToGo", "gamma", gamma);
        detail::check_baseline("RewardToGo", baseline, constant, with_critic);
    }

    void visit_state(State& state) {
        state.fixed("gamma", gamma);
        state.fixed("baseline", baseline);
        state.fixed("constant", constant);
    }

    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        if (baseline == Baseline::mean_of_others) detail::require_whole_episodes("RewardToGo", rollout);
        detail::rewards_to_go<Scalar>(rollout, gamma, rollout.value_target.matrix());
        rollout.advantage.matrix() = rollout.value_target.matrix();
        detail::subtract_baseline<Scalar>(rollout, baseline, constant, rollout.advantage.matrix());
        if (baseline == Baseline::mean_of_others) subtract_mean_of_others(rollout);
    }

private:
    /// One group for each step of an episode, over all episodes.
    template <class Scalar>
    static void subtract_mean_of_others(Rollout<Scalar>& rollout) {
        detail::subtract_mean_of_others<Scalar>(rollout.workspace, rollout.horizon, [&](const auto& body) {
            detail::for_each_episode(rollout, [&](const detail::Episode& e) {
                for (Index t = e.begin; t < e.end; ++t) body(t - e.begin, rollout.advantage(e.environment, t));
            });
        });
    }
};

/// The return of the whole episode for each of its actions: A_t = R(tau) - b, with R(tau) = sum_t gamma^t r_t. Needs
/// whole episodes. `mean_of_others` is the mean return of the other episodes, of any length. value_target is the reward
/// to go. Source: Williams, 1992 (see RewardToGo).
struct TotalReturn {
    double gamma = 1;                    ///< discount, from 0 to 1
    Baseline baseline = Baseline::none;  ///< b
    double constant = 0;                 ///< the value of `Baseline::constant`

    void check(bool with_critic) const {
        detail::check_fraction("TotalReturn", "gamma", gamma);
        detail::check_baseline("TotalReturn", baseline, constant, with_critic);
    }

    void visit_state(State& state) {
        state.fixed("gamma", gamma);
        state.fixed("baseline", baseline);
        state.fixed("constant", constant);
    }

    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        detail::require_whole_episodes("TotalReturn", rollout);
        detail::rewards_to_go<Scalar>(rollout, gamma, rollout.value_target.matrix());
        rollout.advantage.matrix() = rollout.value_target.matrix();
        if (baseline == Baseline::mean_of_others) subtract_mean_of_others(rollout);
        detail::for_each_episode(rollout, [&](const detail::Episode& e) {
            const Scalar total = rollout.advantage(e.environment, e.begin);
            for (Index t = e.begin; t < e.end; ++t) rollout.advantage(e.environment, t) = total;
        });
        detail::subtract_baseline<Scalar>(rollout, baseline, constant, rollout.advantage.matrix());
    }

private:
    /// Subtracts it from the returns, which are stored as the advantages of the episodes' first steps.
    template <class Scalar>
    static void subtract_mean_of_others(Rollout<Scalar>& rollout) {
        detail::subtract_mean_of_others<Scalar>(rollout.workspace, 1, [&](const auto& body) {
            detail::for_each_episode(
                rollout, [&](const detail::Episode& e) { body(Index{0}, rollout.advantage(e.environment, e.begin)); });
        });
    }
};

}  // namespace GRADIVA_NAMESPACE
