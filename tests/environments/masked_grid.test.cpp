#include "gradiva/environments/masked_grid.hpp"

#include <cmath>

#include "catch.hpp"
#include "environments/best_by_search.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/masked_mirror.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Map = std::vector<std::string>;

/// The mean over the starts of the best return within 30 steps.
double best_by_search(const MaskedGrid& grid) {
    BestBySearch<MaskedGrid, std::vector<int> (*)(const MaskedGrid&, const std::vector<float>&),
                 Outcome (*)(MaskedGrid&, int, std::vector<float>&)>
        best(
            [](const MaskedGrid& env, const std::vector<float>&) {
                const std::vector<int> legal = mask_of(env, 4);
                std::vector<int> moves;
                for (int move = 0; move < 4; ++move) {
                    if (legal[static_cast<std::size_t>(move)] != 0) moves.push_back(move);
                }
                return moves;
            },
            [](MaskedGrid& env, int move, std::vector<float>& observation) {
                Rng rng;
                return env.step(move, rng, observation);
            });
    const auto starts = starts_of(grid, 1000);
    double total = 0;
    for (const auto& [observation, start] : starts) total += best(start.env, observation, 30);
    return total / static_cast<double>(starts.size());
}

/// The only start of a map with one open cell.
struct Placed {
    MaskedGrid grid;
    std::vector<float> observation;
    explicit Placed(Map map) : grid(std::move(map)), observation(std::size_t(grid.observation_space().size)) {
        Rng rng;
        grid.reset(rng, observation);
    }
    Outcome step(int move) {
        Rng rng;
        return grid.step(move, rng, observation);
    }
};

}  // namespace

TEST_CASE("the best return of MaskedGrid equals that of a search over all legal moves") {
    for (const Map& map : {Map{"....#", ".##..", "..#.#", "#....", "..#.G"}, Map{".G"}, Map{"G..", ".#.", "..G"},
                           Map{"...#...", ".#.#.#.", ".#...#G"}}) {
        const MaskedGrid grid(map);
        CAPTURE(map);
        CHECK(best_by_search(grid) == Catch::Approx(grid.best_return()).epsilon(1e-12));
    }
    CHECK(best_by_search(MaskedGrid{}) == Catch::Approx(MaskedGrid{}.best_return()).epsilon(1e-12));
    CHECK(MaskedGrid({"G..", ".#.", "..G"}).best_return() == Catch::Approx(-0.1 * (1 + 2 + 1 + 1 + 2 + 1) / 6));
}

TEST_CASE("MaskedGrid starts in each open cell equally often and never on a goal") {
    constexpr int resets = 20'000;
    const auto starts = starts_of(MaskedGrid{}, resets);
    REQUIRE(starts.size() == 17);
    const double expected = resets / 17.0;
    for (const auto& [observation, start] : starts) {
        CHECK(observation.back() == 0);  // the goal
        CHECK(std::abs(start.count - expected) < 5 * std::sqrt(expected));
    }
}

TEST_CASE("MaskedGrid moves up, right, down and left, and observes the cell") {
    using Cells = std::vector<float>;
    const Map map{"#G#", "G.G", "#G#"};  // the cells are: above, left, the start, right, below
    Placed up(map), right(map), down(map), left(map);
    CHECK(up.observation == Cells{0, 0, 1, 0, 0});
    CHECK(mask_of(up.grid, 4) == std::vector{1, 1, 1, 1});
    for (Placed* way : {&up, &right, &down, &left}) {
        const Outcome outcome = way->step(way == &up ? 0 : way == &right ? 1 : way == &down ? 2 : 3);
        CHECK(outcome.terminated);
        CHECK(outcome.reward == -0.1);
    }
    CHECK(up.observation == Cells{1, 0, 0, 0, 0});
    CHECK(right.observation == Cells{0, 0, 0, 1, 0});
    CHECK(down.observation == Cells{0, 0, 0, 0, 1});
    CHECK(left.observation == Cells{0, 1, 0, 0, 0});
}

TEST_CASE("MaskedGrid masks walls and edges, and refuses a move into them") {
    Placed corner({".G", "##"});
    CHECK(mask_of(corner.grid, 4) == std::vector{0, 1, 0, 0});
    CHECK_THROWS_WITH(corner.step(0),
                      "MaskedGrid: move 0 is illegal in row 0, column 0; choose one that action_mask leaves");
    for (const int move : {2, 3, 4, -1}) CHECK_THROWS_AS(corner.step(move), Error);
    CHECK(corner.step(1).terminated);
}

TEST_CASE("MaskedGrid refuses maps without open cells or without a path to a goal") {
    CHECK_THROWS_WITH(MaskedGrid(Map{}), "MaskedGrid: the map has no open cell; give one '.' at least");
    CHECK_THROWS_WITH(MaskedGrid(Map{"G#"}), ContainsText("no open cell"));
    CHECK_THROWS_WITH(MaskedGrid(Map{"..G", ".."}),
                      "MaskedGrid: row 1 has 2 cells, row 0 3; give rows of the same length");
    CHECK_THROWS_WITH(MaskedGrid(Map{"..G", ".x."}),
                      "MaskedGrid: row 1, column 1 is 'x'; give '#' for a wall, 'G' for a goal, '.' for an open cell");
    CHECK_THROWS_WITH(MaskedGrid(Map{".#.G"}),
                      "MaskedGrid: there is no way from row 0, column 0 to a goal; open one, or make the cell a wall");
    CHECK_THROWS_WITH(MaskedGrid(Map{".."}), ContainsText("no way from row 0, column 0 to a goal"));
}

TEST_CASE("MaskedGrid passes check_env") {
    STATIC_REQUIRE(is_env<MaskedGrid>);
    CHECK_NOTHROW(check_env(MaskedGrid{}));
    CHECK_NOTHROW(check_env(TimeLimit(MaskedGrid{}, 30)));
    CHECK(MaskedGrid{}.observation_space() == Box{.size = 18, .low = {0}, .high = {1}});
    CHECK(MaskedGrid{}.action_space() == Discrete{4});
}

TEST_CASE("the metric of an episode is 1 where it reached a goal, 0 where it was cut off") {
    TimeLimit env(MaskedGrid({".G", ".."}), 1);
    Rng rng(1);
    std::vector<float> observation(4);
    bool seen[2] = {false, false};
    for (int episode = 0; episode < 20; ++episode) {
        env.reset(rng, observation);
        const bool next = observation[0] == 1;  // the goal lies to the right
        const Outcome outcome = env.step(next ? 1 : observation[2] == 1 ? 0 : 3, rng, observation);
        double reached = -1;
        env.metrics({&reached, 1});
        CHECK(reached == (next ? 1 : 0));
        CHECK(outcome.terminated == next);
        seen[next ? 1 : 0] = true;
    }
    CHECK((seen[0] && seen[1]));
}
