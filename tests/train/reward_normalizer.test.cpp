#include "gradiva/train/reward_normalizer.hpp"

#include <memory>

#include "catch.hpp"
#include "gradiva/advantage/n_step.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/q_lambda.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;
using Catch::Approx;

TEST_CASE("rewards are divided by the deviation of the discounted sums of the episodes so far") {
    auto rollout = blank_rollout<double>(2, 3);
    rollout.reward.matrix() << 1, 2, 3, -1, 0, 5;
    end_episode(rollout, 0, 1);
    RewardNormalizer<double> normalizer(2, 0.5);
    CHECK(normalizer.scale() == 1);
    normalizer.observe(rollout);
    // Environment 0: 1, 2.5, and 3 after the end; environment 1: -1, -0.5, 4.75.
    Vector<double> sums(6);
    sums << 1, 2.5, 3, -1, -0.5, 4.75;
    CHECK(normalizer.scale() == Approx(1 / std::sqrt(kernels::moments<double>(sums).population_variance() + 1e-8)));
    normalizer.observe(rollout);  // both go on: 4.5 = 0.5 3 + 1 + ...
    Vector<double> more(12);
    more << sums, 2.5, 3.25, 3, 1.375, 0.6875, 5.34375;
    CHECK(normalizer.scale() == Approx(1 / std::sqrt(kernels::moments<double>(more).population_variance() + 1e-8)));
}

TEST_CASE("discounted sums end with their episode, and continue in the next rollout per environment") {
    for (const bool truncated : {false, true}) {
        auto rollout = blank_rollout<double>(2, 3);
        rollout.reward.matrix() << 1, 2, 4, 8, 16, 32;
        end_episode(rollout, 0, 0, truncated);
        end_episode(rollout, 1, 2, truncated);
        RewardNormalizer<double> normalizer(2, 0.5);
        normalizer.observe(rollout);
        normalizer.observe(rollout);
        // Environment 0: 1, then 2, 5, and 3.5 on the way on; environment 1: 8, 20, 42, and from 0 again.
        Vector<double> sums(12);
        sums << 1, 2, 5, 3.5, 2, 5, 8, 20, 42, 8, 20, 42;
        const double variance = kernels::moments<double>(sums).population_variance();
        CHECK(normalizer.scale() == Approx(1 / std::sqrt(variance + 1e-8)));
    }
}

TEST_CASE("discounted sums of one environment start anew where they are told to") {
    auto rollout = blank_rollout<double>(2, 2);
    rollout.reward.matrix() << 1, 2, 4, 8;
    RewardNormalizer<double> normalizer(2, 0.5);
    normalizer.observe(rollout);
    normalizer.restart(1);
    normalizer.observe(rollout);
    Vector<double> sums(8);
    sums << 1, 2.5, 4, 10, 2.25, 3.125, 4, 10;
    CHECK(normalizer.scale() == Approx(1 / std::sqrt(kernels::moments<double>(sums).population_variance() + 1e-8)));
}

TEST_CASE("rewards are normalised in the body only, clamped to [-10, 10]") {
    auto rollout = blank_rollout<float>(1, 3);
    rollout.reward.matrix() << 100, -1, 0.5F;
    RewardNormalizer<float> normalizer(1, 0.9);
    normalizer.with_scaled(rollout, [&] {
        CHECK(rollout.reward(0, 0) == 10);
        CHECK(rollout.reward(0, 1) == -1);
        CHECK(rollout.reward(0, 2) == 0.5F);
    });
    CHECK(rollout.reward(0, 0) == 100);
    CHECK_THROWS_AS(normalizer.with_scaled(rollout, [] { throw Breakdown("within"); }), Breakdown);
    CHECK(rollout.reward(0, 0) == 100);
}

TEST_CASE("rollouts of whole episodes reset the discounted sums") {
    auto rollout = blank_rollout<double>(1, 2);
    rollout.whole_episodes = true;
    rollout.reward.matrix() << 1, 3;
    end_episode(rollout, 0, 1);
    RewardNormalizer<double> once(1, 1), twice(1, 1);
    once.observe(rollout);
    twice.observe(rollout);
    twice.observe(rollout);
    CHECK(twice.scale() == Approx(once.scale()));
}

TEST_CASE("a rollout of whole episodes after a cut one resets the discounted sums") {
    auto cut = blank_rollout<double>(1, 2), whole = blank_rollout<double>(1, 2);
    cut.reward.matrix() << 5, 7;
    whole.reward.matrix() << 1, 4;
    whole.whole_episodes = true;
    end_episode(whole, 0, 1);
    RewardNormalizer<double> normalizer(1, 1);
    normalizer.observe(cut);
    normalizer.observe(whole);
    Vector<double> sums(4);
    sums << 5, 12, 1, 5;
    CHECK(normalizer.scale() == Approx(1 / std::sqrt(kernels::moments<double>(sums).population_variance() + 1e-8)));
}

