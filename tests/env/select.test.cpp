#include "gradiva/env/select.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/frame_stack.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "helpers/environments.hpp"
#include "helpers/masked_mirror.hpp"
#include "helpers/resumed.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Only its observation space is asked for.
struct Bounded : Bandit {
    Box observations;
    Box observation_space() const { return observations; }
};

Box selected(Box observations, std::vector<Index> elements) {
    return Select(Bounded{{}, std::move(observations)}, std::move(elements)).observation_space();
}

/// Leaves the last element of its observation unwritten in steps.
struct Forgetful : CartPole {
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        std::array<float, 4> all{};
        const Outcome outcome = CartPole::step(action, rng, all);
        std::copy(all.begin(), all.end() - 1, observation.begin());
        return outcome;
    }
};

}  // namespace

TEST_CASE("Select shows the elements that are given, in their order") {
    Select env(Ticker{.id = 7, .length = 2}, {2, 0});  // (id, episode, step)
    CHECK(env.elements() == std::vector<Index>{2, 0});
    Rng rng;
    std::array<float, 2> o{};
    env.reset(rng, o);
    CHECK(o == std::array<float, 2>{0, 7});
    CHECK(!env.step(0, rng, o).terminated);
    CHECK(o == std::array<float, 2>{1, 7});
    CHECK(env.step(0, rng, o).terminated);
    env.reset(rng, o);
    CHECK(o == std::array<float, 2>{0, 7});
}

TEST_CASE("Select keeps the bounds of each element, and no shape") {
    CHECK(selected({.size = 3, .low = {-1, -2, -3}, .high = {1, 2, 3}}, {2, 0}) ==
          Box{.size = 2, .low = {-3, -1}, .high = {3, 1}});
    CHECK(selected({.size = 3, .low = {-1}}, {2}) == Box{.size = 1, .low = {-1}});
    CHECK(selected({.shape = {1, 2, 2}, .high = {1, 2, 3, 4}}, {1, 2, 3}) == Box{.size = 3, .high = {2, 3, 4}});
    CHECK(Select(CartPole{}, {0, 2}).observation_space().high_of(1) == CartPole{}.observation_space().high_of(2));
}

TEST_CASE("Select hands mask, metrics and picture on, and keeps the contract inside and outside other wrappers") {
    Select env(MaskedMirror{}, {3, 0});
    Rng rng;
    std::array<float, 2> o{};
    env.reset(rng, o);
    const std::array values{3.0F, 4.0F};
    env.step({.choice = 2, .values = values}, rng, o);
    CHECK(o == std::array<float, 2>{1, 2});
    CHECK(mask_of(env, 3) == std::vector{1, 0, 1});
    STATIC_REQUIRE(HasMetrics<Select<MaskedGrid>>);
    STATIC_REQUIRE(HasRender<Select<CartPole>>);
    STATIC_REQUIRE(!HasActionMask<Select<CartPole>>);
    CHECK_NOTHROW(check_env(Select(TimeLimit(MaskedMirror{}, 9), {1, 3})));
    CHECK_NOTHROW(check_env(TimeLimit(FrameStack(Select(MaskedMirror{}, {0}), 3), 9)));
    CHECK_NOTHROW(check_env(Select(FrameStack(TimeLimit(CartPole{}, 500), 2), {0, 2, 4, 6})));
}

TEST_CASE("Select goes on from its saved state with the same bits, and of other elements does not") {
    CHECK(resumed_difference(Select(TimeLimit(CartPole{}, 20), {0, 2})).empty());
    CHECK_THAT(refusal_of(Select(CartPole{}, {0, 2}), Select(CartPole{}, {2, 0})),
               ContainsText("test: elements[0] is 0 where it was saved and 2 here"));
    CHECK_THAT(refusal_of(Select(CartPole{}, {0, 2}), Select(CartPole{}, {0})), ContainsText("test: elements"));
}

TEST_CASE("the final observation of a truncated episode is selected too") {
    Vectorized envs(TimeLimit(Select(Ticker{.id = 4, .length = 50}, {2}), 2), {.count = 1});
    ActionBatch actions({.integers = 1}, 1);
    actions.all().integers.setZero();
    Matrix<float> observation(1, 1), final_observation(1, 1);
    std::vector<double> reward(1);
    std::vector<std::uint8_t> terminated(1), truncated(1);
    envs.reset({0, 1}, observation);
    StepView out{observation, final_observation, reward, terminated, truncated};
    envs.step({0, 1}, std::as_const(actions).all(), out);
    envs.step({0, 1}, std::as_const(actions).all(), out);
    CHECK(truncated[0] == 1);
    CHECK(final_observation(0, 0) == 2);
    CHECK(observation(0, 0) == 0);
}

TEST_CASE("What an environment in a Select leaves unwritten is noticed where it is shown") {
    CHECK_THROWS_WITH(check_env(Select(Forgetful{}, {0, 3})),
                      ContainsText("observation[1] after step 1 (action ") &&
                          ContainsText("is nan, or was not written; write a finite"));
    CHECK_NOTHROW(check_env(Select(Forgetful{}, {0, 2})));
}

TEST_CASE("Select refuses no elements, elements that are not there, and those that are given twice") {
    CHECK_THROWS_WITH(Select(Ticker{}, {}), "Select: elements is empty; give at least 1 of the 3 elements");
    CHECK_THROWS_WITH(Select(Ticker{}, {0, 3}),
                      "Select: elements has 3, and the observation has 3 elements; give numbers from 0 to 2");
    CHECK_THROWS_WITH(Select(Ticker{}, {-1}), ContainsText("Select: elements has -1, and"));
    CHECK_THROWS_WITH(Select(Ticker{}, {1, 0, 1}), "Select: elements has 1 twice; give each once");
    CHECK_THROWS_WITH(selected({.size = 0}, {0}), ContainsText("Select: the observation space is a Box of size 0"));
}
