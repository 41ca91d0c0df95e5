#include "gradiva/environments/cart_pole.hpp"

#include <array>
#include <cmath>
#include <map>
#include <string>

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/largest.hpp"
#include "reference/read_blocks.hpp"

using namespace gradiva;

namespace {

/// One line of the recording.
struct Row {
    std::array<double, 4> state;
    std::array<double, 4> observation;
    int action;
    double reward;
    bool terminated, truncated;
};

std::map<int, std::vector<Row>> recorded_episodes() {
    const reference::Table table = reference::read_csv(GRADIVA_SOURCE_DIR "/tests/reference/cartpole_gymnasium.csv");
    const auto at = [&](const std::vector<double>& row, const char* name) { return row[table.column(name)]; };
    std::map<int, std::vector<Row>> episodes;
    for (const auto& row : table.rows) {
        episodes[static_cast<int>(at(row, "episode"))].push_back(
            {.state = {at(row, "x"), at(row, "x_dot"), at(row, "theta"), at(row, "theta_dot")},
             .observation = {at(row, "o0"), at(row, "o1"), at(row, "o2"), at(row, "o3")},
             .action = static_cast<int>(at(row, "action")),
             .reward = at(row, "reward"),
             .terminated = at(row, "terminated") != 0,
             .truncated = at(row, "truncated") != 0});
    }
    return episodes;
}

void set_state(CartPole& cart_pole, const std::array<double, 4>& state) {
    cart_pole.x = state[0];
    cart_pole.x_dot = state[1];
    cart_pole.theta = state[2];
    cart_pole.theta_dot = state[3];
}

std::array<double, 4> state_of(const CartPole& c) { return {c.x, c.x_dot, c.theta, c.theta_dot}; }

/// The largest difference from Gymnasium over an episode; from each recorded state, or running free from the first.
double largest_difference(const std::vector<Row>& rows, bool from_each_recorded_state) {
    TimeLimit env(CartPole{}, 500);
    Rng rng;
    std::array<float, 4> observation{};
    env.reset(rng, observation);
    set_state(env.wrapped(), rows.front().state);
    double largest = 0;
    for (std::size_t t = 1; t < rows.size(); ++t) {
        if (from_each_recorded_state) set_state(env.wrapped(), rows[t - 1].state);
        const Outcome outcome = env.step(rows[t].action, rng, observation);
        CHECK(outcome.reward == rows[t].reward);
        CHECK(outcome.terminated == rows[t].terminated);
        CHECK(outcome.truncated == rows[t].truncated);
        const std::array<double, 4> state = state_of(env.wrapped());
        for (std::size_t i = 0; i < 4; ++i) {
            largest = gradiva_test::largest_of(largest, std::abs(state[i] - rows[t].state[i]));
            largest = gradiva_test::largest_of(largest,
                                               std::abs(static_cast<double>(observation[i]) - rows[t].observation[i]));
        }
    }
    return largest;
}

}  // namespace

TEST_CASE("CartPole equals Gymnasium step by step in states, observations, rewards and terminations") {
    const auto episodes = recorded_episodes();
    REQUIRE(episodes.size() == 10);
    for (const auto& entry : episodes) {
        INFO("episode " << entry.first);
        REQUIRE(entry.second.size() > 1);
        CHECK(largest_difference(entry.second, true) < 1e-6);
    }
}

TEST_CASE("CartPole follows the short episodes of Gymnasium without resynchronisation") {
    int short_episodes = 0;
    for (const auto& entry : recorded_episodes()) {
        if (entry.second.size() > 200) continue;
        ++short_episodes;
        INFO("episode " << entry.first);
        CHECK(largest_difference(entry.second, false) < 1e-6);
    }
    CHECK(short_episodes >= 5);
}

TEST_CASE("the recorded episodes of CartPole contain both kinds of ends") {
    int terminated = 0, truncated = 0;
    for (const auto& entry : recorded_episodes()) {
        terminated += entry.second.back().terminated ? 1 : 0;
        truncated += entry.second.back().truncated ? 1 : 0;
    }
    CHECK(terminated >= 1);
    CHECK(truncated >= 1);
}

TEST_CASE("CartPole starts within 0.05 of upright and fills that range") {
    CartPole cart_pole;
    Rng rng(7);
    std::array<float, 4> observation{};
    std::array<double, 4> least{}, most{};
    for (int i = 0; i < 1000; ++i) {
        cart_pole.reset(rng, observation);
        const auto state = state_of(cart_pole);
        for (std::size_t k = 0; k < 4; ++k) {
            CHECK(std::abs(state[k]) <= 0.05);
            CHECK(observation[k] == static_cast<float>(state[k]));
            least[k] = std::min(least[k], state[k]);
            most[k] = std::max(most[k], state[k]);
        }
    }
    for (std::size_t k = 0; k < 4; ++k) {
        CHECK(least[k] < -0.045);
        CHECK(most[k] > 0.045);
    }
}

TEST_CASE("CartPole's initial state depends on the random stream only") {
    CartPole fresh, used;
    set_state(used, {1, 2, 3, 4});
    Rng a(5), b(5), c(6);
    std::array<float, 4> from_fresh{}, from_used{}, other{};
    fresh.reset(a, from_fresh);
    used.reset(b, from_used);
    CHECK(from_fresh == from_used);
    CHECK(state_of(fresh) == state_of(used));
    fresh.reset(c, other);
    CHECK(from_fresh != other);
}

TEST_CASE("CartPole passes check_env") {
    STATIC_REQUIRE(is_env<CartPole>);
    STATIC_REQUIRE(is_env<TimeLimit<CartPole>>);
    CHECK_NOTHROW(check_env(TimeLimit(CartPole{}, 500)));
    CHECK(CartPole{}.observation_space().size == 4);
    CHECK(CartPole{}.action_space().n == 2);
}

TEST_CASE("CartPole is symmetric under reflection of state and push") {
    Rng rng(1);
    int ended_far = 0, ended_low = 0;
    for (int i = 0; i < 200; ++i) {
        CartPole cart{.x = rng.uniform(-2.4, 2.4),
                      .x_dot = rng.uniform(-3, 3),
                      .theta = rng.uniform(-0.1, 0.1),
                      .theta_dot = rng.uniform(-1, 1)};
        CartPole mirrored{.x = -cart.x, .x_dot = -cart.x_dot, .theta = -cart.theta, .theta_dot = -cart.theta_dot};
        std::array<float, 4> seen{}, seen_mirrored{};
        for (bool ended = false; !ended;) {
            const int action = static_cast<int>(rng.below(2));
            const Outcome outcome = cart.step(action, rng, seen), other = mirrored.step(1 - action, rng, seen_mirrored);
            CHECK(other.reward == outcome.reward);
            REQUIRE(other.terminated == outcome.terminated);
            for (std::size_t k = 0; k < 4; ++k) CHECK(seen_mirrored[k] == Catch::Approx(-seen[k]).margin(1e-6));
            ended = outcome.terminated;
        }
        ended_far += std::abs(cart.x) > CartPole::position_limit ? 1 : 0;
        ended_low += std::abs(cart.theta) > CartPole::angle_limit ? 1 : 0;
    }
    CHECK(ended_far > 10);
    CHECK(ended_low > 10);
}

TEST_CASE("CartPole is upright and at rest before it is reset") {
    const CartPole cart_pole;
    for (const double x : {cart_pole.x, cart_pole.x_dot, cart_pole.theta, cart_pole.theta_dot}) CHECK(x == 0);
}
