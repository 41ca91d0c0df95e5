#include "gradiva/environments/archery.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "catch.hpp"
#include "environments/best_by_search.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/masked_mirror.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

struct Shot {
    int target = 0;
    float aim = 0;
};

Outcome shoot_at(Archery& archery, const Shot& shot, std::vector<float>& observation) {
    Rng rng;
    const std::array values{shot.aim};
    return archery.step({.choice = shot.target, .values = values}, rng, observation);
}

/// Each standing target, aimed at along the whole range and at the places of all targets.
std::vector<Shot> shots(const Archery& archery, const std::vector<float>& observation) {
    std::vector<float> aims;
    for (int i = -4; i <= 4; ++i) aims.push_back(static_cast<float>(i) / 4);
    for (std::size_t k = 0; k < observation.size(); k += 2) aims.push_back(observation[k]);
    const std::vector<int> legal = mask_of(archery, observation.size() / 2);
    std::vector<Shot> all;
    for (std::size_t k = 0; k < legal.size(); ++k) {
        for (const float aim : aims) {
            if (legal[k] != 0) all.push_back({static_cast<int>(k), aim});
        }
    }
    return all;
}

/// The sum of the `count` largest worths.
double largest(std::vector<double> worths, Index count) {
    std::sort(worths.begin(), worths.end(), std::greater<>());
    double sum = 0;
    for (Index i = 0; i < count; ++i) sum += worths[static_cast<std::size_t>(i)];
    return sum;
}

std::vector<double> worths_of(const std::vector<float>& observation) {
    std::vector<double> worths;
    for (std::size_t k = 1; k < observation.size(); k += 2) worths.push_back(observation[k]);
    return worths;
}

/// The mean of `largest` over all worths on a lattice of midpoints in [0, 1].
double mean_largest(std::vector<double> worths, Index targets, Index count) {
    if (static_cast<Index>(worths.size()) == targets) return largest(worths, count);
    constexpr int points = 40;
    double total = 0;
    worths.push_back(0);
    for (int i = 0; i < points; ++i) {
        worths.back() = (i + 0.5) / points;
        total += mean_largest(worths, targets, count);
    }
    return total / points;
}

/// An episode of 3 targets and 2 arrows that has begun.
struct Begun {
    Archery archery;
    std::vector<float> observation = std::vector<float>(6);
    explicit Begun(std::uint64_t seed = 1) {
        Rng rng(seed);
        archery.reset(rng, observation);
    }
    Outcome shoot(int target, float aim) { return shoot_at(archery, {target, aim}, observation); }
};

}  // namespace

TEST_CASE("the best return of an episode of Archery, by search, is the total worth of the best targets") {
    for (const ArcheryOptions& options : {ArcheryOptions{}, ArcheryOptions{.targets = 2, .arrows = 2},
                                          ArcheryOptions{.targets = 4, .arrows = 1}, ArcheryOptions{1, 1}}) {
        BestBySearch<Archery, decltype(&shots), decltype(&shoot_at)> best(shots, shoot_at);
        for (const auto& [observation, start] : starts_of(Archery(options), 20)) {
            CHECK(best(start.env, observation, 9) ==
                  Catch::Approx(largest(worths_of(observation), options.arrows)).epsilon(1e-6));
        }
    }
}

TEST_CASE("the best return of Archery is the mean worth of the best targets, over all worths and over many episodes") {
    for (const ArcheryOptions& options :
         {ArcheryOptions{}, ArcheryOptions{.targets = 3, .arrows = 1}, ArcheryOptions{.targets = 3, .arrows = 3},
          ArcheryOptions{.targets = 2, .arrows = 1}, ArcheryOptions{1, 1}}) {
        CAPTURE(options.targets, options.arrows);
        const Archery archery(options);
        CHECK(mean_largest({}, options.targets, options.arrows) == Catch::Approx(archery.best_return()).margin(5e-4));
        constexpr int episodes = 20'000;
        double sum = 0, squares = 0;
        for (const auto& [observation, start] : starts_of(archery, episodes)) {
            const double x = largest(worths_of(observation), options.arrows);
            sum += x;
            squares += x * x;
        }
        const double mean = sum / episodes;
        const double error = std::sqrt((squares / episodes - mean * mean) / episodes);
        CHECK(std::abs(mean - archery.best_return()) < 4 * error);
    }
}

