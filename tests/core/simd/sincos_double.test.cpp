#include "gradiva/core/simd/sincos.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "catch.hpp"
#include "gradiva/core/rng.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;

namespace {

/// The largest error over `count` angles that `angle()` gives, by the standard library in its longest type.
template <class Angle>
double largest_error(int count, Angle&& angle) {
    long double largest = 0;
    for (int i = 0; i < count; ++i) {
        const double x = angle();
        const auto result = simd::sine_cosine(x);
        largest = gradiva_test::largest_of(largest, std::abs(result.sine - std::sin(static_cast<long double>(x))));
        largest = gradiva_test::largest_of(largest, std::abs(result.cosine - std::cos(static_cast<long double>(x))));
    }
    return static_cast<double>(largest);
}

constexpr int count = 300'000;
constexpr double bound = 2.2e-16;

}  // namespace

TEST_CASE("the sine and the cosine of a double keep their error bound, and beyond it too") {
    Rng rng(1);
    CHECK(largest_error(count, [&] { return rng.uniform(-10, 10); }) < bound);
    CHECK(largest_error(count, [&] { return rng.uniform(-1e6, 1e6); }) < bound);
    CHECK(largest_error(count, [&] { return std::exp2(rng.uniform(-1000, 19)); }) < bound);
    CHECK(largest_error(count, [&] { return rng.uniform(1e6, 1e15); }) < bound);
}

TEST_CASE("the sine and the cosine of a double keep their error bound where quadrants change") {
    Rng rng(2);
    const auto at_an_edge = [&] {
        const auto k = static_cast<double>(rng.below(2 * 1'270'000 + 1) - 1'270'000);
        return k * std::numbers::pi / 4 * (1 + 1e-15 * rng.uniform(-3, 3));
    };
    CHECK(largest_error(count, at_an_edge) < bound);
}

TEST_CASE("the sine of a double zero is zero, its cosine one, and a tiny angle is its own sine") {
    for (const double x : {0.0, 1e-300, -1e-20}) {
        CHECK(simd::sine_cosine(x).sine == x);
        CHECK(simd::sine_cosine(x).cosine == 1);
    }
}

TEST_CASE("the sine and the cosine of a double that is not finite are NaN") {
    const double infinity = std::numeric_limits<double>::infinity();
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), infinity, -infinity}) {
        CHECK(std::isnan(simd::sine_cosine(bad).sine));
        CHECK(std::isnan(simd::sine_cosine(bad).cosine));
    }
}
