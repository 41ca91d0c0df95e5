#include "gradiva/env/check_env.hpp"

#include "catch.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/environments.hpp"
#include "helpers/field_count.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// A well-behaved environment, to be broken in one point each.
struct Good {
    Index at = 0;
    Box observation_space() const { return {.size = 2, .low = {-1}, .high = {1}}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng& rng, std::span<float> observation) {
        at = 0;
        observe(rng, observation);
    }
    Outcome step(int, Rng& rng, std::span<float> observation) {
        observe(rng, observation);
        return {.reward = 1, .terminated = ++at == 5};
    }
    static void observe(Rng& rng, std::span<float> observation) {
        for (float& x : observation) x = static_cast<float>(rng.uniform(-1, 1));
    }
};

/// Runs one statement after each step of `Good`.
template <class F>
struct Bad : Good {
    explicit Bad(F f) : spoil(f) {}
    F spoil;
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        Outcome outcome = Good::step(action, rng, observation);
        spoil(observation, outcome, at);
        return outcome;
    }
};

struct OutOfBoundsAtReset : Good {
    void reset(Rng& rng, std::span<float> observation) {
        Good::reset(rng, observation);
        observation[1] = 1.5F;
    }
};

struct OutOfBoundsAtNextReset : Good {
    void reset(Rng& rng, std::span<float> observation) {
        const bool is_next = at == 5;
        Good::reset(rng, observation);
        if (is_next) observation[1] = 1.5F;
    }
};

struct Unwritten : Good {
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        return Good::step(action, rng, observation.first(1));
    }
};

struct StaticRandomness : Good {
    static inline Rng own{99};
    void reset(Rng&, std::span<float> observation) { Good::reset(own, observation); }
};

/// Refuses actions outside the bounds of its action space.
struct Strict : Good {
    float low = 0, high = 0;
    Box action_space() const { return {.size = 1, .low = {low}, .high = {high}}; }
    Outcome step(std::span<const float> action, Rng& rng, std::span<float> observation) {
        if (!(action[0] >= low && action[0] <= high)) throw Breakdown("action out of bounds");
        return Good::step(0, rng, observation);
    }
};

Strict strict(float low, float high) {
    Strict env;
    env.low = low;
    env.high = high;
    return env;
}

/// Writes down what it draws and is told to do.
struct Logged {
    struct Log {
        std::set<double> drawn;
        std::set<float> actions;
        Index steps = 0;
    };
    std::shared_ptr<Log> log = std::make_shared<Log>();
    Index at = 0;

    Box observation_space() const { return {.size = 1}; }
    Box action_space() const { return {.size = 1}; }
    void reset(Rng& rng, std::span<float> observation) {
        at = 0;
        observe(rng, observation);
    }
    Outcome step(std::span<const float> action, Rng& rng, std::span<float> observation) {
        observe(rng, observation);
        if (action[0] != std::round(action[0])) log->actions.insert(action[0]);  // none of the bounds, which all try
        ++log->steps;
        return {.reward = 1, .terminated = ++at == 5};
    }
    void observe(Rng& rng, std::span<float> observation) {
        const double x = rng.uniform();
        log->drawn.insert(x);
        observation[0] = static_cast<float>(x);
    }
};

/// Cannot be copied.
struct LoggedOnce : Logged {
    std::unique_ptr<int> handle = std::make_unique<int>(0);
};

template <class T>
bool disjoint(const std::set<T>& a, const std::set<T>& b) {
    return std::none_of(a.begin(), a.end(), [&](const T& x) { return b.count(x) > 0; });
}

}  // namespace

TEST_CASE("Every option of check_env reaches what it is for") {
    static_assert(field_count<CheckEnvOptions>() == 3, "a new option needs a line here");
    const auto tried = [](const CheckEnvOptions& options) {
        const Logged env;
        check_env(env, options);
        return *env.log;
    };
    const auto one = tried({.steps = 50}), other = tried({.steps = 50, .seed = 7});
    CHECK(disjoint(one.drawn, other.drawn));  // 0 and 1, 7 and 8 name the streams
    CHECK(disjoint(one.actions, other.actions));
    CHECK(one.steps < 1000);
    CHECK_NOTHROW(check_env(Corridor{.goal = 2}, {.steps = 20}));
    CHECK_NOTHROW(check_env(Ticker{}, {.independent_episodes = false}));  // each episode starts as another
}

