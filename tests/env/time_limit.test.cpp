#include "gradiva/env/time_limit.hpp"

#include <array>

#include "catch.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// The outcome of the last step, and the number of steps, of an episode.
template <class E>
std::pair<Outcome, Index> play(E& env) {
    Rng rng;
    std::array<float, 3> observation{};
    env.reset(rng, observation);
    for (Index steps = 1;; ++steps) {
        const Outcome outcome = env.step(0, rng, observation);
        if (outcome.terminated || outcome.truncated || steps == 100) return {outcome, steps};
    }
}

}  // namespace

TEST_CASE("TimeLimit truncates after its number of steps in every episode") {
    TimeLimit env(Ticker{.length = 50}, 7);
    for (int episode = 0; episode < 3; ++episode) {
        const auto [outcome, steps] = play(env);
        CHECK(steps == 7);
        CHECK(outcome.truncated);
        CHECK(!outcome.terminated);
        CHECK(outcome.reward == 1);
    }
}

TEST_CASE("TimeLimit leaves alone what ends before") {
    TimeLimit env(Ticker{.length = 3}, 7);
    const auto [outcome, steps] = play(env);
    CHECK(steps == 3);
    CHECK(outcome.terminated);
    CHECK(!outcome.truncated);
}

TEST_CASE("An episode that terminates in the last step of a TimeLimit is terminated only") {
    TimeLimit env(Ticker{.length = 7}, 7);
    const auto [outcome, steps] = play(env);
    CHECK(steps == 7);
    CHECK(outcome.terminated);
    CHECK(!outcome.truncated);
}

TEST_CASE("TimeLimit counts from the reset even where an episode was left unfinished") {
    TimeLimit env(Ticker{.length = 50}, 7);
    Rng rng;
    std::array<float, 3> observation{};
    env.reset(rng, observation);
    for (int i = 0; i < 4; ++i) env.step(0, rng, observation);
    CHECK(play(env).second == 7);
}

TEST_CASE("TimeLimit hands on the spaces and the environment it wraps") {
    TimeLimit env(Ticker{.id = 4}, 7);
    STATIC_REQUIRE(is_env<decltype(env)>);
    CHECK(env.observation_space().size == 3);
    CHECK(env.action_space().n == 2);
    env.wrapped().id = 5;
    CHECK(std::as_const(env).wrapped().id == 5);
}

TEST_CASE("TimeLimit refuses a limit below one step") {
    CHECK_THROWS_WITH(TimeLimit(Ticker{}, 0), "TimeLimit: limit is 0; give at least 1 step");
    CHECK_THROWS_AS(TimeLimit(Ticker{}, -1), Error);
    CHECK_NOTHROW(TimeLimit(Ticker{}, 1));
}