TEST_CASE("constant rewards are clamped at the bound, or stay 0") {
    auto rollout = blank_rollout<float>(1, 4);
    rollout.reward.matrix().setZero();
    RewardNormalizer<float> normalizer(1, 0);
    normalizer.observe(rollout);
    normalizer.with_scaled(rollout, [&] { CHECK(rollout.reward.matrix().isZero(0)); });
    rollout.reward.matrix().setConstant(2);
    RewardNormalizer<float> constant(1, 0);
    constant.observe(rollout);
    constant.with_scaled(rollout, [&] { CHECK((rollout.reward.matrix().array() == 10).all()); });
}

namespace {

/// Pays 1 for every step, of which there is no last one; throws at step `at` of its life.
struct Endless {
    Index at = -1;
    Index steps = 0;

    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 0; }
    Outcome step(int, Rng&, std::span<float> observation) {
        if (steps++ == at) throw Breakdown("the simulator is gone");
        observation[0] = 0;
        return {.reward = 1};
    }
};

constexpr Index horizon = 10;

/// Plain descent that throws once, at call `at`.
struct FailingOptimizer {
    int at = -1;
    std::shared_ptr<int> calls = std::make_shared<int>(0);

    void step(std::span<float>, std::span<const float>, double) const {
        if ((*calls)++ == at) throw Breakdown("no step");
    }
};

/// One environment. Values and learning rates are 0: each value target is a normalised reward.
struct Case {
    explicit Case(Index at) : envs(Endless{.at = at}) {
        for (auto weights : {actor.weights(), critic.weights(), values.weights()}) {
            std::fill(weights.begin(), weights.end(), 0.0F);
        }
    }

    Vectorized<Endless> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {2}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {2}}};
    Actor<MlpNetwork<float>, EpsilonGreedy<float>> values{envs, {.hidden = {2}}, EpsilonGreedy<float>(2)};
};

/// Trains for one iteration, fails in the next, trains for another; returns the variance of the sums of rewards that
/// the last one went by: its targets are s, with value loss 0.5 s^2 and s^2 = 1 / variance.
template <class Trainer>
double variance_after(Trainer&& trainer) {
    trainer.train({.steps = horizon});
    CHECK_THROWS_AS(trainer.train({.steps = horizon}), Breakdown);
    return 0.5 / trainer.train({.steps = horizon}).update.value_loss;
}

}  // namespace

TEST_CASE("discounted sums are reset where environments are reset after an exception") {
    // Rewards 1, gamma 1: sums of 1 to 10, twice. Gone on, they would be 1 to 20, of variance 33.25.
    const auto expected = Approx(8.25).epsilon(1e-4);
    {
        Case c(10);
        Threads threads;
        Rollout rollout(c.envs, c.actor);
        Collector collect(c.envs, c.actor, threads);
        RewardNormalizer<float> normalizer(1, 1);
        collect.steps(rollout, horizon);
        normalizer.observe(rollout);
        CHECK_THROWS_AS(collect.steps(rollout, horizon), Breakdown);
        collect.steps(rollout, horizon);
        normalizer.observe(rollout);
        CHECK(1 / (normalizer.scale() * normalizer.scale()) == expected);
    }
    const TemporalDifference advantage{.gamma = 1};
    {
        Case c(10);
        CHECK(variance_after(
                  PpoClip(c.envs, c.actor, c.critic, advantage,
                          {.horizon = horizon, .minibatch = horizon, .learning_rate = 0, .normalize_rewards = true})) ==
              expected);
    }
    {
        Case c(10);
        CHECK(variance_after(
                  PpoKl(c.envs, c.actor, c.critic, advantage,
                        {.horizon = horizon, .minibatch = horizon, .learning_rate = 0, .normalize_rewards = true})) ==
              expected);
    }
    {
        Case c(10);
        CHECK(variance_after(A2c(c.envs, c.actor, c.critic, advantage,
                                 {.horizon = horizon, .learning_rate = 0, .normalize_rewards = true})) == expected);
    }
    {
        Case c(10);
        CHECK(variance_after(Trpo(
                  c.envs, c.actor, c.critic, advantage,
                  {.horizon = horizon, .minibatch = horizon, .critic_learning_rate = 0, .normalize_rewards = true})) ==
              expected);
    }
    {
        Case c(10);
        CHECK(variance_after(OffPolicy(c.envs, c.actor, c.critic, VTrace{.gamma = 1, .lambda = 0},
                                       {.horizon = horizon, .learning_rate = 0, .normalize_rewards = true})) ==
              expected);
    }
    {
        Case c(10);
        CHECK(variance_after(QLambda(c.envs, c.values,
                                     {.horizon = horizon,
                                      .minibatch = horizon,
                                      .learning_rate = 0,
                                      .gamma = 1,
                                      .lambda = 0,
                                      .normalize_rewards = true})) == expected);
    }
}

TEST_CASE("discounted sums continue with their environments, also after a failed update") {
    // The environments were in the middle of an episode, and still are: 1 to 30.
    Case c(-1);
    const FailingOptimizer failing{.at = 2};  // of the actor and the critic once each in the first update
    CHECK(variance_after(PpoClip(c.envs, c.actor, c.critic, TemporalDifference{.gamma = 1},
                                 {.horizon = horizon, .minibatch = horizon, .epochs = 1, .normalize_rewards = true},
                                 failing)) == Approx((30.0 * 30 - 1) / 12).epsilon(1e-4));
}
