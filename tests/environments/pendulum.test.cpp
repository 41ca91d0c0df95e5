#include "gradiva/environments/pendulum.hpp"

#include <array>
#include <limits>
#include <map>
#include <numbers>
#include <string>

#include "catch.hpp"
#include "gradiva/env/check_derivatives.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/largest.hpp"
#include "reference/read_blocks.hpp"

using namespace gradiva;

namespace {

/// One line of the recording.
struct Row {
    double theta, theta_dot, reward;
    float action;
    bool terminated, truncated;
    std::array<double, 3> observation;
};

std::map<int, std::vector<Row>> recorded_episodes() {
    const reference::Table table = reference::read_csv(GRADIVA_SOURCE_DIR "/tests/reference/pendulum_gymnasium.csv");
    const auto at = [&](const std::vector<double>& row, const char* name) { return row[table.column(name)]; };
    std::map<int, std::vector<Row>> episodes;
    for (const auto& row : table.rows) {
        episodes[static_cast<int>(at(row, "episode"))].push_back(
            {.theta = at(row, "theta"),
             .theta_dot = at(row, "theta_dot"),
             .reward = at(row, "reward"),
             .action = static_cast<float>(at(row, "action")),
             .terminated = at(row, "terminated") != 0,
             .truncated = at(row, "truncated") != 0,
             .observation = {at(row, "o0"), at(row, "o1"), at(row, "o2")}});
    }
    return episodes;
}

/// What one step writes to the next state, given derivatives of 1 by the angle, the speed and the reward together.
std::array<double, 3> derivatives(double theta, double theta_dot, double torque) {
    const std::array state{theta, theta_dot}, ones{1.0, 1.0};
    const std::array action{torque};
    std::array<double, 2> d_state{};
    std::array<double, 1> d_action{};
    Pendulum{}.transition_backward(state, action, ones, 1, d_state, d_action);
    return {d_state[0], d_state[1], d_action[0]};
}

}  // namespace

TEST_CASE("Pendulum equals Gymnasium step by step in states, observations, rewards and ends") {
    const auto episodes = recorded_episodes();
    REQUIRE(episodes.size() == 10);
    for (const auto& entry : episodes) {
        const auto& rows = entry.second;
        INFO("episode " << entry.first);
        REQUIRE(rows.size() == 201);
        TimeLimit env(Pendulum{}, 200);
        Rng rng;
        std::array<float, 3> observation{};
        env.reset(rng, observation);
        double largest = 0;
        for (std::size_t t = 1; t < rows.size(); ++t) {
            env.wrapped().theta = rows[t - 1].theta;
            env.wrapped().theta_dot = rows[t - 1].theta_dot;
            const std::array action{rows[t].action};
            const Outcome outcome = env.step(action, rng, observation);
            CHECK(outcome.terminated == rows[t].terminated);
            CHECK(outcome.truncated == rows[t].truncated);
            largest = gradiva_test::largest_of(largest, std::abs(outcome.reward - rows[t].reward),
                                               std::abs(env.wrapped().theta - rows[t].theta),
                                               std::abs(env.wrapped().theta_dot - rows[t].theta_dot));
            for (std::size_t i = 0; i < 3; ++i) {
                largest = gradiva_test::largest_of(
                    largest, std::abs(static_cast<double>(observation[i]) - rows[t].observation[i]));
            }
        }
        CHECK(largest < 1e-5);
    }
}

TEST_CASE("Pendulum passes check_env and check_derivatives") {
    STATIC_REQUIRE(is_env<Pendulum>);
    STATIC_REQUIRE(is_differentiable_env<Pendulum>);
    CHECK_NOTHROW(check_env(TimeLimit(Pendulum{}, 200)));
    CHECK_NOTHROW(check_derivatives(Pendulum{}, {.steps = 500, .episode = 50}));
    CHECK(Pendulum{}.observation_space().size == 3);
    CHECK(Pendulum{}.action_space().high_of(0) == 2);
}

TEST_CASE("Pendulum steps from a state that was assigned, whatever it observed before") {
    Pendulum used, fresh;
    Rng rng(4);
    std::array<float, 3> observation{}, expected{};
    const std::array<float, 1> action{1.5F};
    used.reset(rng, observation);
    for (const double theta : {2.0, 0.0, -2.0}) {
        used.theta = fresh.theta = theta;
        used.theta_dot = fresh.theta_dot = 0.5;
        CHECK(used.step(action, rng, observation).reward == fresh.step(action, rng, expected).reward);
        CHECK(used.theta == fresh.theta);
        CHECK(observation == expected);
        fresh = Pendulum{};
    }
}

