#include "gradiva/environments/mountain_car_continuous.hpp"

#include <array>
#include <limits>
#include <map>

#include "catch.hpp"
#include "environments/recorded_car.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;

namespace {

using Row = gradiva_test::CarRow;

std::map<int, std::vector<Row>> recorded_episodes() {
    return gradiva_test::recorded_car_episodes("mountain_car_continuous_gymnasium.csv");
}

/// The largest difference from Gymnasium over an episode; from each recorded state, or running free from the first.
double largest_difference(const std::vector<Row>& rows, bool from_each_recorded_state) {
    TimeLimit env(MountainCarContinuous{}, 999);
    MountainCarContinuous& car = env.wrapped();
    Rng rng;
    std::array<float, 2> observation{};
    env.reset(rng, observation);
    double largest = 0;
    for (std::size_t t = 1; t < rows.size(); ++t) {
        if (t == 1 || from_each_recorded_state) {
            car.position = rows[t - 1].position;
            car.velocity = rows[t - 1].velocity;
        }
        const std::array action{static_cast<float>(rows[t].action)};
        const Outcome outcome = env.step(action, rng, observation);
        CHECK(outcome.terminated == rows[t].terminated);
        CHECK(outcome.truncated == rows[t].truncated);
        largest = gradiva_test::largest_of(largest, std::abs(outcome.reward - rows[t].reward),
                                           std::abs(car.position - rows[t].position),
                                           std::abs(car.velocity - rows[t].velocity),
                                           std::abs(static_cast<double>(observation[0]) - rows[t].observation[0]),
                                           std::abs(static_cast<double>(observation[1]) - rows[t].observation[1]));
    }
    return largest;
}

struct Step {
    double position, velocity;
    Outcome outcome;
};

Step step_from(double position, double velocity, float force) {
    MountainCarContinuous car{.position = position, .velocity = velocity};
    Rng rng;
    std::array<float, 2> observation{};
    const std::array action{force};
    const Outcome outcome = car.step(action, rng, observation);
    return {.position = car.position, .velocity = car.velocity, .outcome = outcome};
}

}  // namespace

TEST_CASE("MountainCarContinuous equals Gymnasium step by step in states, observations, rewards and terminations") {
    const auto episodes = recorded_episodes();
    REQUIRE(episodes.size() == 10);
    for (const auto& entry : episodes) {
        INFO("episode " << entry.first);
        REQUIRE(entry.second.size() > 1);
        CHECK(largest_difference(entry.second, true) < 1e-5);
    }
}

TEST_CASE("MountainCarContinuous follows whole episodes of Gymnasium without resynchronisation") {
    for (const auto& entry : recorded_episodes()) {
        INFO("episode " << entry.first);
        CHECK(largest_difference(entry.second, false) < 1e-5);
    }
}

TEST_CASE(
    "the recorded episodes of MountainCarContinuous contain both kinds of ends, walls and speed limits, and clipping") {
    int terminated = 0, truncated = 0, at_left = 0, at_right = 0, leftward = 0, rightward = 0, clipped = 0;
    for (const auto& entry : recorded_episodes()) {
        const auto& rows = entry.second;
        terminated += rows.back().terminated ? 1 : 0;
        truncated += rows.back().truncated ? 1 : 0;
        for (std::size_t t = 1; t < rows.size(); ++t) {
            at_left += static_cast<float>(rows[t].position) == -1.2F ? 1 : 0;
            at_right += static_cast<float>(rows[t].position) == 0.6F ? 1 : 0;
            leftward += static_cast<float>(rows[t].velocity) == -0.07F ? 1 : 0;
            rightward += static_cast<float>(rows[t].velocity) == 0.07F ? 1 : 0;
            clipped += std::abs(rows[t].action) > 1 ? 1 : 0;
        }
    }
    CHECK(terminated >= 3);
    CHECK(truncated >= 2);
    CHECK(at_left >= 1);
    CHECK(at_right >= 1);
    CHECK(leftward >= 1);
    CHECK(rightward >= 1);
    CHECK(clipped > 20);
}

TEST_CASE("MountainCarContinuous terminates at 0.45 with a velocity of at least 0, with a reward of 100") {
    const Step there = step_from(0.44, 0.03, 0);
    CHECK(there.outcome.terminated);
    CHECK(there.outcome.reward == 100);
    const Step just_there = step_from(0.45 - 0.07, 1, 0);  // at the highest speed
    CHECK(just_there.position == 0.45);
    CHECK(just_there.outcome.terminated);
    const Step before = step_from(0.4, 0.03, 0);
    CHECK_FALSE(before.outcome.terminated);
    CHECK(before.outcome.reward == 0);
    const Step back = step_from(0.58, -0.03, 0);
    CHECK(back.position > 0.45);
    CHECK_FALSE(back.outcome.terminated);
    CHECK(back.outcome.reward == 0);
}

TEST_CASE("MountainCarContinuous clamps the force for the motion, and not in the reward") {
    for (const float sign : {1.0F, -1.0F}) {
        const Step most = step_from(-0.5, 0, sign);
        const Step beyond = step_from(-0.5, 0, 3 * sign);
        CHECK(beyond.velocity == most.velocity);
        CHECK(beyond.position == most.position);
        CHECK(most.outcome.reward == Catch::Approx(-0.1));
        CHECK(beyond.outcome.reward == Catch::Approx(-0.9));
    }
    CHECK(step_from(0.44, 0.03, 2).outcome.reward == Catch::Approx(100 - 0.4));
}

TEST_CASE("MountainCarContinuous passes a force of NaN on to its state") {
    const Step step = step_from(-0.5, 0, std::numeric_limits<float>::quiet_NaN());
    CHECK(std::isnan(step.outcome.reward));
    CHECK(std::isnan(step.position));
    CHECK(std::isnan(step.velocity));
}

TEST_CASE("MountainCarContinuous starts at rest between -0.6 and -0.4 and fills that range") {
    MountainCarContinuous car;
    Rng rng(1);
    std::array<float, 2> observation{};
    double least = 1, most = -1;
    for (int i = 0; i < 1000; ++i) {
        car.velocity = 1;
        car.reset(rng, observation);
        CHECK(car.velocity == 0);
        CHECK(observation[0] == static_cast<float>(car.position));
        CHECK(observation[1] == 0);
        least = std::min(least, car.position);
        most = std::max(most, car.position);
    }
    CHECK(least >= -0.6);
    CHECK(least < -0.595);
    CHECK(most <= -0.4);
    CHECK(most > -0.405);
}

TEST_CASE("MountainCarContinuous passes check_env") {
    STATIC_REQUIRE(is_env<MountainCarContinuous>);
    CHECK_NOTHROW(check_env(TimeLimit(MountainCarContinuous{}, 999)));
    const Box observations = MountainCarContinuous{}.observation_space();
    CHECK(observations.size == 2);
    CHECK(observations.low_of(0) == -1.2F);
    CHECK(observations.high_of(0) == 0.6F);
    CHECK(observations.low_of(1) == -0.07F);
    CHECK(observations.high_of(1) == 0.07F);
    const Box actions = MountainCarContinuous{}.action_space();
    CHECK(actions.size == 1);
    CHECK(actions.low_of(0) == -1);
    CHECK(actions.high_of(0) == 1);
}

TEST_CASE("MountainCarContinuous is at rest at 0 before it is reset") {
    CHECK(MountainCarContinuous{}.position == 0);
    CHECK(MountainCarContinuous{}.velocity == 0);
}