TEMPLATE_TEST_CASE("Every option of check_env reaches a vector environment", "", Logged, LoggedOnce) {
    const auto tried = [](const CheckEnvOptions& options) {
        const auto log = std::make_shared<Logged::Log>();
        Vectorized envs(
            [&](Index) {
                TestType env;
                env.log = log;
                return env;
            },
            {.count = 2});
        check_env(envs, options);
        return *log;
    };
    const auto one = tried({.steps = 50}), other = tried({.steps = 50, .seed = 7});
    CHECK(disjoint(one.actions, other.actions));
    CHECK(one.steps <= 2 * 2 * 50);
    CHECK_THROWS_WITH(tried({.steps = 0}), "check_env: steps is 0; give at least 1");
}

TEST_CASE("check_env accepts environments that keep the rules") {
    CHECK_NOTHROW(check_env(Good{}));
    CHECK_NOTHROW(check_env(Corridor{}));
    CHECK_NOTHROW(check_env(Bandit{.noise = 1}));
    CHECK_NOTHROW(check_env(TimeLimit(Wanderer{}, 20), {.steps = 500, .seed = 3}));
}

TEST_CASE("check_env says which observation is out of bounds") {
    CHECK_THROWS_WITH(check_env(OutOfBoundsAtReset{}),
                      "check_env: observation[1] after reset is 1.5, outside [-1, 1]; correct it or the bounds "
                      "of the observation space");
    CHECK_THROWS_WITH(check_env(OutOfBoundsAtNextReset{}),
                      ContainsText("observation[1] after reset (after step 5) is 1.5, outside [-1, 1]"));
    CHECK_THROWS_WITH(check_env(Bad([](std::span<float> o, Outcome&, Index at) {
                          if (at == 3) o[0] = -2;
                      })),
                      ContainsText("observation[0] after step 3 (action ") && ContainsText(") is -2, outside [-1, 1]"));
}

TEST_CASE("check_env says which observation is not finite or was not written") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(check_env(Bad([=](std::span<float> o, Outcome&, Index at) {
                          if (at == 2) o[1] = nan;
                      })),
                      ContainsText("observation[1] after step 2 (action 0) is nan, or was not written"));
    CHECK_THROWS_WITH(check_env(Unwritten{}), ContainsText("observation[1] after step 1 (action 0) is nan"));
}

TEST_CASE("check_env notices writing beyond either end of the observation") {
    CHECK_THROWS_WITH(check_env(Bad([](std::span<float> o, Outcome&, Index) { *(o.data() + o.size()) = 0; })),
                      ContainsText("step 1 (action 0) writes outside the 2 elements of its observation"));
    CHECK_THROWS_WITH(check_env(Bad([](std::span<float> o, Outcome&, Index) { *(o.data() - 1) = 0; })),
                      ContainsText("writes outside the 2 elements"));
}

TEST_CASE("check_env says which reward is not finite") {
    const double infinity = std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(check_env(Bad([=](std::span<float>, Outcome& outcome, Index at) {
                          if (at == 4) outcome.reward = infinity;
                      })),
                      ContainsText("check_env: the reward of step 4 (action ") &&
                          ContainsText(") is inf; return a number that is finite as a float"));
}

TEST_CASE("check_env refuses a step both terminated and truncated") {
    CHECK_THROWS_WITH(
        check_env(Bad([](std::span<float>, Outcome& outcome, Index) { outcome.truncated = outcome.terminated; })),
        ContainsText("check_env: step 5 (action ") && ContainsText(") is both terminated and truncated"));
}

TEST_CASE("check_env wants an episode to end") {
    CHECK_THROWS_WITH(
        check_env(Bad([](std::span<float>, Outcome& outcome, Index) { outcome.terminated = false; }), {.steps = 300}),
        "check_env: no episode ended within 300 steps; wrap the environment in a TimeLimit, or allow more "
        "steps");
}

TEST_CASE("check_env notices randomness that does not come from the Rng") {
    CHECK_THROWS_WITH(check_env(StaticRandomness{}, {.steps = 100, .seed = 8}),
                      ContainsText("check_env: two copies differ under seed 8, first in step 0; draw all"));
}

TEST_CASE("check_env refuses spaces that hold nothing and no steps") {
    CHECK_THROWS_WITH(check_env(Bandit{.rewards = {}}),
                      ContainsText("check_env: the action space is Discrete with n = 0"));
    CHECK_THROWS_WITH(check_env(Good{}, {.steps = 0}), "check_env: steps is 0; give at least 1");
}

TEST_CASE("check_env draws real actions within their bounds wherever these lie") {
    CHECK_NOTHROW(check_env(strict(-1, 1)));
    CHECK_NOTHROW(check_env(strict(-100, 100)));
    CHECK_NOTHROW(check_env(strict(20, 30)));
    CHECK_NOTHROW(check_env(strict(-30, -20)));
}
