#include "gradiva/env/check_derivatives.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/field_count.hpp"

using namespace gradiva;

namespace {

enum class Lie {
    none,
    state,
    action,
    reward,
    overwrites,
    not_a_number,
    observation,
    last_observation,
    step,
    first_step,
    pays,
    shows,
    shows_last,
    shows_late,
    ends,
    cut
};

/// A ball on a line, pushed about: x' = x + 0.1 v, v' = sin(v + u), seen as (x v, v), paid -x^2 u; with at most one
/// lie.
struct Ball {
    Lie lie = Lie::none;
    double by = 0.01;  ///< how much it is off
    double x = 0, v = 0;

    using In = std::span<const double>;
    using Out = std::span<double>;

    Box observation_space() const { return {.size = 2}; }
    Box action_space() const { return {.size = 1}; }
    void reset(Rng& rng, std::span<float> seen) {
        x = rng.uniform(0.5, 1);
        v = rng.uniform(0.5, 1);
        show(seen);
    }
    Outcome step(std::span<const float> action, Rng&, std::span<float> seen) {
        const double u = static_cast<double>(action[0]);
        const double reward = -x * x * u + (lie == Lie::pays ? by : 0);
        x += 0.1 * v + (lie == Lie::first_step ? by : 0);
        v = std::sin(v + u) + (lie == Lie::step ? by : 0);
        show(seen);
        if (lie == Lie::shows_late) seen[1] += static_cast<float>(by);
        return {.reward = reward, .terminated = lie == Lie::ends, .truncated = lie == Lie::cut};
    }

    Index state_size() const { return 2; }
    void save(Out state) const {
        state[0] = x;
        state[1] = v;
    }
    double transition(In state, In action, Out next) const {
        next[0] = state[0] + 0.1 * state[1];
        next[1] = std::sin(state[1] + action[0]);
        return -state[0] * state[0] * action[0];
    }
    void transition_backward(In state, In action, In d_next, double d_reward, Out d_state, Out d_action) const {
        const double d_sum = std::cos(state[1] + action[0]) * d_next[1];
        if (lie == Lie::overwrites) d_state[0] = 0;
        d_state[0] += d_next[0] - 2 * state[0] * action[0] * d_reward;
        d_state[1] += (lie == Lie::state ? 0.2 : 0.1) * d_next[0] + d_sum;
        d_action[0] += (lie == Lie::action ? 0 : d_sum) - state[0] * state[0] * d_reward;
        if (lie == Lie::reward) d_action[0] += 0.001 * d_reward;
        if (lie == Lie::not_a_number) d_state[1] = std::nan("");
    }
    void observe(In state, Out observation) const {
        observation[0] = state[0] * state[1];
        observation[1] = state[1];
    }
    void observe_backward(In state, In d_observation, Out d_state) const {
        d_state[0] += state[1] * d_observation[0];
        d_state[1] += (lie == Lie::observation ? 1 : state[0]) * d_observation[0] +
                      (lie == Lie::last_observation ? 2 : 1) * d_observation[1];
    }

private:
    void show(std::span<float> seen) const {
        seen[0] = static_cast<float>(x * v + (lie == Lie::shows ? by : 0));
        seen[1] = static_cast<float>(v + (lie == Lie::shows_last ? by : 0));
    }
};

/// What a check did with a model.
struct Watch {
    Index steps = 0;
    std::vector<double> starts;
    std::vector<float> actions;
    double reach = 0;  ///< how far states of the model were moved, each time from where it was
};

struct Watched : Ball {
    Watch* watch = nullptr;

    void reset(Rng& rng, std::span<float> seen) {
        Ball::reset(rng, seen);
        watch->starts.push_back(x);
    }
    Outcome step(std::span<const float> action, Rng& rng, std::span<float> seen) {
        ++watch->steps;
        watch->actions.push_back(action[0]);
        return Ball::step(action, rng, seen);
    }
    double transition(In state, In action, Out next) const {
        watch->reach = std::max(watch->reach, std::abs(state[1] - v));
        return Ball::transition(state, action, next);
    }
};

/// x' = slope x, with a derivative that is off by so much.
struct Line {
    double slope = 1, off = 0;
    double x = 0;

    using In = std::span<const double>;
    using Out = std::span<double>;

    Box observation_space() const { return {.size = 1}; }
    Box action_space() const { return {.size = 1}; }
    void reset(Rng& rng, std::span<float> seen) {
        x = rng.uniform(0.5, 1);
        seen[0] = static_cast<float>(x);
    }
    Outcome step(std::span<const float>, Rng&, std::span<float> seen) {
        x *= slope;
        seen[0] = static_cast<float>(x);
        return {};
    }
    Index state_size() const { return 1; }
    void save(Out state) const { state[0] = x; }
    double transition(In state, In, Out next) const {
        next[0] = slope * state[0];
        return 0;
    }
    void transition_backward(In, In, In d_next, double, Out d_state, Out) const {
        d_state[0] += (slope + off) * d_next[0];
    }
    void observe(In state, Out observation) const { observation[0] = state[0]; }
    void observe_backward(In, In d_observation, Out d_state) const { d_state[0] += d_observation[0]; }
};

}  // namespace

