#include "gradiva/environments/t_maze.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <map>
#include <vector>

#include "catch.hpp"
#include "environments/best_by_search.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Observation = std::vector<float>;

/// A maze whose cue is given, right after its reset.
struct Placed {
    TMaze maze;
    Observation observation = Observation(3);

    Placed(Index length, int cue) : maze({.length = length}) {
        Rng rng(1);
        do {
            maze.reset(rng, observation);
        } while (observation[0] != static_cast<float>(cue));
    }

    Outcome step(int action) {
        Rng rng;
        return maze.step(action, rng, observation);
    }
};

/// The best mean return over both cues within `limit` steps of all policies that choose an action for each
/// observation: 3^4 of them, as there are four observations.
double best_without_memory(Index length, int limit) {
    const std::array<Observation, 4> seen{{{1, 0, 1}, {-1, 0, 1}, {0, 0, 1}, {0, 1, 1}}};
    double best = 0;
    for (int policy = 0; policy < 81; ++policy) {
        std::map<Observation, int> action;
        for (int i = 0, rest = policy; i < 4; ++i, rest /= 3) action[seen[static_cast<std::size_t>(i)]] = rest % 3;
        double total = 0;
        for (const int cue : {1, -1}) {
            Placed placed(length, cue);
            for (int t = 0; t < limit; ++t) {
                const Outcome outcome = placed.step(action.at(placed.observation));
                total += outcome.reward;
                if (outcome.terminated) break;
            }
        }
        best = std::max(best, total / 2);
    }
    return best;
}

/// The same of all policies that remember every observation: all sequences of actions for each cue, since nothing after
/// the cue is random.
double best_with_memory(Index length, int limit) {
    const auto search = [](const auto& self, const Placed& from, int left) -> double {
        if (left == 0) return 0;
        double best = -std::numeric_limits<double>::infinity();
        for (int action = 0; action < 3; ++action) {
            Placed next = from;
            const Outcome outcome = next.step(action);
            best = std::max(best, outcome.reward + (outcome.terminated ? 0 : self(self, next, left - 1)));
        }
        return best;
    };
    return (search(search, Placed(length, 1), limit) + search(search, Placed(length, -1), limit)) / 2;
}

}  // namespace

TEST_CASE("with memory the best return in TMaze is 1, without it is a half, by trying all policies") {
    for (const Index length : {1, 2, 3}) {
        CAPTURE(length);
        const int fastest = static_cast<int>(length) + 1;
        CHECK(best_with_memory(length, fastest) == TMaze::best_return);
        CHECK(best_with_memory(length, fastest - 1) == 0);
        CHECK(best_with_memory(length, 2 * fastest) == TMaze::best_return);
        CHECK(best_without_memory(length, 3 * fastest) == TMaze::best_return_without_memory);
    }
    CHECK(best_without_memory(20, 3 * 21) == TMaze::best_return_without_memory);
}

TEST_CASE("TMaze shows the cue at the first step only, and then the junction only") {
    for (const int cue : {1, -1}) {
        CAPTURE(cue);
        Placed placed(2, cue);
        CHECK(placed.observation == Observation{static_cast<float>(cue), 0, 1});
        const auto stays = [&](int action, const Observation& expected) {
            const Outcome outcome = placed.step(action);
            CHECK(outcome.reward == 0);
            CHECK_FALSE(outcome.terminated);
            CHECK(placed.observation == expected);
        };
        stays(1, {0, 0, 1});  // in the corridor 1 and 2 stay
        stays(2, {0, 0, 1});
        stays(0, {0, 0, 1});
        stays(1, {0, 0, 1});
        stays(2, {0, 0, 1});
        stays(0, {0, 1, 1});
        stays(0, {0, 1, 1});  // at the junction 0 stays
        for (const int action : {1, 2}) {
            Placed last = placed;
            const Outcome outcome = last.step(action);
            CHECK(outcome.terminated);
            CHECK(outcome.reward == ((action == 1) == (cue == 1) ? 1 : 0));
            CHECK(last.observation == Observation{0, 1, 1});
        }
    }
}

TEST_CASE("TMaze starts with both cues equally often") {
    constexpr int resets = 100'000;
    const auto starts = starts_of(TMaze{}, resets);
    REQUIRE(starts.size() == 2);
    for (const auto& [observation, start] : starts) {
        CHECK(std::abs(observation[0]) == 1);
        CHECK(std::abs(start.count - resets / 2.0) < 5 * std::sqrt(resets / 4.0));
    }
}

TEST_CASE("TMaze refuses corridors without a step and actions that it does not have") {
    CHECK_THROWS_WITH(TMaze({.length = 0}), "TMaze: length is 0; give at least 1");
    CHECK_THROWS_AS(TMaze({.length = -3}), Error);
    Placed placed(2, 1);
    CHECK_THROWS_WITH(placed.step(3), "TMaze: action is 3; give 0, 1 or 2");
    CHECK_THROWS_AS(placed.step(-1), Error);
    CHECK(placed.observation == Observation{1, 0, 1});
}

TEST_CASE("TMaze passes check_env") {
    STATIC_REQUIRE(is_env<TMaze>);
    CHECK_NOTHROW(check_env(TimeLimit(TMaze{}, 63)));
    CHECK_NOTHROW(check_env(TMaze({.length = 1})));
    CHECK(TMaze{}.observation_space() == Box{.size = 3, .low = {-1, 0, 0}, .high = {1, 1, 1}});
    CHECK(TMaze{}.action_space() == Discrete{3});
    CHECK(TMaze({.length = 7}).options().length == 7);
}
