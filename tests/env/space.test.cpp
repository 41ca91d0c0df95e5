#include "gradiva/env/space.hpp"

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("A Box without bounds is unbounded") {
    const Box box{.size = 2};
    CHECK(box.low_of(1) == -std::numeric_limits<float>::infinity());
    CHECK(box.high_of(1) == std::numeric_limits<float>::infinity());
}

TEST_CASE("One bound of a Box holds for all its elements") {
    const Box box{.size = 3, .low = {-1}, .high = {2}};
    CHECK(box.low_of(0) == -1);
    CHECK(box.low_of(2) == -1);
    CHECK(box.high_of(2) == 2);
}

TEST_CASE("Bounds of a Box may differ between elements") {
    const Box box{.size = 2, .low = {-1, -2}, .high = {1, 2}};
    CHECK(box.low_of(1) == -2);
    CHECK(box.high_of(0) == 1);
}

TEST_CASE("Discrete and Box are action spaces and other types are not") {
    STATIC_REQUIRE(ActionSpace<Discrete>);
    STATIC_REQUIRE(ActionSpace<Box>);
    STATIC_REQUIRE(!ActionSpace<int>);
}
