#include "gradiva/env/rescale_action.hpp"

#include <array>
#include <limits>

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "helpers/environments.hpp"
#include "helpers/masked_mirror.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// Shows the values that it was given.
struct Mirror {
    Box actions;
    Box observation_space() const { return {.size = actions.size}; }
    Box action_space() const { return actions; }
    void reset(Rng&, std::span<float> observation) { std::fill(observation.begin(), observation.end(), 0.0F); }
    Outcome step(std::span<const float> action, Rng&, std::span<float> observation) {
        // One by one: of std::copy GCC 14 says wrongly that it writes behind the end.
        for (std::size_t i = 0; i < action.size(); ++i) observation[i] = action[i];
        return {};
    }
};

/// What the environment with these bounds is given where the agent's action is this.
float sent(float low, float high, float action) {
    RescaleAction env(Mirror{{.size = 1, .low = {low}, .high = {high}}});
    Rng rng;
    std::array<float, 1> observation{};
    env.step(std::array{action}, rng, observation);
    return observation[0];
}

}  // namespace

TEST_CASE("RescaleAction takes [-1, 1] to the bounds of each element") {
    RescaleAction env(Mirror{{.size = 3, .low = {2, -10, 0}, .high = {6, 30, 1}}});
    CHECK(env.action_space() == Box{.size = 3, .low = {-1}, .high = {1}});
    const Box image{.shape = {1, 2, 2}, .low = {0}, .high = {5}};
    CHECK(RescaleAction(Mirror{image}).action_space() == Box{.shape = {1, 2, 2}, .low = {-1}, .high = {1}});
    Rng rng;
    std::array<float, 3> observation{};
    env.step(std::array{-1.0F, -1.0F, -1.0F}, rng, observation);
    CHECK(observation == std::array{2.0F, -10.0F, 0.0F});
    env.step(std::array{1.0F, 1.0F, 1.0F}, rng, observation);
    CHECK(observation == std::array{6.0F, 30.0F, 1.0F});
    env.step(std::array{0.0F, 0.5F, -0.25F}, rng, observation);
    CHECK(observation == std::array{4.0F, 20.0F, 0.375F});
}

TEST_CASE("RescaleAction meets both bounds exactly and never leaves them, whatever they are") {
    Rng rng(1);
    constexpr float most = std::numeric_limits<float>::max();
    for (int i = 0; i < 2000; ++i) {
        const double size = std::pow(10, rng.uniform(-30, 30));
        const auto one = static_cast<float>(size * rng.normal());
        const auto other = static_cast<float>(i % 2 == 0 ? size * rng.normal() : one * (1 + 1e-6 * rng.normal()));
        if (one == other) continue;
        const float low = std::min(one, other);
        const float high = std::max(one, other);
        CAPTURE(low, high);
        CHECK(sent(low, high, -1) == low);
        CHECK(sent(low, high, 1) == high);
        for (const float a : {-0.999999F, 0.999999F, static_cast<float>(rng.uniform(-1, 1)), -1.5F, 1.5F}) {
            const float x = sent(low, high, a);
            CHECK(x >= low);
            CHECK(x <= high);
        }
    }
    CHECK(sent(-most, most, 0) == 0);
    CHECK(sent(-1e10F, 1e-10F, 1) == 1e-10F);
}

TEST_CASE("RescaleAction does not hide an action that is not a number") {
    CHECK(std::isnan(sent(2, 6, std::numeric_limits<float>::quiet_NaN())));
}

TEST_CASE("RescaleAction takes the box of a HybridSpace, and leaves the choice and its mask alone") {
    RescaleAction env(MaskedMirror{});
    STATIC_REQUIRE(is_env<decltype(env)>);
    CHECK(env.action_space() == HybridSpace{{3}, {.size = 2, .low = {-1}, .high = {1}}});
    Rng rng;
    std::array<float, 4> observation{};
    env.reset(rng, observation);
    CHECK(mask_of(env, 3) == std::vector{0, 1, 1});
    const std::array values{0.0F, 1.0F};
    CHECK(env.step({.choice = 2, .values = values}, rng, observation).reward == 1);
    CHECK(observation == std::array{2.0F, 4.0F, 30.0F, 1.0F});
    CHECK(mask_of(env, 3) == std::vector{1, 0, 1});
}

TEST_CASE("RescaleAction keeps the contract of an environment inside and outside a TimeLimit") {
    CHECK_NOTHROW(check_env(RescaleAction(TimeLimit(MaskedMirror{}, 9))));
    CHECK_NOTHROW(check_env(TimeLimit(RescaleAction(MaskedMirror{}), 9)));
    RescaleAction env(TimeLimit(MaskedMirror{}, 1));
    Rng rng;
    std::array<float, 4> observation{};
    env.reset(rng, observation);
    const std::array values{0.0F, 0.0F};
    CHECK(env.step({.choice = 2, .values = values}, rng, observation).truncated);
}

TEST_CASE("Vectorized clips to [-1, 1] what an environment behind RescaleAction is sent") {
    Vectorized envs(RescaleAction(Mirror{{.size = 1, .low = {2}, .high = {6}}}), {.count = 2});
    ActionBatch actions({.reals = 1}, 2);
    actions.all().reals << 7, -0.5F;
    Matrix<float> observation(1, 2), final_observation(1, 2);
    std::vector<double> reward(2);
    std::vector<std::uint8_t> terminated(2), truncated(2);
    StepView out{observation, final_observation, reward, terminated, truncated};
    envs.step({0, 2}, std::as_const(actions).all(), out);
    CHECK(observation(0, 0) == 6);
    CHECK(observation(0, 1) == 3);
}

TEST_CASE("RescaleAction refuses bounds that are missing or infinite and says which") {
    CHECK_THROWS_WITH(RescaleAction(Mirror{{.size = 2}}),
                      "RescaleAction: element 0 of the action space has low = -inf and high = inf; give it two finite "
                      "bounds");
    CHECK_THROWS_WITH(RescaleAction(Mirror{{.size = 2, .low = {0}, .high = {1, infinity}}}),
                      "RescaleAction: element 1 of the action space has low = 0 and high = inf; give it two finite "
                      "bounds");
    CHECK_THROWS_WITH(RescaleAction(MaskedMirror{.low = {0, -infinity}}),
                      ContainsText("element 1 of the action space has low = -inf and high = 30"));
    CHECK_THROWS_WITH(RescaleAction(Mirror{{.size = 1, .low = {2}, .high = {1}}}),
                      ContainsText("RescaleAction: the action space has low = 2 and high = 1 at element 0"));
    CHECK_THROWS_WITH(RescaleAction(Mirror{{.size = 3, .low = {2, 3}, .high = {9}}}),
                      ContainsText("a Box of size 3 with 2 bounds"));
}
