#include "gradiva/env/check_space.hpp"

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("Spaces that hold nothing are refused by name") {
    CHECK_NOTHROW(check_action_space("Test", Discrete{.n = 1}));
    CHECK_THROWS_WITH(check_action_space("Test", Discrete{.n = 0}),
                      "Test: the action space is Discrete with n = 0; give at least 1 action");
    CHECK_THROWS_WITH(check_action_space("Test", Box{.size = 0}),
                      "Test: the action space is a Box of size 0; give at least 1 element");
    CHECK_THROWS_WITH(
        check_box("Test", "observation", Box{.size = 3, .low = {0, 0}}),
        "Test: the observation space is a Box of size 3 with 2 bounds; give none, one, or one per element");
    CHECK_THROWS_WITH(check_box("Test", "observation", Box{.size = 2, .low = {0, 1}, .high = {1, 1}}),
                      "Test: the observation space has low = 1 and high = 1 at element 1; give low < high");
    const float nan = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(check_box("Test", "observation", Box{.size = 1, .low = {nan}}), Error);
    CHECK_THROWS_AS(check_box("Test", "action", Box{.size = 1, .high = {nan}}), Error);
}

TEST_CASE("Combined spaces with an empty part are refused by name") {
    CHECK_NOTHROW(check_action_space("Test", MultiDiscrete{{3, 1}}));
    CHECK_THROWS_WITH(check_action_space("Test", MultiDiscrete{}),
                      "Test: the action space is MultiDiscrete without choices; give n of each choice");
    CHECK_THROWS_WITH(check_action_space("Test", MultiDiscrete{{3, 0}}),
                      "Test: the action space is MultiDiscrete(3, 0) with n[1] = 0; give at least 1 action");
    CHECK_THROWS_WITH(check_action_space("Test", MultiBinary{0}),
                      "Test: the action space is MultiBinary of size 0; give at least 1 element");
    CHECK_NOTHROW(check_action_space("Test", HybridSpace{{2}, {.size = 1}}));
    CHECK_THROWS_WITH(check_action_space("Test", HybridSpace{{0}, {.size = 1}}),
                      "Test: the action space is a HybridSpace whose choice has n = 0; give at least 1 action");
    CHECK_THROWS_WITH(check_action_space("Test", HybridSpace{{2}, {.size = 0}}),
                      "Test: the action space is a HybridSpace whose box has size 0; give at least 1 element, or use "
                      "Discrete");
    CHECK_THROWS_WITH(check_action_space("Test", HybridSpace{{2}, {.size = 1, .low = {1}, .high = {-1}}}),
                      "Test: the action space has low = 1 and high = -1 at element 0; give low < high");
}

TEST_CASE("Spaces are described in words") {
    CHECK(describe(Discrete{4}) == "Discrete(4)");
    CHECK(describe(Box{.size = 2}) == "Box(2)");
    CHECK(describe(MultiDiscrete{{3, 2, 4}}) == "MultiDiscrete(3, 2, 4)");
    CHECK(describe(MultiBinary{5}) == "MultiBinary(5)");
    CHECK(describe(HybridSpace{{3}, {.size = 2}}) == "HybridSpace(Discrete(3), Box(2))");
}

TEST_CASE("A Box of observations may hold constants, of finite numbers") {
    constexpr float infinity = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    CHECK_NOTHROW(check_observation_space("Test", Box{.size = 2, .low = {0, 5}, .high = {1, 5}}));
    CHECK_NOTHROW(check_observation_space("Test", Box{.size = 2}));
    CHECK_THROWS_WITH(check_observation_space("Test", Box{.size = 2, .low = {0, 5}, .high = {1, 4}}),
                      "Test: the observation space has low = 5 and high = 4 at element 1; give low < high, or low = "
                      "high for a constant");
    for (const float wrong : {infinity, -infinity, nan}) {
        CHECK_THROWS_AS(check_observation_space("Test", Box{.size = 1, .low = {wrong}, .high = {wrong}}), Error);
    }
    CHECK_THROWS_WITH(check_observation_space("Test", Box{.size = 0}), ContainsText("is a Box of size 0"));
    CHECK_THROWS_WITH(check_observation_space("Test", Box{.size = 3, .low = {0, 1}}), ContainsText("with 2 bounds"));
}
