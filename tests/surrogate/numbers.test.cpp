#include "gradiva/surrogate/numbers.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "catch.hpp"
#include "gradiva/core/rng.hpp"

using namespace gradiva;

namespace {

template <class Scalar>
constexpr Index width = simd::lanes<Scalar>;

/// A formula of two numbers, lane by lane, beside the same of single numbers.
template <class Scalar, class Formula>
void check_lanes(const Formula& formula, double tolerance = 0) {
    Rng rng(1);
    for (int round = 0; round < 20; ++round) {
        Scalar x[width<Scalar>], y[width<Scalar>], z[width<Scalar>];
        for (Index i = 0; i < width<Scalar>; ++i) {
            x[i] = static_cast<Scalar>(rng.normal());
            y[i] = round == 0 ? x[i] : static_cast<Scalar>(rng.normal());
        }
        const Simd<Scalar> result = formula(Simd<Scalar>(simd::load(x)),  //
                                            Simd<Scalar>(simd::load(y)));
        simd::store(result.lanes(), z);
        for (Index i = 0; i < width<Scalar>; ++i) {
            CAPTURE(x[i], y[i]);
            CHECK(static_cast<double>(z[i]) ==
                  Approx(static_cast<double>(formula(x[i], y[i]))).epsilon(tolerance).margin(0));
        }
    }
}

template <class Scalar>
Scalar first_lane(const Simd<Scalar>& x) {
    return x.lanes()[0];
}

}  // namespace

TEMPLATE_TEST_CASE("a formula of registers gives in each lane what it gives for a number", "", float, double) {
    using T = TestType;
    check_lanes<T>([](auto x, auto y) { return x + y; });
    check_lanes<T>([](auto x, auto y) { return x - y; });
    check_lanes<T>([](auto x, auto y) { return x * y; });
    check_lanes<T>([](auto x, auto y) { return x / y; });
    check_lanes<T>([](auto x, auto) { return -x; });
    check_lanes<T>([](auto x, auto y) { return x += y; });
    check_lanes<T>([](auto x, auto y) { return x -= y; });
    check_lanes<T>([](auto x, auto y) { return x *= y; });
    check_lanes<T>([](auto x, auto y) { return x /= y; });
    check_lanes<T>([](auto x, auto) { return 2 - x; });
    check_lanes<T>([](auto x, auto) { return x * 4; });
    check_lanes<T>([](auto x, auto y) { return min(x, y); });
    check_lanes<T>([](auto x, auto y) { return max(x, y); });
    check_lanes<T>([](auto x, auto y) { return abs(x * y); });
    check_lanes<T>([](auto x, auto y) { return clamp(x, min(y, -y), max(y, -y)); });
    check_lanes<T>([](auto x, auto y) { return product(x, y); });
    check_lanes<T>([](auto x, auto y) { return exp(x) * y; }, 8.0 * std::numeric_limits<T>::epsilon());
    check_lanes<T>([](auto x, auto y) { return log(abs(x)) * y; }, 64.0 * std::numeric_limits<T>::epsilon());
    check_lanes<T>([](auto x, auto) { return x * constant<decltype(x)>(0.8); });
    check_lanes<T>([](auto x, auto) { return min(max(clamp(x, T(-1.5), T(1.5)), T(-1)), T(1)); });
    check_lanes<T>([](auto x, auto) { return x *= T(3); });
}

TEMPLATE_TEST_CASE("comparisons and their combinations select lane by lane", "", float, double) {
    using T = TestType;
    const auto check = [](const auto& condition) {
        check_lanes<T>([&](auto x, auto y) {
            using V = decltype(x);
            return select(condition(x, y), constant<V>(1), constant<V>(2));
        });
    };
    check([](auto x, auto y) { return x < y; });
    check([](auto x, auto y) { return x <= y; });
    check([](auto x, auto y) { return x > y; });
    check([](auto x, auto y) { return x >= y; });
    check([](auto x, auto y) { return x == y; });
    check([](auto x, auto y) { return x != y; });
    check([](auto x, auto y) { return x < 0 && y < 0; });
    check([](auto x, auto y) { return x < 0 || 0 < y; });
    check([](auto x, auto y) { return !(x < y); });
}

TEMPLATE_TEST_CASE("functions of registers are right for infinite, denormal, zero and NaN arguments", "", float,
                   double) {
    using T = TestType;
    using Limits = std::numeric_limits<T>;
    using V = Simd<T>;
    const auto infinity = V(Limits::infinity()), nan = V(Limits::quiet_NaN()), zero = V(0), one = V(1);
    CHECK(first_lane(exp(V(1000))) == Limits::infinity());
    CHECK(first_lane(exp(V(-1000))) == 0);
    CHECK(first_lane(log(zero)) == -Limits::infinity());
    CHECK(first_lane(log(infinity)) == Limits::infinity());
    CHECK(std::isnan(first_lane(log(V(-1)))));
    for (const T x : {Limits::denorm_min(), Limits::min() / 4, Limits::min(), Limits::max()}) {
        CAPTURE(x);
        CHECK(static_cast<double>(first_lane(log(V(x)))) == Approx(std::log(static_cast<double>(x))).epsilon(1e-6));
    }
    T mixed[std::max(width<T>, Index{4})] = {Limits::denorm_min(), -1, 0, 2};
    if constexpr (width < T >> 2) {
        const V of_mixed = log(V(simd::load(mixed)));
        CHECK(static_cast<double>(of_mixed.lanes()[0]) ==
              Approx(std::log(static_cast<double>(Limits::denorm_min()))).epsilon(1e-6));
        CHECK(std::isnan(of_mixed.lanes()[1]));
        CHECK(of_mixed.lanes()[2] == -Limits::infinity());
        CHECK(static_cast<double>(of_mixed.lanes()[3]) == Approx(std::log(2)));
    }
    CHECK(first_lane(product(infinity, zero)) == 0);
    CHECK(first_lane(product(infinity, one)) == Limits::infinity());
    CHECK(product(Limits::infinity(), T(0)) == 0);
    for (const V& x :
         {exp(nan), log(nan), abs(nan), product(nan, zero), min(nan, one), max(nan, one), clamp(nan, zero, one)}) {
        CHECK(std::isnan(first_lane(x)));
    }
    CHECK(first_lane(min(one, nan)) == 1);
    CHECK(first_lane(abs(V(T(-0.0)))) == 0);
    CHECK(!std::signbit(first_lane(abs(V(T(-0.0))))));
}
