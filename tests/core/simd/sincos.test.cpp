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

/// The largest error over `vectors` vectors of angles that `angle()` gives one by one.
template <class F, class Angle>
double largest_error(const F& function, Index vectors, Angle&& angle) {
    double largest = 0;
    for (Index v = 0; v < vectors; ++v) {
        simd::Floats x{};
        for (Index k = 0; k < simd::lanes<float>; ++k) x[k] = angle();
        const simd::SineCosine<simd::Floats> result = function(x);
        for (Index k = 0; k < simd::lanes<float>; ++k) {
            const auto exact = static_cast<double>(x[k]);
            largest =
                gradiva_test::largest_of(largest, std::abs(static_cast<double>(result.sine[k]) - std::sin(exact)));
            largest =
                gradiva_test::largest_of(largest, std::abs(static_cast<double>(result.cosine[k]) - std::cos(exact)));
        }
    }
    return largest;
}

/// Evenly from -bound to bound, both included.
auto sweep(double bound, Index count) {
    return [=, i = Index{0}]() mutable {
        const double share = static_cast<double>(std::min(i++, count)) / static_cast<double>(count);
        return static_cast<float>(bound * (2 * share - 1));
    };
}

constexpr Index vectors = 50'000;

const auto in_vectors = [](const simd::Floats& x) { return simd::sine_cosine(x); };

}  // namespace

TEST_CASE("sines and cosines near zero keep their error bound up to pi/4") {
    const double bound = std::numbers::pi / 4;
    CHECK(largest_error(simd::sine_cosine_near_zero, vectors, sweep(bound, vectors * simd::lanes<float> - 1)) < 7e-8);
}

TEST_CASE("sines and cosines keep their error bound up to 8192") {
    CHECK(largest_error(in_vectors, vectors, sweep(8192, vectors * simd::lanes<float> - 1)) < 1e-7);
    CHECK(largest_error(in_vectors, vectors, sweep(10, vectors * simd::lanes<float> - 1)) < 1e-7);
    Rng rng(1);
    const auto of_any_size = [&] {
        return static_cast<float>((rng.below(2) == 0 ? -1 : 1) * std::exp2(rng.uniform(-30.0, 13.0)));
    };
    CHECK(largest_error(in_vectors, vectors, of_any_size) < 1e-7);
}

TEST_CASE("sines and cosines keep their error bound around the multiples of pi/4, where quadrants change") {
    Rng rng(2);
    const auto at_an_edge = [&] {
        const double k = static_cast<double>(rng.below(2 * 10'430 + 1) - 10'430);
        return static_cast<float>(k * std::numbers::pi / 4 * (1 + 1e-7 * rng.uniform(-3.0, 3.0)));
    };
    CHECK(largest_error(in_vectors, vectors, at_an_edge) < 1e-7);
}

TEST_CASE("the sine of zero is zero, its cosine one, and a tiny angle is its own sine") {
    for (const float x : {0.0F, 1e-20F, -1e-10F}) {
        for (const simd::SineCosine<simd::Floats>& result :
             {simd::sine_cosine(simd::Floats{} + x), simd::sine_cosine_near_zero(simd::Floats{} + x)}) {
            CHECK(result.sine[0] == x);
            CHECK(result.cosine[0] == 1.0F);
        }
    }
}

TEST_CASE("the sine and the cosine of NaN are NaN, in its own lane only; those of infinity too") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    for (const float bad : {nan, -nan, infinity, -infinity}) {
        simd::Floats x{};
        x[1] = bad;
        const simd::SineCosine<simd::Floats> result = simd::sine_cosine(x);
        CHECK(std::isnan(result.sine[1]));
        CHECK(std::isnan(result.cosine[1]));
        CHECK(result.sine[0] == 0.0F);
        CHECK(result.cosine[2] == 1.0F);
        if (!std::isnan(bad)) continue;
        const simd::SineCosine<simd::Floats> near_zero = simd::sine_cosine_near_zero(x);
        CHECK(std::isnan(near_zero.sine[1]));
        CHECK(std::isnan(near_zero.cosine[1]));
    }
}
