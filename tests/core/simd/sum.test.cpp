#include "catch.hpp"

#include "gradiva/core/simd/sum.hpp"

#include <vector>

using namespace gradiva;

TEST_CASE("every number is summed once, however many there are") {
    for (Index n = 0; n < 100; ++n) {
        CHECK(simd::sum_in_lanes<double>(n, [](Index i) { return static_cast<double>(i + 1); }) ==
              static_cast<double>(n * (n + 1) / 2));
    }
}

TEST_CASE("a sum has the same bits for any address of its summands") {
    std::vector<float> numbers(200);
    for (std::size_t i = 0; i < 100; ++i) numbers[i] = 1.0F / static_cast<float>(3 * i + 1);
    const auto sum = [&](std::size_t from) {
        return simd::sum_in_double(numbers.data() + from, 77, [](const auto& x) { return x; });
    };
    const double expected = sum(0);
    for (std::size_t shift = 1; shift < 20; ++shift) {
        numbers.insert(numbers.begin(), -1.0F);
        CHECK(sum(shift) == expected);
    }
}
