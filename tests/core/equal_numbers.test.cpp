#include "gradiva/core/equal_numbers.hpp"

#include <limits>
#include <span>
#include <vector>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("spans are equal that have the same length and numbers") {
    std::vector<float> two{1, -0.0F}, three{1, 0, 2};
    const std::span<const float> both(two);
    CHECK(equal_numbers(both, std::span(three).first(2)));
    CHECK_FALSE(equal_numbers(both, three));
    CHECK_FALSE(equal_numbers(std::span<const float>(three), two));
    CHECK_FALSE(equal_numbers(both, std::span(three).last(2)));
    CHECK(equal_numbers(both.first(0), std::span<float>()));
    two[1] = std::numeric_limits<float>::quiet_NaN();
    CHECK_FALSE(equal_numbers(both, both));
}
