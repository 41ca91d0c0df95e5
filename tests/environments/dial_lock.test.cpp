#include "gradiva/environments/dial_lock.hpp"

#include <cmath>

#include "catch.hpp"
#include "environments/best_by_search.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/masked_mirror.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Positions = std::vector<int>;

/// Every combination of legal positions.
std::vector<Positions> legal_actions(const DialLock& lock, const std::vector<float>& observation) {
    const std::vector<int> legal = mask_of(lock, observation.size() / 2);
    std::vector<Positions> actions{{}};
    std::size_t first = 0;
    for (const Index n : lock.action_space().n) {
        std::vector<Positions> longer;
        for (const Positions& action : actions) {
            for (int position = 0; position < n; ++position) {
                if (legal[first + static_cast<std::size_t>(position)] == 0) continue;
                longer.push_back(action);
                longer.back().push_back(position);
            }
        }
        actions = std::move(longer);
        first += static_cast<std::size_t>(n);
    }
    return actions;
}

Outcome turn(DialLock& lock, const Positions& action, std::vector<float>& observation) {
    Rng rng;
    return lock.step(action, rng, observation);
}

/// Where each dial stands, and where it opens, as one-hot observations of these sizes.
std::pair<Positions, Positions> read(const std::vector<float>& observation, const std::vector<Index>& sizes) {
    std::pair<Positions, Positions> lock;
    std::size_t first = 0;
    for (Positions* positions : {&lock.first, &lock.second}) {
        for (const Index n : sizes) {
            positions->push_back(-1);
            for (int i = 0; i < n; ++i) {
                if (observation[first + static_cast<std::size_t>(i)] == 1) positions->back() = i;
            }
            first += static_cast<std::size_t>(n);
        }
    }
    return lock;
}

/// A lock with dials of 3, 2 and 4 positions that stand at `at` and open at `combination`.
struct Placed {
    DialLock lock;
    std::vector<float> observation = std::vector<float>(18);
    Placed(const Positions& at, const Positions& combination) {
        Rng rng(1);
        do {
            lock.reset(rng, observation);
        } while (read(observation, {3, 2, 4}) != std::pair(at, combination));
    }
};

}  // namespace

TEST_CASE("the best return of DialLock equals that of a search over all legal actions") {
    for (const std::vector<Index>& sizes :
         {std::vector<Index>{3, 2, 4}, std::vector<Index>{2}, std::vector<Index>{6}, std::vector<Index>{5, 3}}) {
        CAPTURE(sizes);
        const DialLock lock(sizes);
        BestBySearch<DialLock, decltype(&legal_actions), decltype(&turn)> best(legal_actions, turn);
        const auto starts = starts_of(lock, 10'000);
        Index pairs = 1;
        for (const Index n : sizes) pairs *= n;
        REQUIRE(static_cast<Index>(starts.size()) == pairs * (pairs - 1));
        double total = 0;
        for (const auto& [observation, start] : starts) total += best(start.env, observation, 6);
        CHECK(total / static_cast<double>(starts.size()) == Catch::Approx(lock.best_return()).epsilon(1e-12));
    }
}

TEST_CASE("DialLock starts with each pair of positions that differ equally often") {
    constexpr int resets = 100'000;
    const auto starts = starts_of(DialLock{}, resets);
    REQUIRE(starts.size() == 24 * 23);
    const double expected = resets / (24.0 * 23.0);
    for (const auto& [observation, start] : starts) {
        const auto lock = read(observation, {3, 2, 4});
        CHECK(lock.first != lock.second);
        CHECK(std::abs(start.count - expected) < 5 * std::sqrt(expected));
    }
}

TEST_CASE("DialLock's reward is a cost for each wrong dial, and 1 for opening") {
    Placed placed({0, 0, 0}, {2, 0, 1});
    const Outcome one = turn(placed.lock, {1, 1, 0}, placed.observation);
    CHECK(one.reward == Catch::Approx(-0.3));
    CHECK_FALSE(one.terminated);
    CHECK(read(placed.observation, {3, 2, 4}) == std::pair(Positions{1, 1, 0}, Positions{2, 0, 1}));
    CHECK(turn(placed.lock, {2, 1, 1}, placed.observation).reward == Catch::Approx(-0.1));
    const Outcome last = turn(placed.lock, {2, 0, 1}, placed.observation);
    CHECK(last.reward == 1);
    CHECK(last.terminated);
}

TEST_CASE("DialLock masks the positions that a dial cannot reach in one step, and refuses them") {
    Placed placed({0, 1, 2}, {2, 0, 1});
    CHECK(mask_of(placed.lock, 9) == std::vector{1, 1, 0, /**/ 1, 1, /**/ 0, 1, 1, 1});
    const std::vector<float> before = placed.observation;
    CHECK_THROWS_WITH(turn(placed.lock, {2, 1, 2}, placed.observation),
                      "DialLock: dial 0 cannot turn from 0 to 2; choose a position that action_mask leaves");
    CHECK_THROWS_AS(turn(placed.lock, {1, 0, 0}, placed.observation), Error);
    CHECK_THROWS_AS(turn(placed.lock, {0, 2, 2}, placed.observation), Error);
    CHECK_THROWS_AS(turn(placed.lock, {-1, 1, 2}, placed.observation), Error);
    CHECK(placed.observation == before);
    CHECK(mask_of(placed.lock, 9) == std::vector{1, 1, 0, /**/ 1, 1, /**/ 0, 1, 1, 1});
}

TEST_CASE("DialLock refuses locks without dials or with fewer than two positions") {
    CHECK_THROWS_WITH(DialLock(std::vector<Index>{}),
                      "DialLock: there are no dials; give the number of positions of one dial at least");
    CHECK_THROWS_WITH(DialLock(std::vector<Index>{3, 1}), "DialLock: positions[1] is 1; give at least 2 positions");
}

TEST_CASE("DialLock passes check_env") {
    STATIC_REQUIRE(is_env<DialLock>);
    CHECK_NOTHROW(check_env(DialLock{}));
    CHECK_NOTHROW(check_env(TimeLimit(DialLock{}, 30)));
    CHECK(DialLock{}.observation_space() == Box{.size = 18, .low = {0}, .high = {1}});
    CHECK(DialLock{}.action_space() == MultiDiscrete{{3, 2, 4}});
}
