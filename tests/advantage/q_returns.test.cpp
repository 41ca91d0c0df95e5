#include "gradiva/advantage/q_returns.hpp"

#include "catch.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/greedy_value.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/train/estimate.hpp"
#include "helpers/environments.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;
using namespace gradiva_test;

static_assert(Advantage<QReturns>);

namespace {

constexpr Index environments = 7;

/// A collected rollout with ends of both kinds, and its targets by a scalar recursion in double on action values that
/// are computed one observation at a time.
struct Case {
    using ActorType = Actor<MlpNetwork<float>, EpsilonGreedy<float>>;

    explicit Case(std::uint64_t seed, bool whole_episodes = false)
        : envs(TimeLimit(Wanderer{}, 9), {.count = environments, .seed = seed}) {
        Rng rng(seed);
        for (float& w : actor.weights()) w = static_cast<float>(0.7 * rng.normal());
        Collector collect(envs, actor, threads);
        if (whole_episodes) {
            collect.episodes(rollout, 3);
        } else {
            collect.steps(rollout, 40);
        }
    }

    double value_of(const MatrixBuffer<float>& observation, Index column) const {
        ActorType::Tape tape;
        const Matrix<float> x = observation.columns({column, column + 1});
        actor.forward(x, tape);
        return static_cast<double>(tape.head.maxCoeff());
    }
    double value(Index n, Index t) const { return value_of(rollout.observation, t * environments + n); }
    bool ends(Index n, Index t) const { return rollout.terminated(n, t) + rollout.truncated(n, t) > 0; }

    double next_value(Index n, Index t) const {
        if (rollout.terminated(n, t) != 0) return 0;
        if (rollout.truncated(n, t) == 0) return value(n, t + 1);
        const auto at = std::find(rollout.final_sample.begin(), rollout.final_sample.end(), t * environments + n);
        return value_of(rollout.final_observation, at - rollout.final_sample.begin());
    }

    double target(Index n, Index t, double gamma, double lambda) const {
        const auto reward = static_cast<double>(rollout.reward(n, t));
        if (ends(n, t) || t + 1 == rollout.length[n]) return reward + gamma * next_value(n, t);
        return reward + gamma * ((1 - lambda) * next_value(n, t) + lambda * target(n, t + 1, gamma, lambda));
    }

    /// The sum of rewards up to the end of the episode, or of the rollout, and the value of what lies beyond.
    double monte_carlo(Index n, Index t, double gamma) const {
        double sum = 0, weight = 1;
        for (;; ++t, weight *= gamma) {
            sum += weight * static_cast<double>(rollout.reward(n, t));
            if (ends(n, t) || t + 1 == rollout.length[n]) return sum + weight * gamma * next_value(n, t);
        }
    }

    /// Largest difference of the targets from `expected(n, t)`, and of the advantages from the same minus V.
    template <class Expected>
    double error(const QReturns& returns, const Expected& expected) {
        Estimator estimate(greedy_value, threads);
        estimate(rollout, returns);
        double worst = 0, largest = 1;
        for (Index n = 0; n < environments; ++n) {
            for (Index t = 0; t < rollout.length[n]; ++t) {
                const double exact = expected(n, t);
                const auto target = static_cast<double>(rollout.value_target(n, t));
                const auto advantage = static_cast<double>(rollout.advantage(n, t));
                worst = largest_of(worst, std::abs(target - exact), std::abs(advantage - (exact - value(n, t))));
                largest = std::max(largest, std::abs(exact));
            }
        }
        return worst / largest;
    }

    Vectorized<TimeLimit<Wanderer>> envs;
    ActorType actor{envs, Mlp{.hidden = {8}}, EpsilonGreedy<float>(3, 0.4)};
    GreedyValue<ActorType> greedy_value{actor};
    Threads threads;
    Rollout<float> rollout{envs, actor};
};

constexpr double tolerance = 1e-5;

template <class Check>
void in_all_cases(const Check& check) {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        for (const bool whole_episodes : {false, true}) {
            INFO("seed " << seed << ", whole episodes " << whole_episodes);
            Case c(seed, whole_episodes);
            REQUIRE(c.rollout.terminated.matrix().cast<int>().sum() > 5);
            REQUIRE(c.rollout.truncated.matrix().cast<int>().sum() > 3);
            check(c);
        }
    }
}

}  // namespace

TEST_CASE("QReturns equals the recursion written out") {
    in_all_cases([](Case& c) {
        for (const double lambda : {0.0, 0.3, 0.65, 1.0}) {
            for (const double gamma : {0.0, 0.9, 1.0}) {
                CAPTURE(lambda, gamma);
                CHECK(c.error({.gamma = gamma, .lambda = lambda},
                              [&](Index n, Index t) { return c.target(n, t, gamma, lambda); }) < tolerance);
            }
        }
    });
}

TEST_CASE("QReturns with lambda 0 is the one-step target") {
    in_all_cases([](Case& c) {
        CHECK(c.error({.gamma = 0.9, .lambda = 0}, [&](Index n, Index t) {
            return static_cast<double>(c.rollout.reward(n, t)) + 0.9 * c.next_value(n, t);
        }) < tolerance);
    });
}

TEST_CASE("QReturns with lambda 1 is the Monte Carlo return") {
    in_all_cases([](Case& c) {
        CHECK(c.error({.gamma = 0.9, .lambda = 1}, [&](Index n, Index t) { return c.monte_carlo(n, t, 0.9); }) <
              tolerance);
    });
}

TEST_CASE("QReturns refuses options out of range and what has no action values") {
    CHECK_NOTHROW(QReturns{}.check(true));
    CHECK_THROWS_WITH((QReturns{.gamma = 1.5}.check(true)), "QReturns: gamma is 1.5; give a number from 0 to 1");
    CHECK_THROWS_WITH((QReturns{.lambda = -1}.check(true)), "QReturns: lambda is -1; give a number from 0 to 1");
    CHECK_THROWS_WITH(QReturns{}.check(false), "QReturns: there are no action values; use QLambda, or RewardToGo");
}
