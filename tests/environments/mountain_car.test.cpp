#include "gradiva/environments/mountain_car.hpp"

#include <array>
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
    return gradiva_test::recorded_car_episodes("mountain_car_gymnasium.csv");
}

/// The largest difference from Gymnasium over an episode; from each recorded state, or running free from the first.
double largest_difference(const std::vector<Row>& rows, bool from_each_recorded_state) {
    TimeLimit env(MountainCar{}, 200);
    MountainCar& car = env.wrapped();
    Rng rng;
    std::array<float, 2> observation{};
    env.reset(rng, observation);
    double largest = 0;
    for (std::size_t t = 1; t < rows.size(); ++t) {
        if (t == 1 || from_each_recorded_state) {
            car.position = rows[t - 1].position;
            car.velocity = rows[t - 1].velocity;
        }
        const Outcome outcome = env.step(static_cast<int>(rows[t].action), rng, observation);
        CHECK(outcome.reward == rows[t].reward);
        CHECK(outcome.terminated == rows[t].terminated);
        CHECK(outcome.truncated == rows[t].truncated);
        largest = gradiva_test::largest_of(largest, std::abs(car.position - rows[t].position),
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

Step step_from(double position, double velocity, int action) {
    MountainCar car{.position = position, .velocity = velocity};
    Rng rng;
    std::array<float, 2> observation{};
    const Outcome outcome = car.step(action, rng, observation);
    return {.position = car.position, .velocity = car.velocity, .outcome = outcome};
}

}  // namespace

TEST_CASE("MountainCar equals Gymnasium step by step in states, observations, rewards and terminations") {
    const auto episodes = recorded_episodes();
    REQUIRE(episodes.size() == 10);
    for (const auto& entry : episodes) {
        INFO("episode " << entry.first);
        REQUIRE(entry.second.size() > 1);
        CHECK(largest_difference(entry.second, true) < 1e-5);
    }
}

TEST_CASE("MountainCar follows whole episodes of Gymnasium without resynchronisation") {
    for (const auto& entry : recorded_episodes()) {
        INFO("episode " << entry.first);
        CHECK(largest_difference(entry.second, false) < 1e-5);
    }
}

TEST_CASE("the recorded episodes of MountainCar contain both kinds of ends, both walls and both speed limits") {
    int terminated = 0, truncated = 0, at_left = 0, at_right = 0, leftward = 0, rightward = 0;
    for (const auto& entry : recorded_episodes()) {
        const auto& rows = entry.second;
        terminated += rows.back().terminated ? 1 : 0;
        truncated += rows.back().truncated ? 1 : 0;
        for (std::size_t t = 1; t < rows.size(); ++t) {
            at_left += rows[t].position == -1.2 ? 1 : 0;
            at_right += rows[t].position == 0.6 ? 1 : 0;
            leftward += rows[t].velocity == -0.07 ? 1 : 0;
            rightward += rows[t].velocity == 0.07 ? 1 : 0;
        }
    }
    CHECK(terminated >= 3);
    CHECK(truncated >= 3);
    CHECK(at_left >= 1);
    CHECK(at_right >= 1);
    CHECK(leftward >= 1);
    CHECK(rightward >= 1);
}

TEST_CASE("MountainCar terminates at 0.5 with a velocity of at least 0, with a reward of -1 per step") {
    CHECK(step_from(0.49, 0.03, 2).outcome.terminated);
    const Step just_there = step_from(0.5 - 0.07, 1, 2);  // at the highest speed
    CHECK(just_there.position == 0.5);
    CHECK(just_there.outcome.terminated);
    CHECK_FALSE(step_from(0.45, 0.03, 2).outcome.terminated);
    const Step back = step_from(0.58, -0.03, 2);
    CHECK(back.position > 0.5);
    CHECK_FALSE(back.outcome.terminated);
    CHECK(step_from(0.49, 0.03, 2).outcome.reward == -1);
    CHECK(step_from(0.0, 0.03, 0).outcome.reward == -1);
}

TEST_CASE("MountainCar's velocity becomes 0 at the left wall and not at the right one") {
    const Step left = step_from(-1.19, -0.05, 0);
    CHECK(left.position == -1.2);
    CHECK(left.velocity == 0);
    const Step right = step_from(0.59, 0.05, 2);
    CHECK(right.position == 0.6);
    CHECK(right.velocity > 0.04);
}

TEST_CASE("MountainCar starts at rest between -0.6 and -0.4 and fills that range") {
    MountainCar car;
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

TEST_CASE("MountainCar passes check_env") {
    STATIC_REQUIRE(is_env<MountainCar>);
    CHECK_NOTHROW(check_env(TimeLimit(MountainCar{}, 200)));
    const Box space = MountainCar{}.observation_space();
    CHECK(space.size == 2);
    CHECK(space.low_of(0) == -1.2F);
    CHECK(space.high_of(0) == 0.6F);
    CHECK(space.low_of(1) == -0.07F);
    CHECK(space.high_of(1) == 0.07F);
    CHECK(MountainCar{}.action_space().n == 3);
}

TEST_CASE("MountainCar is at rest at 0 before it is reset") {
    CHECK(MountainCar{}.position == 0);
    CHECK(MountainCar{}.velocity == 0);
}
