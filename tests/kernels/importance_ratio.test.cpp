#include "catch.hpp"

#include "gradiva/kernels/importance_ratio.hpp"
#include "helpers/guarded_matrix.hpp"
#include "helpers/random.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

using namespace gradiva;
using gradiva_test::Edge;
using gradiva_test::GuardedMatrix;
using gradiva_test::random_vector;

namespace {

template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T>
constexpr T not_a_number = std::numeric_limits<T>::quiet_NaN();

template <class T>
T ratio(T log_rho) {
    Vector<T> out(1);
    kernels::ratios<T>(Vector<T>::Constant(1, log_rho), Vector<T>::Zero(1), out);
    return out[0];
}

template <class T>
T held(T log_rho, T most, T a) {
    Matrix<T> out(1, 1);
    kernels::weigh_by_truncated_ratios<T>(Matrix<T>::Constant(1, 1, log_rho), most, Matrix<T>::Constant(1, 1, a), out);
    return out(0, 0);
}

template <class T>
bool same_bits(T a, T b) {
    return std::memcmp(&a, &b, sizeof(T)) == 0;
}

}  // namespace

TEMPLATE_TEST_CASE("a ratio is the exponential of the difference of log-probs up to the largest number", "",
                   float, double) {
    using T = TestType;
    const T largest = std::log(std::numeric_limits<T>::max());
    for (T x = -largest + 2; x < largest; x += T(0.37)) {
        CAPTURE(x);
        REQUIRE(std::abs(ratio(x) / std::exp(x) - 1) < 4 * std::numeric_limits<T>::epsilon());
    }
    for (const T x : {T(-0.0), T(1), largest - T(0.9), largest - T(0.4), largest - T(0.1), largest - T(1e-3)}) {
        CAPTURE(x);
        CHECK(std::abs(ratio(x) / std::exp(x) - 1) < 4 * std::numeric_limits<T>::epsilon());
    }
    CHECK(ratio(T(0)) == 1);
    const T bound = std::floor(largest);  // from where on a factor e is taken out first
    for (const T x : {std::nextafter(bound, T(0)), bound, std::nextafter(bound, largest)}) {
        CAPTURE(x);
        CHECK(std::abs(ratio(x) / std::exp(x) - 1) < 4 * std::numeric_limits<T>::epsilon());
    }
}

TEMPLATE_TEST_CASE("a ratio beyond all numbers is infinite, that of an impossible choice 0, and NaN stays NaN", "",
                   float, double) {
    using T = TestType;
    const T largest = std::log(std::numeric_limits<T>::max());
    for (const T x : {largest + T(0.01), largest + T(1), T(2) * largest, T(1e10), infinity<T>}) {
        CAPTURE(x);
        CHECK(ratio(x) == infinity<T>);
    }
    for (const T x : {T(-1.1) * largest, T(-1e10), -infinity<T>}) CHECK(ratio(x) == 0);
    CHECK(std::isnan(ratio(not_a_number<T>)));
}

TEMPLATE_TEST_CASE("an infinite number weighted with 0 is 0, with anything else infinite, and NaN stays NaN", "", float,
                   double) {
    using T = TestType;
    using V = simd::Lanes<T>;
    const auto weigh = [](T x, T a) {
        const T alone = kernels::weigh<T>(x, a);
        const T in_register = kernels::weigh<V>(simd::broadcast(x), simd::broadcast(a))[1];
        CHECK((alone == in_register || (std::isnan(alone) && std::isnan(in_register))));
        return alone;
    };
    for (const T zero : {T(0), T(-0.0)}) {
        for (const T x : {infinity<T>, -infinity<T>, std::numeric_limits<T>::max(), T(3), T(0)})
            CHECK(weigh(x, zero) == 0);
        CHECK(std::isnan(weigh(not_a_number<T>, zero)));
    }
    CHECK(weigh(infinity<T>, T(-0.5)) == -infinity<T>);
    CHECK(weigh(infinity<T>, std::numeric_limits<T>::denorm_min()) == infinity<T>);
    CHECK(weigh(T(3), T(-0.5)) == T(-1.5));
    CHECK(weigh(T(0.25), T(8)) == 2);
    CHECK(std::isnan(weigh(T(1), not_a_number<T>)));
    CHECK(std::isnan(weigh(infinity<T>, not_a_number<T>)));
}

