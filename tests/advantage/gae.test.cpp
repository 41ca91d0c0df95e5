#include "gradiva/advantage/gae.hpp"

#include "catch.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;

static_assert(Advantage<Gae>);

namespace {

/// Three steps with rewards 1, 2, 3 and values 0.5, 1, 1.5, 2.
Rollout<double> three_steps() {
    auto rollout = blank_rollout<double>(1, 3);
    for (Index t = 0; t < 3; ++t) {
        rollout.reward(0, t) = 1 + static_cast<double>(t);
        rollout.value(0, t) = 0.5 + 0.5 * static_cast<double>(t);
        rollout.next_value(0, t) = 1 + 0.5 * static_cast<double>(t);
    }
    rollout.value(0, 3) = 2;
    return rollout;
}

std::vector<double> advantages(const Rollout<double>& rollout) {
    return {rollout.advantage.data(), rollout.advantage.data() + rollout.environments * rollout.horizon};
}

}  // namespace

TEST_CASE("Gae of an unfinished episode equals hand-computed values") {
    auto rollout = three_steps();
    Gae{.gamma = 0.9, .lambda = 0.8}(rollout);
    CHECK(rollout.advantage(0, 2) == Catch::Approx(3.3));                               // 3 + 0.9 * 2 - 1.5
    CHECK(rollout.advantage(0, 1) == Catch::Approx(2.35 + 0.72 * 3.3));                 // 2 + 0.9 * 1.5 - 1
    CHECK(rollout.advantage(0, 0) == Catch::Approx(1.4 + 0.72 * (2.35 + 0.72 * 3.3)));  // 1 + 0.9 * 1 - 0.5
    for (Index t = 0; t < 3; ++t) {
        CHECK(rollout.value_target(0, t) == Catch::Approx(rollout.advantage(0, t) + rollout.value(0, t)));
    }
}

TEST_CASE("Gae does not bootstrap a terminated step and ends the trace there") {
    auto rollout = three_steps();
    end_episode(rollout, 0, 1);
    Gae{.gamma = 0.9, .lambda = 0.8}(rollout);
    CHECK(rollout.advantage(0, 2) == Catch::Approx(3.3));
    CHECK(rollout.advantage(0, 1) == Catch::Approx(1.0));  // 2 - 1
    CHECK(rollout.advantage(0, 0) == Catch::Approx(1.4 + 0.72));
}

TEST_CASE("Gae bootstraps a truncated step with the value of the final observation and ends the trace there") {
    auto rollout = three_steps();
    end_episode(rollout, 0, 1, true);
    rollout.next_value(0, 1) = 4;
    Gae{.gamma = 0.9, .lambda = 0.8}(rollout);
    CHECK(rollout.advantage(0, 1) == Catch::Approx(4.6));  // 2 + 0.9 * 4 - 1
    CHECK(rollout.advantage(0, 0) == Catch::Approx(1.4 + 0.72 * 4.6));
}

TEST_CASE("the advantages of an environment do not depend on the others") {
    auto both = blank_rollout<double>(2, 3);
    const auto alone = three_steps();
    for (Index t = 0; t < 3; ++t) {
        for (Index n = 0; n < 2; ++n) {
            both.reward(n, t) = n == 0 ? alone.reward(0, t) : 100;
            both.value(n, t) = n == 0 ? alone.value(0, t) : -50;
            both.next_value(n, t) = n == 0 ? alone.next_value(0, t) : 70;
        }
    }
    auto expected = alone;
    const Gae gae{.gamma = 0.9, .lambda = 0.8};
    gae(expected);
    gae(both);
    for (Index t = 0; t < 3; ++t) CHECK(both.advantage(0, t) == Catch::Approx(expected.advantage(0, t)));
}

TEST_CASE("with exact values the policy's mean advantage is zero in every state of a small problem") {
    // Two steps, two actions each. Environment 2 a + b plays action a, then b.
    const double first[2] = {0.3, 0.7};                    // pi in the first state
    const double second[2][2] = {{0.6, 0.4}, {0.1, 0.9}};  // pi in the state that action a leads to
    const double reward_first[2] = {1, -2};
    const double reward_second[2][2] = {{3, 0}, {-1, 5}};
    const double gamma = 0.9;
    double value_second[2], value_first = 0;
    for (int a = 0; a < 2; ++a) {
        value_second[a] = second[a][0] * reward_second[a][0] + second[a][1] * reward_second[a][1];
        value_first += first[a] * (reward_first[a] + gamma * value_second[a]);
    }
    auto rollout = blank_rollout<double>(4, 2);
    for (Index n = 0; n < 4; ++n) {
        const Index a = n / 2, b = n % 2;
        rollout.reward(n, 0) = reward_first[a];
        rollout.reward(n, 1) = reward_second[a][b];
        rollout.value(n, 0) = value_first;
        rollout.value(n, 1) = rollout.next_value(n, 0) = value_second[a];
        end_episode(rollout, n, 1);
    }
    for (const double lambda : {0.0, 0.5, 1.0}) {
        Gae{.gamma = gamma, .lambda = lambda}(rollout);
        double mean_first = 0;
        for (Index a = 0; a < 2; ++a) {
            double mean_second = 0;
            for (Index b = 0; b < 2; ++b) {
                mean_second += second[a][b] * rollout.advantage(2 * a + b, 1);
                mean_first += first[a] * second[a][b] * rollout.advantage(2 * a + b, 0);
            }
            CHECK(std::abs(mean_second) < 1e-12);
        }
        CHECK(std::abs(mean_first) < 1e-12);
    }
    CHECK(std::abs(advantages(rollout).front()) > 0.1);
}

TEST_CASE("Gae refuses options out of range and a missing critic by name") {
    CHECK_NOTHROW(Gae{}.check(true));
    CHECK_NOTHROW((Gae{.gamma = 0, .lambda = 1}.check(true)));
    CHECK_THROWS_WITH(Gae{.gamma = 1.5}.check(true), "Gae: gamma is 1.5; give a number from 0 to 1");
    CHECK_THROWS_WITH(Gae{.lambda = -0.1}.check(true), "Gae: lambda is -0.1; give a number from 0 to 1");
    CHECK_THROWS_AS(Gae{.gamma = std::numeric_limits<double>::quiet_NaN()}.check(true), Error);
    CHECK_THROWS_WITH(Gae{}.check(false), "Gae: there is no critic; give the trainer one, or use RewardToGo");
}