TEST_CASE("Every option of the check of derivatives reaches what it is for") {
    static_assert(gradiva_test::field_count<CheckDerivativesOptions>() == 5, "a new option needs a line here");
    const auto watched = [](const CheckDerivativesOptions& options) {
        Watch watch;
        Watched ball;
        ball.watch = &watch;
        check_derivatives(ball, options);
        return watch;
    };
    const Watch watch = watched({.steps = 30, .episode = 7});
    CHECK(watch.steps == 30);
    CHECK(watch.starts.size() == 5);
    CHECK(watch.reach == Catch::Approx(1e-5).epsilon(1e-3));  // |v| stays below 1
    CHECK(watched({.step = 1e-4}).reach == Catch::Approx(1e-4).epsilon(1e-3));
    const Watch other = watched({.steps = 30, .episode = 7, .seed = 1});
    CHECK(other.starts != watch.starts);
    CHECK(other.actions != watch.actions);
    CHECK_NOTHROW(check_derivatives(Ball{.lie = Lie::state}, {.tolerance = 0.2}));  // it is 0.1 away
    CHECK_THROWS_AS(check_derivatives(Ball{.lie = Lie::state}, {.tolerance = 0.05}), Error);
}

TEST_CASE("An honest model passes the check of its derivatives, time limit or not") {
    CHECK_NOTHROW(check_derivatives(Ball{}));
    CHECK_NOTHROW(check_derivatives(Ball{}, {.steps = 300, .episode = 3, .seed = 5}));
    CHECK_NOTHROW(check_derivatives(TimeLimit(TimeLimit(Ball{}, 5), 3)));
}

TEST_CASE("The check of derivatives sends actions of the space, between -1 and 1 where it holds such") {
    struct Bounded : Ball {
        Box space;
        float low, high;  // of what has to be sent
        Bounded(const Box& box, float least, float most) : space(box), low(least), high(most) {}
        Box action_space() const { return space; }
        Outcome step(std::span<const float> action, Rng& rng, std::span<float> seen) {
            CHECK(action[0] >= low);
            CHECK(action[0] <= high);
            return Ball::step(action, rng, seen);
        }
    };
    check_derivatives(Bounded({.size = 1}, -1, 1));
    check_derivatives(Bounded({.size = 1, .low = {-5}, .high = {0.5F}}, -1, 0.5F));
    check_derivatives(Bounded({.size = 1, .low = {1.25F}, .high = {2}}, 1.25F, 1.25F));
    check_derivatives(Bounded({.size = 1, .low = {-2}, .high = {-1.25F}}, -1.25F, -1.25F));
    check_derivatives(Bounded({.size = 1, .low = {0}, .high = {0.125F}}, 0, 0.125F));
}

TEST_CASE("A model that lies about its derivatives is told which, by how much and what to do") {
    const auto checked = [](Lie lie) { check_derivatives(Ball{.lie = lie}); };
    CHECK_THROWS_AS(checked(Lie::state), Error);
    CHECK_THROWS_WITH(checked(Lie::state), ContainsText("transition_backward adds 0.2 to d_state[1] for next_state[0], "
                                                        "central differences give 0.1") &&
                                               ContainsText("correct the derivative"));
    CHECK_THROWS_WITH(checked(Lie::action), ContainsText("adds 0 to d_action[0] for next_state[1]"));
    CHECK_THROWS_WITH(checked(Lie::reward), ContainsText("to d_action[0] for reward[0]"));
    CHECK_THROWS_WITH(checked(Lie::overwrites), ContainsText("to d_state[0] for next_state[0]") &&
                                                    ContainsText("add to d_state without overwriting it"));
    CHECK_THROWS_WITH(checked(Lie::not_a_number), ContainsText("adds nan to d_state[1]"));
    CHECK_THROWS_WITH(checked(Lie::observation),
                      ContainsText("observe_backward adds 1 to d_state[1] for observation[0]"));
    CHECK_THROWS_WITH(checked(Lie::last_observation),
                      ContainsText("observe_backward adds 2 to d_state[1] for observation[1]"));
}

