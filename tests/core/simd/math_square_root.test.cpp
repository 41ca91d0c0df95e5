#include "catch.hpp"

#include "gradiva/core/simd/math.hpp"

#include <cmath>
#include <limits>

using namespace gradiva;

TEMPLATE_TEST_CASE("the square root of a register has the bits of that of each lane", "", float, double) {
    using Limits = std::numeric_limits<TestType>;
    TestType x = 0;
    for (int i = 0; i < 40; ++i) {
        simd::Lanes<TestType> many = {};
        for (int k = 0; k < simd::lanes<TestType>; ++k) many[k] = x + static_cast<TestType>(k) / 7;
        const simd::Lanes<TestType> roots = simd::square_root(many);
        for (int k = 0; k < simd::lanes<TestType>; ++k) CHECK(TestType(roots[k]) == std::sqrt(TestType(many[k])));
        x = x == 0 ? Limits::min() : x * 77;
    }
    const simd::Lanes<TestType> infinite = simd::Lanes<TestType>{} + Limits::infinity();
    CHECK(TestType(simd::square_root(infinite)[0]) == Limits::infinity());
    CHECK(std::isnan(TestType(simd::square_root(simd::Lanes<TestType>(infinite * 0))[0])));
    CHECK(simd::square_root(TestType(9)) == 3);
}

TEMPLATE_TEST_CASE("the square root of a vector wider than a register is that of each lane", "", float, double) {
    typedef TestType Short __attribute__((vector_size(sizeof(TestType))));
    typedef TestType Long __attribute__((vector_size(32 * sizeof(TestType))));
    CHECK(TestType(simd::square_root(Short{} + 2)[0]) == std::sqrt(TestType(2)));
    Long many{};
    for (int k = 0; k < 32; ++k) many[k] = static_cast<TestType>(k) / 7;
    const Long roots = simd::square_root(many);
    for (int k = 0; k < 32; ++k) CHECK(TestType(roots[k]) == std::sqrt(TestType(many[k])));
}
