#include "gradiva/environments/acrobot.hpp"

#include <array>
#include <map>
#include <numbers>

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/largest.hpp"
#include "reference/read_blocks.hpp"

using namespace gradiva;

namespace {

using AcrobotState = std::array<double, 4>;

/// One line of the recording.
struct Row {
    AcrobotState state;
    std::array<double, 6> observation;
    int action;
    double reward;
    bool terminated, truncated;
};

std::map<int, std::vector<Row>> recorded_episodes() {
    const reference::Table table = reference::read_csv(GRADIVA_SOURCE_DIR "/tests/reference/acrobot_gymnasium.csv");
    const auto at = [&](const std::vector<double>& row, const char* name) { return row[table.column(name)]; };
    std::map<int, std::vector<Row>> episodes;
    for (const auto& row : table.rows) {
        episodes[static_cast<int>(at(row, "episode"))].push_back(
            {.state = {at(row, "theta1"), at(row, "theta2"), at(row, "theta1_dot"), at(row, "theta2_dot")},
             .observation = {at(row, "o0"), at(row, "o1"), at(row, "o2"), at(row, "o3"), at(row, "o4"), at(row, "o5")},
             .action = static_cast<int>(at(row, "action")),
             .reward = at(row, "reward"),
             .terminated = at(row, "terminated") != 0,
             .truncated = at(row, "truncated") != 0});
    }
    return episodes;
}

void set_state(Acrobot& acrobot, const AcrobotState& state) {
    acrobot.theta1 = state[0];
    acrobot.theta2 = state[1];
    acrobot.theta1_dot = state[2];
    acrobot.theta2_dot = state[3];
}

AcrobotState state_of(const Acrobot& a) { return {a.theta1, a.theta2, a.theta1_dot, a.theta2_dot}; }

/// Kinetic and potential energy. The centre of mass of the lower link moves with the elbow and about it.
double energy(const Acrobot& a) {
    constexpr double l = Acrobot::length, c = Acrobot::centre;
    const double spin = a.theta1_dot + a.theta2_dot;
    const double square_of_speed2 = l * l * a.theta1_dot * a.theta1_dot + c * c * spin * spin +
                                    2 * l * c * a.theta1_dot * spin * std::cos(a.theta2);
    const double translation = Acrobot::mass * (c * c * a.theta1_dot * a.theta1_dot + square_of_speed2) / 2;
    const double rotation = Acrobot::inertia * (a.theta1_dot * a.theta1_dot + spin * spin) / 2;
    const double height = -c * std::cos(a.theta1) - l * std::cos(a.theta1) - c * std::cos(a.theta1 + a.theta2);
    return translation + rotation + Acrobot::mass * Acrobot::gravity * height;
}

}  // namespace

TEST_CASE("Acrobot equals Gymnasium step by step in states, observations, rewards and terminations") {
    const auto episodes = recorded_episodes();
    REQUIRE(episodes.size() == 10);
    for (const auto& entry : episodes) {
        const auto& rows = entry.second;
        INFO("episode " << entry.first);
        REQUIRE(rows.size() > 1);
        TimeLimit env(Acrobot{}, 500);
        Rng rng;
        std::array<float, 6> observation{};
        env.reset(rng, observation);
        double largest = 0;
        for (std::size_t t = 1; t < rows.size(); ++t) {
            set_state(env.wrapped(), rows[t - 1].state);
            const Outcome outcome = env.step(rows[t].action, rng, observation);
            CHECK(outcome.reward == rows[t].reward);
            CHECK(outcome.terminated == rows[t].terminated);
            CHECK(outcome.truncated == rows[t].truncated);
            const AcrobotState state = state_of(env.wrapped());
            for (std::size_t i = 0; i < 4; ++i) {
                largest = gradiva_test::largest_of(largest, std::abs(state[i] - rows[t].state[i]));
            }
            for (std::size_t i = 0; i < 6; ++i) {
                largest = gradiva_test::largest_of(
                    largest, std::abs(static_cast<double>(observation[i]) - rows[t].observation[i]));
            }
        }
        CHECK(largest < 1e-5);
    }
}

TEST_CASE(
    "the recorded episodes of Acrobot contain both kinds of ends, both directions of each link and all speed limits") {
    int terminated = 0, truncated = 0;
    std::array<int, 4> turns{}, top_speeds{};
    for (const auto& entry : recorded_episodes()) {
        const auto& rows = entry.second;
        terminated += rows.back().terminated ? 1 : 0;
        truncated += rows.back().truncated ? 1 : 0;
        for (std::size_t t = 1; t < rows.size(); ++t) {
            for (std::size_t link = 0; link < 2; ++link) {
                const double change = rows[t].state[link] - rows[t - 1].state[link];
                const double speed = rows[t].state[2 + link];
                const double most = link == 0 ? Acrobot::most_speed1 : Acrobot::most_speed2;
                // Against the motion: the angle was taken to the other end of its range.
                if (std::abs(change) > 4 && change * speed < 0) ++turns[2 * link + (change > 0 ? 1 : 0)];
                if (std::abs(std::abs(speed) - most) < 1e-12) ++top_speeds[2 * link + (speed > 0 ? 1 : 0)];
            }
        }
    }
    CHECK(terminated >= 3);
    CHECK(truncated >= 2);
    for (std::size_t i = 0; i < 4; ++i) {
        INFO("link " << i / 2 + 1 << ", side " << i % 2);
        CHECK(turns[i] >= 1);
        CHECK(top_speeds[i] >= 1);
    }
}

