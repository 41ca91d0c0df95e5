#include "gradiva/core/simd/math.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "gradiva/core/rng.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;

namespace {

template <class T>
constexpr Index width = simd::lanes<T>;

template <class T>
struct Lanes {
    T number[width<T>] = {};
    static Lanes filled(T x) {
        Lanes lanes;
        for (T& n : lanes.number) n = x;
        return lanes;
    }
};

template <class T>
Lanes<T> exponential(const Lanes<T>& x) {
    Lanes<T> y;
    simd::store(simd::exponential(simd::load(x.number)), y.number);
    return y;
}

template <class T>
Lanes<T> logarithm(const Lanes<T>& x) {
    Lanes<T> y;
    simd::store(simd::logarithm(simd::load(x.number)), y.number);
    return y;
}

/// The distance from an exact value, in units of the last place of the scalar.
template <class T>
double units(T x, long double exact) {
    int exponent = 0;
    std::frexp(static_cast<double>(exact), &exponent);
    const long double unit = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
    return static_cast<double>(std::abs(static_cast<long double>(x) - exact) / unit);
}

template <class T>
T one(Lanes<T> (&function)(const Lanes<T>&), T x) {
    return function(Lanes<T>::filled(x)).number[width<T> - 1];
}

template <class T>
constexpr double smallest_normal = std::numeric_limits<T>::min();

}  // namespace

TEMPLATE_TEST_CASE("exponentials and logarithms are within 2 units in the last place", "", float, double) {
    using T = TestType;
    const double low = std::log(smallest_normal<T>) + 0.01;
    const double high = std::is_same_v<T, float> ? 88.3 : 709.3;
    Rng rng(1);
    double worst_exponential = 0, worst_logarithm = 0;
    for (int round = 0; round < 20'000; ++round) {
        Lanes<T> x, y;
        for (Index i = 0; i < width<T>; ++i) {
            x.number[i] = static_cast<T>(round % 2 == 0 ? rng.uniform(low, high) : rng.uniform(-1, 1));
            y.number[i] = static_cast<T>(round % 2 == 0 ? std::exp(rng.uniform(low, high)) : rng.uniform(0.5, 2));
        }
        const Lanes<T> e = exponential(x), l = logarithm(y);
        for (Index i = 0; i < width<T>; ++i) {
            const auto exact = std::exp(static_cast<long double>(x.number[i]));
            worst_exponential = gradiva_test::largest_of(worst_exponential, units(e.number[i], exact));
            worst_logarithm = gradiva_test::largest_of(
                worst_logarithm, units(l.number[i], std::log(static_cast<long double>(y.number[i]))));
        }
    }
    CHECK(worst_exponential <= 2);
    CHECK(worst_logarithm <= 2);
}

TEMPLATE_TEST_CASE("exponentials and logarithms are exact at 0 and at 1", "", float, double) {
    using T = TestType;
    CHECK(one<T>(exponential<T>, 0) == 1);
    CHECK(one<T>(exponential<T>, T(-0.0)) == 1);
    CHECK(one<T>(logarithm<T>, 1) == 0);
}

TEMPLATE_TEST_CASE("exponentials end at exactly 0, NaN stays NaN", "", float, double) {
    using T = TestType;
    using Limits = std::numeric_limits<T>;
    for (const T x : {Limits::lowest(), T(-1e30), T(-1e4), T(-750), -Limits::infinity()}) {
        CHECK(one<T>(exponential<T>, x) == 0);
    }
    // The last before it, of those whose exponential is a normal number.
    T last = static_cast<T>(std::log(static_cast<long double>(Limits::min())));
    if (std::exp(static_cast<long double>(last)) < Limits::min()) last = std::nextafter(last, T(0));
    CHECK(one<T>(exponential<T>, last) >= Limits::min());
    CHECK(one<T>(exponential<T>, std::nextafter(last, Limits::lowest())) == 0);

    // Also with the lowest bits of its payload set, which become part of an exponent.
    using Bits = typename simd::detail::Binary<T>::Bits;
    const auto quiet = std::bit_cast<Bits>(Limits::quiet_NaN());
    for (const T x :
         {Limits::quiet_NaN(), -Limits::quiet_NaN(), std::bit_cast<T>(quiet + 1), std::bit_cast<T>(quiet + 255)}) {
        CHECK(std::isnan(one<T>(exponential<T>, x)));
        CHECK(std::isnan(one<T>(logarithm<T>, x)));
    }
    CHECK(std::isnan(one<T>(logarithm<T>, Limits::infinity())));
}

TEMPLATE_TEST_CASE("a number gives the same bits in every lane", "", float, double) {
    using T = TestType;
    Rng rng(2);
    for (int round = 0; round < 1000; ++round) {
        const auto x = static_cast<T>(rng.uniform(-5, 5));
        const Lanes<T> e = exponential(Lanes<T>::filled(x)), l = logarithm(e);
        for (Index i = 1; i < width<T>; ++i) {
            REQUIRE(e.number[i] == e.number[0]);
            REQUIRE(l.number[i] == l.number[0]);
        }
    }
}

TEMPLATE_TEST_CASE("the logistic function is within 4 units in the last place, and its two sides add up to 1", "",
                   float, double) {
    using T = TestType;
    using V = simd::Lanes<T>;
    const double range = -std::log(smallest_normal<T>) - 0.5;
    Rng rng(3);
    double worst = 0;
    for (int round = 0; round < 20'000; ++round) {
        Lanes<T> x, here, opposite;
        for (T& n : x.number) n = static_cast<T>(round % 2 == 0 ? rng.uniform(-range, range) : rng.uniform(-3, 3));
        const simd::Logistic<V> s(simd::load(x.number));
        simd::store(s.here, here.number);
        simd::store(s.opposite, opposite.number);
        for (Index i = 0; i < width<T>; ++i) {
            const auto exact = 1 / (1 + std::exp(-static_cast<long double>(x.number[i])));
            worst = gradiva_test::largest_of(worst, units(here.number[i], exact));
            REQUIRE(std::abs(here.number[i] + opposite.number[i] - 1) <= 2 * std::numeric_limits<T>::epsilon());
        }
    }
    CHECK(worst <= 4);
}

TEMPLATE_TEST_CASE("the logistic function and tanh end at their limits, NaN stays NaN", "", float, double) {
    using T = TestType;
    using V = simd::Lanes<T>;
    using Limits = std::numeric_limits<T>;
    const auto logistic = [](T x) { return simd::Logistic<V>(simd::broadcast(x)).here[0]; };
    const auto tanh = [](T x) { return simd::tanh(simd::broadcast(x))[0]; };
    for (const T x : {T(800), T(1e30), Limits::max(), Limits::infinity()}) {
        CHECK(logistic(x) == 1);
        CHECK(logistic(-x) == 0);
        CHECK(tanh(x) <= 1);
        CHECK(tanh(x) == Catch::Approx(1).epsilon(5e-7));
        CHECK(tanh(-x) == -tanh(x));
    }
    CHECK(logistic(0) == T(0.5));
    CHECK(tanh(T(0)) == 0);
    CHECK(std::abs(tanh(T(0.7)) - std::tanh(0.7)) < 5e-7);
    CHECK(std::isnan(logistic(Limits::quiet_NaN())));
    CHECK(std::isnan(tanh(Limits::quiet_NaN())));
}
