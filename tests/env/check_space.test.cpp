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

TEST_CASE("A shape that is no image, or not of the size that is given, is refused by name") {
    CHECK_NOTHROW(check_observation_space("Test", Box{.shape = {2, 3, 4}}));
    CHECK_NOTHROW(check_box("Test", "action", Box{.shape = {2, 3, 4}, .size = 24}));
    CHECK_THROWS_WITH(check_observation_space("Test", Box{.shape = {2, 3}}),
                      "Test: the observation space is a Box whose shape has 2 extents (2 x 3); give height, "
                      "width and channels, or no shape");
    CHECK_THROWS_WITH(check_observation_space("Test", Box{.shape = {2, 3, 4, 5}}), ContainsText("has 4 extents"));
    CHECK_THROWS_WITH(check_action_space("Test", Box{.shape = {2, 0, 4}}),
                      "Test: the action space is a Box of shape 2 x 0 x 4; give a height, width and channels of at "
                      "least 1");
    CHECK_THROWS_WITH(check_observation_space("Test", Box{.shape = {-2, -3, 1}, .size = 6}),
                      ContainsText("of shape -2 x -3 x 1; give a height"));
    CHECK_THROWS_WITH(
        check_observation_space("Test", Box{.shape = {2, 3, 4}, .size = 23}),
        "Test: the observation space is a Box of shape 2 x 3 x 4 and size 23; leave size out, or give 24, "
        "as the shape has");
    Box late;
    late.shape = {2, 3, 4};
    CHECK_THROWS_WITH(check_observation_space("Test", late), ContainsText("of shape 2 x 3 x 4 and size 1;"));
    const Index many = Index{1} << 40;
    CHECK_THROWS_WITH(check_observation_space("Test", Box{.shape = {many, many, 1}}),
                      ContainsText("more elements than can be counted; give fewer"));
    CHECK_THROWS_WITH(check_observation_space("Test", Box{.shape = {2, 3, 4}, .low = {0, 0, 0}}),
                      ContainsText("is a Box of size 24 with 3 bounds"));
    CHECK_THROWS_WITH(check_action_space("Test", HybridSpace{.choice = {2}, .box = {.shape = {1, 2, 0}}}),
                      ContainsText("the action space is a Box of shape 1 x 2 x 0; give"));
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
    CHECK(describe(Box{.shape = {2, 3, 4}}) == "Box(2 x 3 x 4)");
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
