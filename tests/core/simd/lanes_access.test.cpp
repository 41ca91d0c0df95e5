#include "gradiva/core/simd/lanes.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/simd/transpose.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using gradiva_test::random_matrix;

namespace {

template <class T>
using V = simd::Lanes<T>;

template <class T>
constexpr Index width = simd::lanes<T>;

}  // namespace

TEMPLATE_TEST_CASE("broadcast gives the same bits in every lane", "", float, double) {
    using T = TestType;
    for (const T x : {T(3.5), T(-0.0)}) {
        const V<T> lanes = simd::broadcast(x);
        for (Index i = 0; i < width<T>; ++i) {
            CHECK(lanes[i] == x);
            CHECK(std::signbit(lanes[i]) == std::signbit(x));
        }
    }
}

TEMPLATE_TEST_CASE("larger returns the second argument where either is NaN", "", float, double) {
    using T = TestType;
    const T nan = std::numeric_limits<T>::quiet_NaN();
    const auto larger = [](T a, T b) { return simd::larger<V<T>>(simd::broadcast(a), simd::broadcast(b))[1]; };
    CHECK(larger(3, 2) == 3);
    CHECK(larger(2, 3) == 3);
    CHECK(larger(-std::numeric_limits<T>::infinity(), -5) == -5);
    CHECK(larger(nan, 3) == 3);
    CHECK(std::isnan(larger(3, nan)));
}

TEMPLATE_TEST_CASE("smaller returns the second argument where either is NaN, and a clamped NaN stays NaN", "", float,
                   double) {
    using T = TestType;
    constexpr T nan = std::numeric_limits<T>::quiet_NaN(), infinity = std::numeric_limits<T>::infinity();
    const auto smaller = [](T a, T b) { return simd::smaller<V<T>>(simd::broadcast(a), simd::broadcast(b))[1]; };
    CHECK(smaller(3, 2) == 2);
    CHECK(smaller(2, 3) == 2);
    CHECK(smaller(nan, 3) == 3);
    CHECK(std::isnan(smaller(3, nan)));
    const auto clamp = [](T x) { return simd::clamp<V<T>>(simd::broadcast(x), 4)[1]; };
    CHECK(clamp(-infinity) == -4);
    CHECK(clamp(T(-3.5)) == T(-3.5));
    CHECK(clamp(5) == 4);
    CHECK(std::isnan(clamp(nan)));
}

TEMPLATE_TEST_CASE("lane i of a fold is the sum of register i, with the same bits as alone", "", float, double) {
    using T = TestType;
    Rng rng(1);
    const Matrix<T> numbers = random_matrix<T>(width<T>, width<T>, rng);
    V<T> x[width<T>];
    for (Index j = 0; j < width<T>; ++j) x[j] = simd::load(numbers.col(j).data());
    const V<T> sums = simd::fold<simd::AddAcross, width<T>, width<T> / 2>(x);
    for (Index j = 0; j < width<T>; ++j) CHECK(sums[j] == simd::sum_of<T>(x[j]));
}

TEMPLATE_TEST_CASE("columns are reduced to their sums and to their maxima, for any length", "", float, double) {
    using T = TestType;
    Rng rng(2);
    for (const Index steps : {1, 2, 5}) {
        const Matrix<T> numbers = random_matrix<T>(steps * width<T>, width<T>, rng);
        const auto at = [&](Index j, Index i) { return simd::load(numbers.col(j).data() + i * width<T>); };
        const auto sums = simd::fold_columns<simd::AddAcross, T>(steps, V<T>{},
                                                                 [&](V<T>& sum, Index j, Index i) { sum += at(j, i); });
        const auto largest = simd::fold_columns<simd::LargerAcross, T>(
            steps, simd::broadcast(T(-9)),
            [&](V<T>& so_far, Index j, Index i) { so_far = simd::larger(at(j, i), so_far); });
        for (Index j = 0; j < width<T>; ++j) {
            V<T> sum{};
            for (Index i = 0; i < steps; ++i) sum += at(j, i);
            CHECK(sums[j] == simd::sum_of<T>(sum));
            CHECK(largest[j] == numbers.col(j).maxCoeff());
        }
    }
}

TEMPLATE_TEST_CASE("transform writes all elements and nothing beyond the last", "", float, double) {
    constexpr Index most = 40;
    for (Index size = 0; size <= most; ++size) {
        TestType a[most + 1], b[most + 1], to[most + 1];
        for (Index i = 0; i <= most; ++i) {
            a[i] = static_cast<TestType>(i) / 3;
            b[i] = static_cast<TestType>(2 * i + 1) / 7;
            to[i] = TestType(-1);
        }
        const auto f = [](const auto& x, const auto& y) { return x - y * TestType(3); };
        const TestType *const x = a, *const y = b;
        simd::transform(size, to, f, x, y);
        for (Index i = 0; i < size; ++i) CHECK(to[i] == Catch::Approx(a[i] - 3 * b[i]));
        for (Index i = size; i <= most; ++i) CHECK(to[i] == TestType(-1));
        for (Index i = 0; i < size; ++i) {  // alone in a register, a number has the same bits
            TestType one = 0;
            simd::transform(1, &one, f, x + i, y + i);
            CHECK(one == to[i]);
        }
    }
}

TEMPLATE_TEST_CASE("update writes all elements and their state, and nothing beyond the last", "", float, double) {
    using T = TestType;
    for (Index size = 0; size <= 40; ++size) {
        CAPTURE(size);
        const Vector<T> x = Vector<T>::LinSpaced(41, 1, 41);
        Vector<T> sum = Vector<T>::Constant(41, T(0.5)), last = Vector<T>::Constant(41, T(-1));
        for (int k = 0; k < 2; ++k) {
            const auto f = [](const auto& value, auto& s, auto& previous) {
                s += value;
                previous = value;
            };
            simd::update(size, f, x.data(), sum.data(), last.data());
        }
        for (Index i = 0; i < 41; ++i) {
            REQUIRE(sum[i] == (i < size ? 2 * x[i] + T(0.5) : T(0.5)));
            REQUIRE(last[i] == (i < size ? x[i] : T(-1)));
        }
    }
}
