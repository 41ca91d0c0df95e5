#include "gradiva/train/reward_normalizer.hpp"

#include "catch.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;
using Catch::Approx;

TEST_CASE("Rewards are divided by the deviation of the discounted sums of the episodes so far") {
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

TEST_CASE("Normalised rewards are seen in the body only, held within 10") {
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

TEST_CASE("Whole episodes start their sums anew") {
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

TEST_CASE("Rewards that never change are held at the bound, or stay 0") {
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
