#include "gradiva/env/check_action.hpp"

#include <limits>
#include <vector>

#include "catch.hpp"

using namespace gradiva;

namespace {

/// Whether the second of two columns is taken, of which the first is right.
template <class Space>
void check(const Space& space, const std::vector<int>& integers, const std::vector<float>& reals,
           const std::vector<std::uint8_t>& legal) {
    const auto rows = [](const auto& values) { return static_cast<Index>(values.size() / 2); };
    check_actions("Test", space, {{integers.data(), rows(integers), 2}, {reals.data(), rows(reals), 2}},
                  {legal.data(), rows(legal), 2}, {7, 9});
}

}  // namespace

TEST_CASE("A chosen action is one of the space's") {
    CHECK_NOTHROW(check(Discrete{.n = 3}, {0, 2}, {}, {}));
    CHECK_THROWS_WITH(
        check(Discrete{.n = 3}, {0, 3}, {}, {}),
        "Test: environment 8 was to get choice 3 where there are 0 to 2; whoever chooses must stay among them");
    CHECK_THROWS_WITH(check(Discrete{.n = 3}, {0, -1}, {}, {}), ContainsText("choice -1"));
    CHECK_NOTHROW(check(MultiDiscrete{{2, 3}}, {1, 2, 0, 2}, {}, {}));
    CHECK_THROWS_WITH(check(MultiDiscrete{{2, 3}}, {1, 2, 2, 0}, {}, {}),
                      ContainsText("environment 8 was to get choice 2 where there are 0 to 1"));
    CHECK_THROWS_WITH(check(MultiDiscrete{{2, 3}}, {1, 2, 0, 3}, {}, {}),
                      ContainsText("choice 3 where there are 0 to 2"));
    CHECK_NOTHROW(check(MultiBinary{.size = 2}, {0, 1, 1, 0}, {}, {}));
    CHECK_THROWS_WITH(check(MultiBinary{.size = 2}, {0, 1, 1, 2}, {}, {}),
                      ContainsText("choice 2 where there are 0 to 1"));
    CHECK_THROWS_WITH(check(HybridSpace{.choice = {.n = 2}}, {0, 2}, {0, 0}, {}), ContainsText("choice 2"));
}

TEST_CASE("A chosen action is legal by the mask") {
    CHECK_NOTHROW(check(Discrete{.n = 2}, {0, 1}, {}, {1, 0, 0, 1}));
    CHECK_THROWS_WITH(check(Discrete{.n = 2}, {0, 0}, {}, {1, 0, 0, 1}),
                      ContainsText("environment 8 was to get choice 0, which its mask says is not legal"));
    const MultiDiscrete space{{2, 3}};
    CHECK_NOTHROW(check(space, {0, 0, 1, 2}, {}, {1, 1, 1, 1, 1, 0, 1, 0, 0, 1}));
    CHECK_THROWS_WITH(check(space, {0, 0, 1, 1}, {}, {1, 1, 1, 1, 1, 0, 1, 0, 0, 1}), ContainsText("choice 1"));
    CHECK_THROWS_WITH(check(HybridSpace{.choice = {.n = 2}}, {0, 0}, {0, 0}, {1, 1, 0, 1}), ContainsText("choice 0"));
}

TEST_CASE("A chosen action is finite") {
    const Box box{.size = 2};
    CHECK_NOTHROW(check(box, {}, {1, 2, 3, 1e38F}, {}));
    for (const float broken : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                               -std::numeric_limits<float>::infinity()}) {
        CHECK_THROWS_WITH(check(box, {}, {1, 2, 3, broken}, {}), ContainsText("environment 8 was to get action[1]"));
        CHECK_THROWS_WITH(check(HybridSpace{.choice = {.n = 2}}, {0, 0}, {0, broken}, {}), ContainsText("action[0]"));
    }
}
