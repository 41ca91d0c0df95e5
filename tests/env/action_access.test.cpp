#include "gradiva/env/action_access.hpp"

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("A column of actions is what step takes") {
    const Discrete choice{.n = 3};
    ActionBatch choices(action_shape_of(choice), 2);
    choices.all().integers(0, 1) = 2;
    CHECK(action_at(choice, std::as_const(choices).all(), 1) == 2);

    const Box box{.size = 2};
    ActionBatch reals(action_shape_of(box), 3);
    MatrixMap<float>(reals.all().reals)(1, 2) = 0.5F;
    const std::span<const float> action = action_at(box, std::as_const(reals).all(), 2);
    REQUIRE(action.size() == 2);
    CHECK(action[1] == 0.5F);
}

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
}
