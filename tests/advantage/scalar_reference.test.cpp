// All advantage components against sums written out in double, on rollouts with random ends of both kinds.
#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/train/estimate.hpp"
#include "helpers/environments.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// A collected rollout, valued by the library's `Estimator` and, one observation at a time, by hand.
struct Case {
    explicit Case(std::uint64_t seed, bool whole_episodes = false)
        : envs(TimeLimit(Wanderer{}, 9), {.count = 7, .seed = seed}) {
        Rng rng(seed);
        for (float& w : critic.weights()) w = static_cast<float>(0.7 * rng.normal());
        if (whole_episodes) {
            collect.episodes(rollout, 3);
        } else {
            collect.steps(rollout, 40);
        }
    }

    double value_of(const MatrixBuffer<float>& observation, Index column) const {
        decltype(critic)::Tape tape;
        const Matrix<float> x = observation.columns({column, column + 1});
        return static_cast<double>(critic.forward(x, tape)[0]);
    }
    double value(Index n, Index t) const { return value_of(rollout.observation, t * 7 + n); }
    double reward(Index n, Index t) const { return static_cast<double>(rollout.reward(n, t)); }
    bool ends(Index n, Index t) const { return rollout.terminated(n, t) + rollout.truncated(n, t) > 0; }

    double next_value(Index n, Index t) const {
        if (rollout.terminated(n, t) != 0) return 0;
        if (rollout.truncated(n, t) == 0) return value(n, t + 1);
        const auto* found = std::find(rollout.final_sample.data(),
                                      rollout.final_sample.data() + rollout.final_sample.size(), t * 7 + n);
        return value_of(rollout.final_observation, found - rollout.final_sample.data());
    }

    double gae(Index n, Index t, double gamma, double lambda) const {
        double sum = 0, weight = 1;
        for (Index k = t; k < rollout.length[n]; ++k, weight *= gamma * lambda) {
            sum += weight * (reward(n, k) + gamma * next_value(n, k) - value(n, k));
            if (ends(n, k)) break;
        }
        return sum;
    }

    double reward_to_go(Index n, Index t, double gamma) const {
        double sum = 0, weight = 1;
        for (Index k = t; k < rollout.length[n]; ++k, weight *= gamma) {
            sum += weight * reward(n, k);
            if (ends(n, k) || k + 1 == rollout.length[n]) return sum + weight * gamma * next_value(n, k);
        }
        return sum;
    }

    double total_return(Index n, Index t, double gamma) const {
        while (t > 0 && !ends(n, t - 1)) --t;
        return reward_to_go(n, t, gamma);
    }

    /// The largest difference from `expected(n, t)` over the samples, as a share of max(1, max |A|).
    template <class A, class F>
    double error(const A& advantage, const F& expected) {
        estimate(rollout, advantage);
        double worst = 0, largest = 1;
        for (Index n = 0; n < 7; ++n) {
            for (Index t = 0; t < rollout.length[n]; ++t) {
                const double exact = expected(n, t);
                worst = largest_of(worst, std::abs(static_cast<double>(rollout.advantage(n, t)) - exact));
                largest = std::max(largest, std::abs(exact));
            }
        }
        return worst / largest;
    }

    Vectorized<TimeLimit<Wanderer>> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {8}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {8}}};
    Threads threads;
    Rollout<float> rollout{envs, actor};
    Collector<Vectorized<TimeLimit<Wanderer>>, Actor<MlpNetwork<float>, Categorical<float>>> collect{envs, actor,
                                                                                                     threads};
    Estimator<Critic<MlpNetwork<float>>> estimate{critic, threads};
};

constexpr double tolerance = 1e-5;

}  // namespace

TEST_CASE("the random rollouts contain both kinds of ends") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const Case c(seed);
        CHECK(c.rollout.terminated.matrix().cast<int>().sum() > 5);
        CHECK(c.rollout.truncated.matrix().cast<int>().sum() > 5);
    }
}

TEST_CASE("Gae equals the sum written out") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Case c(seed);
        for (const double lambda : {0.0, 0.5, 0.95, 1.0}) {
            for (const double gamma : {0.0, 0.9, 1.0}) {
                INFO("seed " << seed << ", gamma " << gamma << ", lambda " << lambda);
                CHECK(c.error(Gae{.gamma = gamma, .lambda = lambda},
                              [&](Index n, Index t) { return c.gae(n, t, gamma, lambda); }) < tolerance);
            }
        }
    }
}

TEST_CASE("RewardToGo equals the sum written out") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        for (const bool whole_episodes : {false, true}) {
            Case c(seed, whole_episodes);
            CHECK(c.error(RewardToGo{.gamma = 0.9}, [&](Index n, Index t) { return c.reward_to_go(n, t, 0.9); }) <
                  tolerance);
            CHECK(c.error(RewardToGo{.gamma = 0.9, .baseline = Baseline::critic},
                          [&](Index n, Index t) { return c.reward_to_go(n, t, 0.9) - c.value(n, t); }) < tolerance);
        }
    }
}

TEST_CASE("TotalReturn equals the sum written out") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Case c(seed, true);
        CHECK(c.error(TotalReturn{.gamma = 0.9}, [&](Index n, Index t) { return c.total_return(n, t, 0.9); }) <
              tolerance);
    }
}

TEST_CASE("Gae with lambda 1 is RewardToGo minus V and with lambda 0 the temporal difference error") {
    for (const bool whole_episodes : {false, true}) {
        Case c(4, whole_episodes);
        c.estimate(c.rollout, RewardToGo{.gamma = 0.97, .baseline = Baseline::critic});
        const Matrix<float> monte_carlo = c.rollout.advantage.matrix();
        CHECK(c.error(Gae{.gamma = 0.97, .lambda = 1},
                      [&](Index n, Index t) { return static_cast<double>(monte_carlo(n, t)); }) < tolerance);
        CHECK(c.error(Gae{.gamma = 0.97, .lambda = 0}, [&](Index n, Index t) {
            return c.reward(n, t) + 0.97 * c.next_value(n, t) - c.value(n, t);
        }) < tolerance);
    }
}
