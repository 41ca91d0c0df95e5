#include "gradiva/env/clip_reward.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/environments.hpp"
#include "helpers/masked_mirror.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

template <class E>
Outcome pull(E env, int arm = 0) {
    Rng rng;
    std::array<float, 1> observation{};
    env.reset(rng, observation);
    return env.step(arm, rng, observation);
}

Bandit paying(double reward) { return {.rewards = {reward}}; }

}  // namespace

TEST_CASE("ClipReward holds rewards within -1 and 1 where no bounds are given") {
    CHECK(pull(ClipReward(paying(7))).reward == 1);
    CHECK(pull(ClipReward(paying(-7))).reward == -1);
    CHECK(pull(ClipReward(paying(0.25))).reward == 0.25);
    CHECK(pull(ClipReward(paying(infinity))).reward == 1);
}

TEST_CASE("ClipReward holds rewards within the bounds that are given") {
    CHECK(pull(ClipReward(paying(7), 2, 5)).reward == 5);
    CHECK(pull(ClipReward(paying(0), 2, 5)).reward == 2);
    CHECK(pull(ClipReward(paying(4.5), 2, 5)).reward == 4.5);
    CHECK(pull(ClipReward(paying(1e9), 0, infinity)).reward == 1e9);
    CHECK(pull(ClipReward(paying(-1e9), 0, infinity)).reward == 0);
    const ClipReward env(paying(0), 2, 5);
    CHECK(env.low() == 2);
    CHECK(env.high() == 5);
}

TEST_CASE("ClipReward does not hide a reward that is not a number") {
    CHECK(std::isnan(pull(ClipReward(paying(not_a_number))).reward));
    CHECK_THROWS_WITH(check_env(ClipReward(paying(not_a_number))), ContainsText("the reward of step 1 (action 0) is nan"));
}

TEST_CASE("ClipReward leaves the end of an episode and the mask alone") {
    CHECK(pull(ClipReward(paying(7))).terminated);
    CHECK(pull(ClipReward(TimeLimit(Corridor{}, 1)), 1).truncated);
    ClipReward env(MaskedMirror{});
    Rng rng;
    std::array<float, 4> observation{};
    const std::array values{0.0F, 0.0F};
    env.reset(rng, observation);
    CHECK(env.step({.choice = 1, .values = values}, rng, observation).reward == -1);
    CHECK(mask_of(env, 3) == std::vector{1, 0, 1});
}

TEST_CASE("ClipReward keeps the contract of an environment inside and outside a TimeLimit") {
    CHECK_NOTHROW(check_env(ClipReward(TimeLimit(MaskedMirror{}, 9))));
    CHECK_NOTHROW(check_env(TimeLimit(ClipReward(MaskedMirror{}, -0.5, 0.5), 9)));
    CHECK(pull(ClipReward(ClipReward(paying(7), -5, 5), -1, 1)).reward == 1);
}

TEST_CASE("ClipReward refuses bounds without room between them") {
    CHECK_THROWS_WITH(ClipReward(paying(0), 1, 1), "ClipReward: low is 1 and high is 1; give low < high");
    CHECK_THROWS_WITH(ClipReward(paying(0), 2), "ClipReward: low is 2 and high is 1; give low < high");
    CHECK_THROWS_AS(ClipReward(paying(0), not_a_number, 1), Error);
    CHECK_THROWS_AS(ClipReward(paying(0), -1, not_a_number), Error);
}
