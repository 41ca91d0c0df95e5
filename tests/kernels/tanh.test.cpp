#include "catch.hpp"

#include "gradiva/kernels/tanh.hpp"

#include <cmath>
#include <limits>
#include <vector>

using namespace gradiva;
using kernels::tanh_group;

TEST_CASE("tanh is within 5e-7 of itself over all magnitudes, odd, and never beyond 1") {
    // Every exponent, in steps of 1/64 of it; both the vectors of a group and those left over.
    std::vector<float> x;
    for (int exponent = -126; exponent < 127; ++exponent) {
        for (int step = 0; step < 64; ++step) x.push_back(std::ldexp(1 + static_cast<float>(step) / 64, exponent));
    }
    for (const Index group : {Index{1}, simd::lanes<float>, tanh_group}) {
        for (std::size_t i = 0; i + static_cast<std::size_t>(group) <= x.size(); i += static_cast<std::size_t>(group)) {
            std::vector<float> positive(x.begin() + static_cast<std::ptrdiff_t>(i),
                                        x.begin() + static_cast<std::ptrdiff_t>(i) + group);
            std::vector<float> negative(positive);
            for (float& each : negative) each = -each;
            const std::vector<float> argument = positive;
            const auto apply = group == tanh_group ? [](float* z, Index n) { kernels::tanh_in_groups(z, n); }
                                                   : [](float* z, Index n) { kernels::tanh(z, n); };
            apply(positive.data(), group);
            apply(negative.data(), group);
            for (std::size_t k = 0; k < positive.size(); ++k) {
                CAPTURE(argument[k], group);
                const double exact = std::tanh(static_cast<double>(argument[k]));
                REQUIRE(std::abs(static_cast<double>(positive[k]) - exact) <= 5e-7 * exact);
                REQUIRE(positive[k] <= 1);
                REQUIRE(negative[k] == -positive[k]);
            }
        }
    }
}

TEST_CASE("tanh keeps NaN and zero, takes infinity to 1 within rounding, and leaves what lies behind alone") {
    constexpr float infinity = std::numeric_limits<float>::infinity();
    for (Index n = 3; n <= 2 * tanh_group + 3; ++n) {
        std::vector<float> z(static_cast<std::size_t>(n) + 1, 0.0F);
        z[0] = std::numeric_limits<float>::quiet_NaN();
        z[1] = infinity;
        z[static_cast<std::size_t>(n) - 1] = -infinity;
        z.back() = 7;
        kernels::tanh(z.data(), n);
        REQUIRE(std::isnan(z[0]));
        REQUIRE(z[1] <= 1);
        REQUIRE(z[1] >= 1 - 2e-7F);
        REQUIRE(z[static_cast<std::size_t>(n) - 1] >= -1);
        REQUIRE(z[static_cast<std::size_t>(n) - 1] <= -1 + 2e-7F);
        for (Index i = 2; i + 1 < n; ++i) REQUIRE(z[static_cast<std::size_t>(i)] == 0);
        REQUIRE(z.back() == 7);
    }
}

TEST_CASE("tanh in groups equals tanh within rounding, and NaN stays NaN") {
    std::vector<float> z(static_cast<std::size_t>(3 * tanh_group)), single;
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = 0.2F * static_cast<float>(i) - 5;
    z.back() = std::numeric_limits<float>::quiet_NaN();
    single = z;
    kernels::tanh_in_groups(z.data(), 3 * tanh_group);
    kernels::tanh(single.data(), 3 * tanh_group);
    for (std::size_t i = 0; i < static_cast<std::size_t>(2 * tanh_group); ++i) {
        REQUIRE(std::abs(z[i] - single[i]) < 5e-7F);
    }
    CHECK(std::isnan(z.back()));
    CHECK(std::isnan(single.back()));
}
