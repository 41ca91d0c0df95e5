#include "gradiva/env/check_observation.hpp"

#include <limits>
#include <vector>

#include "catch.hpp"

using namespace gradiva;

TEMPLATE_TEST_CASE("A number that is not finite is noticed wherever it stands among how many", "", float, double) {
    using Limits = std::numeric_limits<TestType>;
    for (Index n = 0; n <= 4 * simd::lanes<float> + 3; ++n) {
        std::vector<TestType> numbers(static_cast<std::size_t>(n), Limits::max());
        CHECK(all_finite(numbers.data(), n));
        for (TestType& number : numbers) {
            for (const TestType bad : {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN()}) {
                number = bad;
                if (all_finite(numbers.data(), n)) FAIL("missed one of " << n);
            }
            number = -1;
        }
        CHECK(all_finite(numbers.data(), n));
    }
}

TEST_CASE("An observation that is not finite is refused with its environment and element") {
    std::vector<float> numbers(3 * 40, 1);
    const auto check = [&] { check_observation("Test", {numbers.data(), 3, 40}, {100, 140}, "reset"); };
    CHECK_NOTHROW(check());
    numbers[3 * 7 + 2] = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(check(),
                      "Test: environment 107 gave observation[2] = inf in reset, or did not write it; write finite "
                      "numbers");
}