TEST_CASE("A model that steps otherwise than it says is told so") {
    const auto checked = [](Lie lie) { check_derivatives(Ball{.lie = lie}); };
    CHECK_THROWS_WITH(checked(Lie::step),
                      ContainsText("step leaves state[1] = ") && ContainsText("let both compute the same"));
    CHECK_THROWS_WITH(checked(Lie::first_step), ContainsText("step leaves state[0] = "));
    CHECK_THROWS_WITH(checked(Lie::pays), ContainsText("step gives a reward of "));
    CHECK_THROWS_WITH(checked(Lie::shows), ContainsText("reset shows observation[0] = "));
    CHECK_THROWS_WITH(checked(Lie::shows_last), ContainsText("reset shows observation[1] = "));
    CHECK_THROWS_WITH(checked(Lie::shows_late), ContainsText("step shows observation[1] = "));
    for (const Lie lie : {Lie::ends, Lie::cut}) {
        CHECK_THROWS_WITH(checked(lie),
                          "check_derivatives: step ends the episode, which a model cannot; leave that to a TimeLimit");
    }
    // Of numbers below 1, by less than the precision that is asked for and by more.
    for (const Lie lie : {Lie::step, Lie::first_step, Lie::pays, Lie::shows, Lie::shows_last, Lie::shows_late}) {
        CHECK_NOTHROW(check_derivatives(Ball{.lie = lie, .by = 0.8e-4}, {.steps = 1}));
        CHECK_THROWS_AS(check_derivatives(Ball{.lie = lie, .by = 1.2e-4}, {.steps = 1}), Error);
    }
}

TEST_CASE("The tolerance is relative to numbers above 1 and absolute below") {
    const auto checked = [](double slope, double off) {
        check_derivatives(Line{.slope = slope, .off = off}, {.steps = 3, .tolerance = 1e-3});
    };
    CHECK_NOTHROW(checked(100, 0.09));
    CHECK_THROWS_AS(checked(100, 0.11), Error);
    CHECK_NOTHROW(checked(-100, 0.09));
    CHECK_THROWS_AS(checked(-100, 0.11), Error);
    CHECK_NOTHROW(checked(0.5, 0.9e-3));
    CHECK_THROWS_AS(checked(0.5, 1.1e-3), Error);
}

TEST_CASE("The check of derivatives refuses options that check nothing") {
    CHECK_THROWS_WITH(check_derivatives(Ball{}, {.steps = 0}), "check_derivatives: steps is 0; give at least 1");
    CHECK_THROWS_WITH(check_derivatives(Ball{}, {.episode = 0}),
                      "check_derivatives: episode is 0; give at least 1 step");
    CHECK_THROWS_WITH(check_derivatives(Ball{}, {.step = 0}), "check_derivatives: step is 0; give a number above 0");
    CHECK_THROWS_WITH(check_derivatives(Ball{}, {.tolerance = -1}),
                      "check_derivatives: tolerance is -1; give a number above 0");
    CHECK_THROWS_WITH(check_derivatives(Ball{}, {.tolerance = 0}),
                      "check_derivatives: tolerance is 0; give a number above 0");
    struct Stateless : Ball {
        Index state_size() const { return 0; }
    };
    CHECK_THROWS_WITH(check_derivatives(Stateless{}), "check_derivatives: state_size() is 0; give at least 1");
}

TEST_CASE("A model of one number is checked like others") {
    struct Decay {
        double slope = 0.5;  // as transition_backward has it
        double x = 0;
        Box observation_space() const { return {.size = 1}; }
        Box action_space() const { return {.size = 1}; }
        Index state_size() const { return 1; }
        void reset(Rng& rng, std::span<float> seen) {
            x = rng.uniform(0.5, 1);
            seen[0] = static_cast<float>(x);
        }
        Outcome step(std::span<const float> action, Rng&, std::span<float> seen) {
            const double reward = x;
            x = 0.5 * x + static_cast<double>(action[0]);
            seen[0] = static_cast<float>(x);
            return {.reward = reward};
        }
        void save(std::span<double> state) const { state[0] = x; }
        double transition(std::span<const double> state, std::span<const double> action, std::span<double> next) const {
            next[0] = 0.5 * state[0] + action[0];
            return state[0];
        }
        void transition_backward(std::span<const double>, std::span<const double>, std::span<const double> d_next,
                                 double d_reward, std::span<double> d_state, std::span<double> d_action) const {
            d_state[0] += slope * d_next[0] + d_reward;
            d_action[0] += d_next[0];
        }
        void observe(std::span<const double> state, std::span<double> seen) const { seen[0] = state[0]; }
        void observe_backward(std::span<const double>, std::span<const double> d_seen,
                              std::span<double> d_state) const {
            d_state[0] += d_seen[0];
        }
    };
    CHECK_NOTHROW(check_derivatives(Decay{}));
    CHECK_THROWS_WITH(check_derivatives(Decay{.slope = 0.25}), ContainsText("adds 0.25 to d_state[0]"));
}
