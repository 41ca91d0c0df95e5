#include "gradiva/env/action_access.hpp"

#include "catch.hpp"
#include "gradiva/core/check.hpp"

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

TEST_CASE("A column of combined actions is what step takes") {
    const MultiDiscrete dials{{3, 2, 4}};
    ActionBatch turned(action_shape_of(dials), 2);
    turned.all().integers.col(1) << 2, 0, 3;
    const std::span<const int> positions = action_at(dials, std::as_const(turned).all(), 1);
    CHECK(std::vector<int>(positions.begin(), positions.end()) == std::vector<int>{2, 0, 3});

    const MultiBinary switches{2};
    ActionBatch switched(action_shape_of(switches), 2);
    switched.all().integers.col(1) << 0, 1;
    CHECK(action_at(switches, std::as_const(switched).all(), 1)[1] == 1);

    const HybridSpace space{{3}, {.size = 2}};
    ActionBatch both(action_shape_of(space), 2);
    both.all().integers(0, 1) = 2;
    both.all().reals.col(1) << 0.5F, -0.5F;
    const HybridAction action = action_at(space, std::as_const(both).all(), 1);
    CHECK(action.choice == 2);
    REQUIRE(action.values.size() == 2);
    CHECK(action.values[1] == -0.5F);
}

TEST_CASE("Environments get the values of a hybrid action within their bounds, and the batch keeps what was sampled") {
    const HybridSpace space{{2}, {.size = 2, .low = {-1, 0}, .high = {1}}};
    SentActions<HybridSpace> sent(space, 1);
    ActionBatch batch(action_shape_of(space), 1);
    batch.all().integers(0, 0) = 1;
    batch.all().reals.col(0) << 3.0F, -0.5F;
    const HybridAction action = sent(std::as_const(batch).all(), 0, 0);
    CHECK(action.choice == 1);
    CHECK(action.values[0] == 1);
    CHECK(action.values[1] == 0);
    CHECK(batch.all().reals(0, 0) == 3);
    batch.all().reals(1, 0) = std::numeric_limits<float>::infinity();
    CHECK_THROWS_AS(sent(std::as_const(batch).all(), 0, 0), Error);
}