TEST_CASE("Archery's reward is the target's worth times 1 minus the squared miss, and at least 0") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        for (int target = 0; target < 3; ++target) {
            const auto k = 2 * static_cast<std::size_t>(target);
            const double place = Begun(seed).observation[k];
            const double worth = Begun(seed).observation[k + 1];
            for (const double aim : {place, -1.0, -0.3, 0.0, 0.8, 1.0}) {
                const double expected = worth * std::max(0.0, 1 - (aim - place) * (aim - place));
                CHECK(Begun(seed).shoot(target, static_cast<float>(aim)).reward ==
                      Catch::Approx(expected).margin(1e-6));
            }
        }
    }
    CHECK(std::isnan(Begun().shoot(0, std::numeric_limits<float>::quiet_NaN()).reward));
}

TEST_CASE("a target of Archery that was shot at has worth 0, and is masked and refused") {
    Begun begun;
    const std::vector<float> before = begun.observation;
    CHECK(mask_of(begun.archery, 3) == std::vector{1, 1, 1});
    CHECK_FALSE(begun.shoot(1, 0).terminated);
    CHECK(mask_of(begun.archery, 3) == std::vector{1, 0, 1});
    std::vector<float> expected = before;
    expected[3] = 0;
    CHECK(begun.observation == expected);
    CHECK_THROWS_WITH(begun.shoot(1, 0), "Archery: target 1 does not stand; choose one that action_mask leaves");
    CHECK_THROWS_AS(begun.shoot(3, 0), Error);
    CHECK_THROWS_AS(begun.shoot(-1, 0), Error);
    CHECK(begun.shoot(2, 0).terminated);
    Rng rng(9);
    begun.archery.reset(rng, begun.observation);
    CHECK(mask_of(begun.archery, 3) == std::vector{1, 1, 1});
    CHECK_FALSE(begun.shoot(1, 0).terminated);
}

TEST_CASE("Archery refuses options out of range") {
    CHECK_THROWS_WITH(Archery({.targets = 0}), "Archery: targets is 0; give at least 1");
    CHECK_THROWS_WITH(Archery({.targets = 3, .arrows = 0}), "Archery: arrows is 0; give 1 to 3, one per target");
    CHECK_THROWS_WITH(Archery({.targets = 4, .arrows = 5}), "Archery: arrows is 5; give 1 to 4, one per target");
}

TEST_CASE("Archery passes check_env") {
    STATIC_REQUIRE(is_env<Archery>);
    CHECK_NOTHROW(check_env(Archery{}));
    CHECK_NOTHROW(check_env(Archery({.targets = 5, .arrows = 5})));
    CHECK_NOTHROW(check_env(TimeLimit(Archery{}, 1)));
    CHECK(Archery{}.observation_space() == Box{.size = 6, .low = {-1}, .high = {1}});
    CHECK(Archery{}.action_space() == HybridSpace{{3}, {.size = 1, .low = {-1}, .high = {1}}});
    CHECK(Archery({.targets = 4}).options().targets == 4);
}

TEST_CASE("metrics tell the share of arrows at the best target, and how far they missed") {
    Archery archery({.targets = 3, .arrows = 2});
    Rng rng(3);
    std::vector<float> observation(6);
    for (int episode = 0; episode < 3; ++episode) {
        archery.reset(rng, observation);
        const std::vector<double> worths = worths_of(observation);
        const auto best = static_cast<int>(std::max_element(worths.begin(), worths.end()) - worths.begin());
        const int first = episode == 0 ? best : (best + 1) % 3;  // then the best is left for the second arrow
        const int second = episode == 2 ? (best + 2) % 3 : best == first ? (best + 1) % 3 : best;
        const bool second_is_best =
            second == best || (best == first && worths[static_cast<std::size_t>(second)] >
                                                    worths[static_cast<std::size_t>((best + 2) % 3)]);
        const auto place = [&](int target) { return observation[static_cast<std::size_t>(2 * target)]; };
        const float aims[2] = {place(first) + 0.25F, place(second) - 0.5F};
        shoot_at(archery, {first, aims[0]}, observation);
        shoot_at(archery, {second, aims[1]}, observation);
        std::array<double, 2> metrics{};
        archery.metrics(metrics);
        CHECK(metrics[0] == (first == best ? 0.5 : 0) + (second_is_best ? 0.5 : 0));
        CHECK(metrics[1] == Catch::Approx(0.375));
    }
}
