#include "catch.hpp"

#include <initializer_list>
#include <utility>
#include <vector>

#include "gradiva/core/index.hpp"

using namespace gradiva;

TEST_CASE("pieces cover everything once, in order, and differ by one at most") {
    for (const Index total : {0, 1, 2, 7, 8, 63, 64, 65, 1000}) {
        for (const Index parts : {1, 2, 3, 7, 8, 64, 100}) {
            CAPTURE(total, parts);
            Index end = 0;
            for (Index i = 0; i < parts; ++i) {
                const Range range = piece(total, parts, i);
                REQUIRE(range.begin == end);
                REQUIRE((range.size() == total / parts || range.size() == (total + parts - 1) / parts));
                end = range.end;
            }
            REQUIRE(end == total);
        }
    }
}

TEST_CASE("piece is constexpr, and larger pieces come first") {
    static_assert(piece(10, 4, 0).begin == 0 && piece(10, 4, 0).end == 3);
    static_assert(piece(10, 4, 1).begin == 3 && piece(10, 4, 1).end == 6);
    static_assert(piece(10, 4, 2).begin == 6 && piece(10, 4, 2).end == 8);
    static_assert(piece(10, 4, 3).begin == 8 && piece(10, 4, 3).end == 10);
    CHECK(piece(10, 4, 3).size() == 2);
}

TEST_CASE("pieces_of is the smallest number of pieces of a width that cover the whole") {
    CHECK(pieces_of(0, 8) == 0);
    CHECK(pieces_of(1, 8) == 1);
    CHECK(pieces_of(8, 8) == 1);
    CHECK(pieces_of(9, 8) == 2);
    CHECK(pieces_of(5, 1) == 5);
}

TEST_CASE("the runs of what holds are found in order, each as long as can be") {
    const auto runs_of = [](Range range, std::initializer_list<int> holds) {
        std::vector<std::pair<Index, Index>> runs;
        for_each_run(
            range, [&](Index n) { return holds.begin()[n] != 0; },
            [&](Range run) { runs.emplace_back(run.begin, run.end); });
        return runs;
    };
    using Runs = std::vector<std::pair<Index, Index>>;
    CHECK(runs_of({0, 7}, {1, 1, 0, 1, 0, 0, 1}) == Runs{{0, 2}, {3, 4}, {6, 7}});
    CHECK(runs_of({1, 4}, {1, 1, 0, 1, 1}) == Runs{{1, 2}, {3, 4}});
    CHECK(runs_of({0, 3}, {0, 0, 0}) == Runs{});
    CHECK(runs_of({2, 2}, {1, 1, 1}) == Runs{});
}
