#include "catch.hpp"

#include "gradiva/kernels/layer_norm.hpp"
#include "helpers/guarded_matrix.hpp"
#include "helpers/random.hpp"

#include <cmath>
#include <limits>
#include <vector>

using namespace gradiva;
using Catch::Approx;
using gradiva_test::Edge;
using gradiva_test::GuardedMatrix;
using gradiva_test::random_matrix;
using gradiva_test::random_vector;

namespace {

// One column, by plain loops in double.
struct ByHand {
    std::vector<double> n;
    double r = 0;

    template <class T>
    explicit ByHand(const Matrix<T>& z, Index column) {
        double mean = 0;
        double variance = 0;
        for (const T x : z.col(column)) mean += static_cast<double>(x) / static_cast<double>(z.rows());
        for (const T x : z.col(column)) {
            variance += std::pow(static_cast<double>(x) - mean, 2) / static_cast<double>(z.rows());
        }
        r = 1 / std::sqrt(variance + 1e-5);
        for (const T x : z.col(column)) n.push_back((static_cast<double>(x) - mean) * r);
    }

    // dN/dZ times d.
    std::vector<double> derivative(const std::vector<double>& d) const {
        const auto units = static_cast<double>(n.size());
        std::vector<double> result(n.size());
        for (std::size_t i = 0; i < n.size(); ++i) {
            for (std::size_t k = 0; k < n.size(); ++k) {
                result[i] += r * ((i == k ? 1 : 0) - 1 / units - n[i] * n[k] / units) * d[k];
            }
        }
        return result;
    }
};

template <class T>
struct Normalised {
    Matrix<T> y, n;
    Vector<T> r;
    Normalised(const Vector<T>& gain, const Matrix<T>& z) : y(z), n(z.rows(), z.cols()), r(z.cols()) {
        kernels::layer_norm<T>(gain, y, n, r);
    }
};

}  // namespace

TEMPLATE_TEST_CASE("the normalisation of a layer and its derivative equal plain loops, for any number of units", "",
                   float, double) {
    using T = TestType;
    Rng rng(1);
    const double margin = std::is_same_v<T, float> ? 2e-5 : 1e-12;
    for (Index units = 1; units <= 40; ++units) {
        const Matrix<T> z = Matrix<T>::Constant(units, 3, T(5)) + 3 * random_matrix<T>(units, 3, rng);
        const Vector<T> gain = random_vector<T>(units, rng);
        const Matrix<T> direction = random_matrix<T>(units, 3, rng);
        const Normalised<T> out(gain, z);
        Matrix<T> d = direction;
        kernels::multiply_by_layer_norm_derivative<T>(out.n, out.r, d);
        for (Index j = 0; j < 3; ++j) {
            const ByHand expected(z, j);
            const auto derivative = expected.derivative({direction.col(j).begin(), direction.col(j).end()});
            if (units > 1) REQUIRE(static_cast<double>(out.r[j]) == Approx(expected.r).epsilon(1e-4));
            for (Index i = 0; i < units; ++i) {
                CAPTURE(units, i, j);
                const auto k = static_cast<std::size_t>(i);
                const auto near = [margin](double x, double scale) {
                    return Approx(x).margin(margin * scale).epsilon(0);
                };
                REQUIRE(static_cast<double>(out.n(i, j)) == near(expected.n[k], 1));
                REQUIRE(static_cast<double>(out.y(i, j)) == near(static_cast<double>(gain[i]) * expected.n[k], 1));
                REQUIRE(static_cast<double>(d(i, j)) == near(derivative[k], 1 + expected.r));
            }
        }
    }
}

TEMPLATE_TEST_CASE("a normalised column has mean 0 and variance 1", "", float, double) {
    Rng rng(2);
    const Normalised<TestType> out(Vector<TestType>::Ones(64), 10 * random_matrix<TestType>(64, 9, rng));
    for (Index j = 0; j < 9; ++j) {
        const Vector<double> n = out.n.col(j).template cast<double>();
        CHECK(n.mean() == Approx(0).margin(1e-6));
        CHECK(n.squaredNorm() / 64 == Approx(1).epsilon(1e-5));
    }
}

TEMPLATE_TEST_CASE("units that all agree are normalised to finite numbers", "", float, double) {
    for (const int value : {0, 1, -3}) {
        const Normalised<TestType> out(Vector<TestType>::Ones(8), Matrix<TestType>::Constant(8, 2, TestType(value)));
        CHECK(out.y.isZero(0));
        CHECK(out.n.isZero(0));
        CHECK(static_cast<double>(out.r[0]) == Approx(1 / std::sqrt(1e-5)));
        Matrix<TestType> d = Matrix<TestType>::Identity(8, 2);
        kernels::multiply_by_layer_norm_derivative<TestType>(out.n, out.r, d);
        CHECK(d.allFinite());
    }
}