TEST_CASE("Acrobot without torque conserves energy up to the integration error") {
    Acrobot acrobot;
    set_state(acrobot, {0.5, -0.7, 0.3, 0.2});
    const double before = energy(acrobot);
    Rng rng;
    std::array<float, 6> observation{};
    for (int i = 0; i < 20; ++i) acrobot.step(1, rng, observation);
    CHECK(std::abs(acrobot.theta1 - 0.5) > 0.01);
    CHECK(energy(acrobot) == Catch::Approx(before).margin(0.02));
}

TEST_CASE("Acrobot is symmetric under reflection of state and torque") {
    Acrobot acrobot, mirrored;
    set_state(acrobot, {0.5, -0.7, 0.3, 0.2});
    set_state(mirrored, {-0.5, 0.7, -0.3, -0.2});
    Rng rng;
    std::array<float, 6> observation{};
    for (int i = 0; i < 10; ++i) {
        acrobot.step(2, rng, observation);
        mirrored.step(0, rng, observation);
        for (std::size_t k = 0; k < 4; ++k) {
            CHECK(state_of(acrobot)[k] == Catch::Approx(-state_of(mirrored)[k]).margin(1e-12));
        }
    }
}

TEST_CASE("Acrobot terminates, with a reward of 0, when its tip is more than a link's length above the pivot") {
    Rng rng;
    std::array<float, 6> observation{};
    const auto step_from = [&](double theta1, double theta2) {
        Acrobot acrobot;
        set_state(acrobot, {theta1, theta2, 0, 0});
        const Outcome outcome = acrobot.step(1, rng, observation);
        const double height = -std::cos(acrobot.theta1) - std::cos(acrobot.theta1 + acrobot.theta2);
        CHECK(outcome.terminated == (height > 1));
        CHECK(outcome.reward == (height > 1 ? 0 : -1));
        CHECK_FALSE(outcome.truncated);
        return outcome.terminated;
    };
    CHECK(step_from(std::numbers::pi, 0));                   // both upright
    CHECK_FALSE(step_from(std::numbers::pi, 3.1));           // folded, the tip at the pivot
    CHECK_FALSE(step_from(0, std::numbers::pi));             // folded, hanging
    CHECK_FALSE(step_from(std::numbers::pi / 2, 0));         // level with the pivot
    CHECK(step_from(2 * std::numbers::pi / 3 + 0.3, 0.1));   // 1.5 lengths above
    CHECK_FALSE(step_from(2 * std::numbers::pi / 3, -0.3));  // below the line after one step
}

TEST_CASE("Acrobot starts within 0.1 of hanging at rest and fills that range") {
    Acrobot acrobot;
    Rng rng(1);
    std::array<float, 6> observation{};
    AcrobotState least{}, most{};
    for (int i = 0; i < 1000; ++i) {
        acrobot.reset(rng, observation);
        const AcrobotState state = state_of(acrobot);
        for (std::size_t k = 0; k < 4; ++k) {
            CHECK(std::abs(state[k]) <= 0.1);
            least[k] = std::min(least[k], state[k]);
            most[k] = std::max(most[k], state[k]);
        }
        CHECK(observation[0] == static_cast<float>(std::cos(acrobot.theta1)));
        CHECK(observation[1] == static_cast<float>(std::sin(acrobot.theta1)));
        CHECK(observation[2] == static_cast<float>(std::cos(acrobot.theta2)));
        CHECK(observation[3] == static_cast<float>(std::sin(acrobot.theta2)));
        CHECK(observation[4] == static_cast<float>(acrobot.theta1_dot));
        CHECK(observation[5] == static_cast<float>(acrobot.theta2_dot));
    }
    for (std::size_t k = 0; k < 4; ++k) {
        CHECK(least[k] < -0.095);
        CHECK(most[k] > 0.095);
    }
}

TEST_CASE("Acrobot passes check_env") {
    STATIC_REQUIRE(is_env<Acrobot>);
    CHECK_NOTHROW(check_env(TimeLimit(Acrobot{}, 500)));
    const Box space = Acrobot{}.observation_space();
    CHECK(space.size == 6);
    const std::array<double, 6> high{1, 1, 1, 1, 4 * std::numbers::pi, 9 * std::numbers::pi};
    for (std::size_t i = 0; i < 6; ++i) {
        CHECK(space.high_of(static_cast<Index>(i)) == static_cast<float>(high[i]));
        CHECK(space.low_of(static_cast<Index>(i)) == -static_cast<float>(high[i]));
    }
    CHECK(Acrobot{}.action_space().n == 3);
}

TEST_CASE("Acrobot hangs at rest before it is reset") {
    const Acrobot acrobot;
    for (const double x : {acrobot.theta1, acrobot.theta2, acrobot.theta1_dot, acrobot.theta2_dot}) CHECK(x == 0);
}