TEST_CASE("Pendulum starts at any angle, with a speed of at most 1") {
    Pendulum pendulum;
    Rng rng(3);
    std::array<float, 3> observation{};
    double angles = 0, speeds = 0, least = 0, most = 0;
    for (int i = 0; i < 1000; ++i) {
        pendulum.reset(rng, observation);
        least = std::min(least, pendulum.theta);
        most = std::max(most, pendulum.theta);
        angles = std::max(angles, std::abs(pendulum.theta));
        speeds = std::max(speeds, std::abs(pendulum.theta_dot));
        CHECK(observation[0] == static_cast<float>(std::cos(pendulum.theta)));
        CHECK(observation[1] == static_cast<float>(std::sin(pendulum.theta)));
        CHECK(observation[2] == static_cast<float>(pendulum.theta_dot));
    }
    CHECK(angles <= std::numbers::pi);
    CHECK(least < -3);
    CHECK(most > 3);
    CHECK(speeds <= 1);
    CHECK(speeds > 0.95);
}

TEST_CASE("Pendulum has derivative 0 through a torque or a speed that is clamped") {
    CHECK(derivatives(0.3, 1, 1.5)[2] != 0);
    CHECK(derivatives(0.3, 1, 2.5)[2] == 0);
    CHECK(derivatives(0.3, 1, -2.5)[2] == 0);
    const auto held = derivatives(1.5, 7.9, 1.5);  // the speed would be 8.9
    CHECK(held[2] == Catch::Approx(-0.003));       // of the reward alone
    CHECK(held[1] == Catch::Approx(-0.2 * 7.9));
    CHECK(held[0] == Catch::Approx(1 - 2 * 1.5));
}

TEST_CASE("Pendulum passes a torque of NaN on to its state") {
    Pendulum pendulum;
    Rng rng;
    std::array<float, 3> observation{};
    pendulum.reset(rng, observation);
    const std::array action{std::numeric_limits<float>::quiet_NaN()};
    CHECK(std::isnan(pendulum.step(action, rng, observation).reward));
    CHECK(std::isnan(observation[2]));
}

TEST_CASE("Pendulum is symmetric under reflection of state and torque, and under whole turns") {
    Rng rng(1);
    for (int i = 0; i < 200; ++i) {
        const double theta = rng.uniform(-3.1, 3.1), speed = rng.uniform(-8, 8);
        const auto torque = static_cast<float>(rng.uniform(-3, 3));  // beyond the bounds too
        const double turns = 2 * std::numbers::pi * static_cast<double>(i % 7 - 3);
        Pendulum pendulum{.theta = theta, .theta_dot = speed}, mirrored{.theta = -theta, .theta_dot = -speed},
            turned{.theta = theta + turns, .theta_dot = speed};
        std::array<float, 3> seen{}, seen_mirrored{}, seen_turned{};
        const std::array<float, 1> action{torque}, opposite{-torque};
        for (int step = 0; step < 3; ++step) {
            CAPTURE(theta, speed, torque, turns, step);
            const double reward = pendulum.step(action, rng, seen).reward;
            CHECK(mirrored.step(opposite, rng, seen_mirrored).reward == Catch::Approx(reward).margin(1e-9));
            CHECK(turned.step(action, rng, seen_turned).reward == Catch::Approx(reward).margin(1e-9));
            CHECK(mirrored.theta == Catch::Approx(-pendulum.theta).margin(1e-9));
            CHECK(mirrored.theta_dot == Catch::Approx(-pendulum.theta_dot).margin(1e-9));
            CHECK(turned.theta == Catch::Approx(pendulum.theta + turns).margin(1e-9));
            CHECK(turned.theta_dot == Catch::Approx(pendulum.theta_dot).margin(1e-9));
            for (std::size_t k = 0; k < 3; ++k) {
                CHECK(seen_mirrored[k] == Catch::Approx(k == 0 ? seen[k] : -seen[k]).margin(1e-6));
                CHECK(seen_turned[k] == Catch::Approx(seen[k]).margin(1e-6));
            }
        }
    }
}

TEST_CASE("Pendulum is upright and at rest before it is reset, and its model state has size 2") {
    const Pendulum pendulum;
    CHECK(pendulum.theta == 0);
    CHECK(pendulum.theta_dot == 0);
    CHECK(pendulum.observed_theta == 0);
    CHECK(pendulum.observed_sine == 0);
    CHECK(pendulum.state_size() == 2);
}