TEMPLATE_TEST_CASE("a normalised column has the same bits in a batch of any width", "", float, double) {
    Rng rng(3);
    for (const Index units : {5, 16, 31, 64}) {
        const Matrix<TestType> z = random_matrix<TestType>(units, 7, rng);
        const Vector<TestType> gain = random_vector<TestType>(units, rng);
        const Normalised<TestType> all(gain, z);
        for (Index j = 0; j < 7; ++j) {
            const Normalised<TestType> alone(gain, z.col(j));
            CHECK(alone.y == all.y.col(j));
            CHECK(alone.r[0] == all.r[j]);
        }
    }
}

TEST_CASE("the gradient of the gains is added, summed over the batch") {
    Rng rng(4);
    const Matrix<double> d = random_matrix<double>(6, 5, rng);
    const Matrix<double> n = random_matrix<double>(6, 5, rng);
    Vector<double> gain = Vector<double>::Constant(6, 2);
    kernels::add_row_sums_of_product<double>(d, n, gain);
    for (Index i = 0; i < 6; ++i) CHECK(gain[i] == Approx(2 + d.row(i).dot(n.row(i))));
}

TEMPLATE_TEST_CASE("equal units are normalised to exactly 0, whatever their value and number", "", float, double) {
    using T = TestType;
    const T least = std::numeric_limits<T>::denorm_min(), most = std::numeric_limits<T>::max();
    for (const T value : {T(33333.3), T(-33333.3), T(0.1), T(-1) / 3, T(1e-30), T(7e15), T(1e30), least, most, -most}) {
        for (Index units = 1; units <= 300; ++units) {
            CAPTURE(units, value);
            const Normalised<T> out(Vector<T>::Ones(units), Matrix<T>::Constant(units, 2, value));
            REQUIRE(out.n.isZero(0));
            REQUIRE(out.y.isZero(0));
            REQUIRE(static_cast<double>(out.r[1]) == Approx(1 / std::sqrt(1e-5)));
            // The same direction in all units changes nothing either.
            Matrix<T> d = Matrix<T>::Constant(units, 2, value);
            kernels::multiply_by_layer_norm_derivative<T>(out.n, out.r, d);
            REQUIRE(d.isZero(0));
        }
    }
}

TEMPLATE_TEST_CASE("units that differ little beside their mean keep their digits", "", float, double) {
    using T = TestType;
    const double scale = std::is_same_v<T, float> ? 1e6 : 1e14;
    Rng rng(5);
    for (const double mean : {scale, -scale}) {
        for (const Index units : {2, 5, 64, 100, 257}) {
            Matrix<T> z(units, 1);
            for (T& x : z.reshaped()) x = static_cast<T>(mean + std::round(64 * rng.uniform()) / 8);
            Matrix<double> centred(units, 1);  // without the mean, which rounding in double would not carry either
            for (Index i = 0; i < units; ++i) centred(i, 0) = static_cast<double>(z(i, 0) - z(0, 0));
            const ByHand expected(centred, 0);
            const Normalised<T> out(Vector<T>::Ones(units), z);
            Matrix<T> d = z;
            kernels::multiply_by_layer_norm_derivative<T>(out.n, out.r, d);
            const auto derivative = expected.derivative({centred.reshaped().begin(), centred.reshaped().end()});
            for (Index i = 0; i < units; ++i) {
                CAPTURE(mean, units, i);
                const auto k = static_cast<std::size_t>(i);
                REQUIRE(static_cast<double>(out.n(i, 0)) == Approx(expected.n[k]).margin(1e-5));
                REQUIRE(static_cast<double>(d(i, 0)) == Approx(derivative[k]).margin(1e-4));
            }
        }
    }
}

TEMPLATE_TEST_CASE("nothing is read or written beyond the units of a layer that is normalised", "", float, double) {
    using T = TestType;
    const auto results_at = [](Edge edge, Index units, Index batch) {
        Rng rng(11);
        const GuardedMatrix<T> gain(random_vector<T>(units, rng), edge);
        GuardedMatrix<T> z(random_matrix<T>(units, batch, rng), edge), n(z.view(), edge), d(z.view(), edge);
        GuardedMatrix<T> r(Vector<T>::Zero(batch), edge), d_gain(Vector<T>::Zero(units), edge);
        kernels::layer_norm<T>(gain.vector(), z.view(), n.view(), r.vector());
        kernels::add_row_sums_of_product<T>(d.view(), n.view(), d_gain.vector());
        kernels::multiply_by_layer_norm_derivative<T>(n.view(), r.vector(), d.view());
        return std::vector<Matrix<T>>{z.view(), n.view(), r.view(), d.view(), d_gain.view()};
    };
    for (const Index units : {1, 3, 7, 8, 16, 17, 35}) {
        for (const Index batch : {1, 3}) {
            CAPTURE(units, batch);
            REQUIRE(results_at(Edge::before, units, batch) == results_at(Edge::after, units, batch));
        }
    }
}
