#include "catch.hpp"

#include "gradiva/core/simd/registers.hpp"
#include "gradiva/core/simd/square_root.hpp"

#include <cmath>
#include <limits>

using gradiva::kernels::square_root;

TEMPLATE_TEST_CASE("the root of a vector is that of each of its lanes, to the last bit", "", float, double) {
    using gradiva::kernels::detail::lanes;
    using gradiva::kernels::detail::RegisterOf;
    using Limits = std::numeric_limits<TestType>;
    TestType x = 0;
    for (int i = 0; i < 40; ++i) {
        RegisterOf<TestType> many = {};
        for (int k = 0; k < lanes<TestType>; ++k) many[k] = x + static_cast<TestType>(k) / 7;
        const RegisterOf<TestType> roots = square_root(many);
        for (int k = 0; k < lanes<TestType>; ++k) CHECK(TestType(roots[k]) == std::sqrt(TestType(many[k])));
        x = x == 0 ? Limits::min() : x * 77;
    }
    const RegisterOf<TestType> infinite = RegisterOf<TestType>{} + Limits::infinity();
    CHECK(TestType(square_root(infinite)[0]) == Limits::infinity());
    CHECK(std::isnan(TestType(square_root(RegisterOf<TestType>(infinite * 0))[0])));
    CHECK(square_root(TestType(9)) == 3);
}

TEMPLATE_TEST_CASE("the root of a vector that no register holds is that of each of its lanes", "", float, double) {
    typedef TestType Short __attribute__((vector_size(sizeof(TestType))));
    typedef TestType Long __attribute__((vector_size(32 * sizeof(TestType))));
    CHECK(TestType(square_root(Short{} + 2)[0]) == std::sqrt(TestType(2)));
    Long many{};
    for (int k = 0; k < 32; ++k) many[k] = static_cast<TestType>(k) / 7;
    const Long roots = square_root(many);
    for (int k = 0; k < 32; ++k) CHECK(TestType(roots[k]) == std::sqrt(TestType(many[k])));
}
