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

TEST_CASE("The size of a Box follows from its shape, and is 0 where the shape is none") {
    CHECK(Box{}.size == 1);
    CHECK(Box{.shape = {2, 3, 4}}.size == 24);
    CHECK(Box{.shape = {2, 3, 4}, .low = {0}, .high = {1}}.high_of(23) == 1);
    CHECK(Box{.shape = {2, 3, 4}, .size = 7}.size == 7);  // refused where it is taken in
    CHECK(HybridSpace{.box = {.shape = {1, 1, 5}}}.box.size == 5);
    const Index half = Index{1} << 40;
    const std::vector<Index> wrong[] = {{2}, {2, 3}, {1, 2, 3, 4}, {2, 0, 3}, {-2, -3, 1}, {half, half, 1}};
    for (const std::vector<Index>& shape : wrong) CHECK(Box{.shape = shape}.size == 0);
}

TEST_CASE("Boxes of one size and different shapes are different") {
    CHECK(Box{.shape = {2, 3, 4}} == Box{.shape = {2, 3, 4}, .size = 24});
    CHECK(Box{.shape = {2, 3, 4}} != Box{.shape = {3, 2, 4}});
    CHECK(Box{.shape = {2, 3, 4}} != Box{.size = 24});
}

TEST_CASE("Discrete and Box are action spaces and other types are not") {
    STATIC_REQUIRE(ActionSpace<Discrete>);
    STATIC_REQUIRE(ActionSpace<Box>);
    STATIC_REQUIRE(!ActionSpace<int>);
}