TEMPLATE_TEST_CASE("ratios are truncated at their bound before they weight, and NaN stays NaN", "", float, double) {
    using T = TestType;
    CHECK(held(T(3), T(2), T(5)) == 10);
    CHECK(held(T(-infinity<T>), T(2), T(5)) == 0);
    CHECK(held(T(1e10), T(2), T(5)) == 10);
    CHECK(held(T(1e10), infinity<T>, T(5)) == infinity<T>);
    CHECK(held(T(1e10), infinity<T>, T(0)) == 0);
    CHECK(held(std::log(T(0.5)), T(2), T(5)) == Catch::Approx(2.5));
    CHECK(std::isnan(held(not_a_number<T>, T(2), T(5))));
    CHECK(std::isnan(held(not_a_number<T>, T(2), T(0))));
}

TEMPLATE_TEST_CASE("what is weighted with ratios is multiplied with them", "", float, double) {
    using T = TestType;
    Rng rng(6);
    const Vector<T> now = random_vector<T>(40, rng), old = random_vector<T>(40, rng), a = random_vector<T>(40, rng);
    Vector<T> rho(40), out(40);
    kernels::ratios<T>(now, old, rho);
    kernels::weigh_by_ratios<T>(now, old, a, out);
    for (Index i = 0; i < 40; ++i) {
        CHECK(rho[i] == Catch::Approx(std::exp(now[i] - old[i])).epsilon(1e-6));
        CHECK(out[i] == rho[i] * a[i]);
    }
}

TEMPLATE_TEST_CASE("ratios and what they weight have the same bits wherever they stand", "", float, double) {
    using T = TestType;
    Rng rng(1);
    constexpr Index most = 40;
    Vector<T> now = 3 * random_vector<T>(most, rng), old = random_vector<T>(most, rng), a = random_vector<T>(most, rng);
    now[7] = T(1000);
    now[20] = -infinity<T>;
    a[7] = 0;
    for (Index begin = 0; begin < most; ++begin) {
        for (Index size = 0; begin + size <= most; ++size) {
            const auto part = [&](const Vector<T>& x) { return x.segment(begin, size); };
            Vector<T> rho = Vector<T>::Constant(size + 1, 99), weighted = rho;
            Matrix<T> all = rho;
            kernels::ratios<T>(part(now), part(old), rho.head(size));
            kernels::weigh_by_ratios<T>(part(now), part(old), part(a), weighted.head(size));
            kernels::weigh_by_truncated_ratios<T>(part(now), T(2), part(a), all.topRows(size));
            CHECK((rho[size] == 99 && weighted[size] == 99 && all(size, 0) == 99));
            for (Index i = 0; i < size; ++i) {
                CAPTURE(begin, size, i);
                Vector<T> alone(1);
                const auto one = [&](const Vector<T>& x) { return x.segment(begin + i, 1); };
                kernels::ratios<T>(one(now), one(old), alone);
                REQUIRE(same_bits(rho[i], alone[0]));
                kernels::weigh_by_ratios<T>(one(now), one(old), one(a), alone);
                REQUIRE(same_bits(weighted[i], alone[0]));
                REQUIRE(same_bits(all(i, 0), held(now[begin + i], T(2), a[begin + i])));
            }
        }
    }
}

TEMPLATE_TEST_CASE("nothing is read or written beyond the numbers that ratios weight", "", float, double) {
    using T = TestType;
    const auto results_at = [](Edge edge, Index size) {
        Rng rng(5);
        const GuardedMatrix<T> now(random_vector<T>(size, rng), edge), old(random_vector<T>(size, rng), edge);
        GuardedMatrix<T> a(random_vector<T>(size, rng), edge), rho(a.view(), edge), weighed(a.view(), edge);
        kernels::ratios<T>(now.vector(), old.vector(), rho.vector());
        kernels::weigh_by_ratios<T>(now.vector(), old.vector(), a.vector(), weighed.vector());
        kernels::weigh_by_truncated_ratios<T>(now.view(), T(1.1), old.view(), a.view());
        return std::vector<Matrix<T>>{rho.view(), weighed.view(), a.view()};
    };
    for (Index size = 1; size <= 40; ++size) {
        CAPTURE(size);
        REQUIRE(results_at(Edge::before, size) == results_at(Edge::after, size));
    }
}
