#include "catch.hpp"

#include "gradiva/kernels/activation.hpp"
#include "helpers/activations.hpp"
#include "helpers/guarded_matrix.hpp"
#include "helpers/random.hpp"

#include <cmath>
#include <limits>
#include <vector>

using namespace gradiva;
using Catch::Approx;
using gradiva_test::activated;
using gradiva_test::all_activations;
using gradiva_test::Edge;
using gradiva_test::GuardedMatrix;
using gradiva_test::random_matrix;
using gradiva_test::random_vector;

TEMPLATE_TEST_CASE("bias and activation equal the scalar functions, for any number of units", "", float, double) {
    Rng rng(1);
    const double margin = 16 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
    for (const Activation f : all_activations) {
        for (Index units = 1; units <= 40; ++units) {
            const Matrix<TestType> before = 3 * random_matrix<TestType>(units, 5, rng);
            const Vector<TestType> b = random_vector<TestType>(units, rng);
            Matrix<TestType> z = before;
            kernels::add_bias_and_activate<TestType>(f, b, z);
            Matrix<TestType> linear = before;
            kernels::add_bias<TestType>(b, linear);
            for (Index j = 0; j < 5; ++j) {
                for (Index i = 0; i < units; ++i) {
                    const TestType x = before(i, j) + b[i];
                    REQUIRE(linear(i, j) == x);
                    REQUIRE(static_cast<double>(z(i, j)) ==
                            Approx(activated(f, static_cast<double>(x))).margin(margin).epsilon(0));
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("activations keep NaN and stand very large numbers", "", float, double) {
    using T = TestType;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    // 33 equal rows: the vector code and the scalar rest after it.
    Matrix<T> z(33, 5);
    z.rowwise() = Eigen::Matrix<T, 1, 5>(T(-1e4), T(1e4), -infinity, infinity, nan);
    const Vector<T> b = Vector<T>::Zero(33);
    Matrix<T> tanh = z;
    kernels::add_bias_and_activate<T>(Activation::tanh, b, tanh);
    kernels::add_bias_and_activate<T>(Activation::relu, b, z);
    for (Index i = 0; i < 33; ++i) {
        CAPTURE(i);
        for (const Index j : {0, 2}) {
            REQUIRE(static_cast<double>(tanh(i, j)) == Approx(-1).epsilon(1e-6));
            REQUIRE(z(i, j) == 0);
        }
        for (const Index j : {1, 3}) REQUIRE(static_cast<double>(tanh(i, j)) == Approx(1).epsilon(1e-6));
        REQUIRE(z(i, 1) == T(1e4));
        REQUIRE(z(i, 3) == infinity);
        REQUIRE(std::isnan(tanh(i, 4)));
        REQUIRE(std::isnan(z(i, 4)));
    }
}

TEST_CASE("a bias that is NaN reaches every column") {
    Matrix<float> z = Matrix<float>::Ones(2, 3);
    Vector<float> b(2);
    b << 0, std::numeric_limits<float>::quiet_NaN();
    kernels::add_bias_and_activate<float>(Activation::relu, b, z);
    CHECK(z.row(0) == Eigen::RowVector3f::Ones());
    CHECK(z.row(1).array().isNaN().all());
}

TEMPLATE_TEST_CASE("the derivative is taken from the output", "", float, double) {
    using T = TestType;
    Rng rng(2);
    const Matrix<T> a = random_matrix<T>(19, 4, rng);
    const Matrix<T> before = random_matrix<T>(19, 4, rng);
    Matrix<T> tanh = before;
    Matrix<T> relu = before;
    kernels::multiply_by_derivative<T>(Activation::tanh, a, tanh);
    kernels::multiply_by_derivative<T>(Activation::relu, a, relu);
    for (Index k = 0; k < a.size(); ++k) {
        const T x = a.data()[k];
        REQUIRE(tanh.data()[k] == Approx(before.data()[k] * (1 - x * x)).epsilon(1e-5));
        REQUIRE(relu.data()[k] == (x > 0 ? before.data()[k] : 0));
    }
}

TEST_CASE("the derivatives agree with central differences of the activations") {
    constexpr double h = 1e-5;
    const Vector<double> zero = Vector<double>::Zero(1);
    for (const Activation f : all_activations) {
        for (const double x : {-2.0, -0.3, 0.1, 1.7}) {
            const auto value = [&](double at) {
                Matrix<double> z = Matrix<double>::Constant(1, 1, at);
                kernels::add_bias_and_activate<double>(f, zero, z);
                return z;
            };
            Matrix<double> d = Matrix<double>::Constant(1, 1, 2);
            const Matrix<double> input = Matrix<double>::Constant(1, 1, x);
            kernels::multiply_by_derivative<double>(f, kernels::keeps_input(f) ? input : value(x), d);
            CHECK(d(0, 0) == Approx(2 * (value(x + h)(0, 0) - value(x - h)(0, 0)) / (2 * h)).margin(1e-9));
        }
    }
}

TEMPLATE_TEST_CASE("row sums are added to what is there, for any number of rows and columns", "", float, double) {
    Rng rng(6);
    for (const Index rows : {1, 2, 3, 15, 16, 17, 40, 64, 70, 150}) {
        for (const Index columns : {1, 2, 15, 33, 128}) {
            CAPTURE(rows, columns);
            const Matrix<TestType> d = random_matrix<TestType>(rows, columns, rng);
            const Vector<TestType> before = random_vector<TestType>(rows, rng);
            Vector<TestType> b = before;
            kernels::add_row_sums<TestType>(d, b);
            for (Index i = 0; i < rows; ++i) {
                double sum = static_cast<double>(before[i]);
                for (Index j = 0; j < columns; ++j) sum += static_cast<double>(d(i, j));
                const double margin = 200 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
                REQUIRE(static_cast<double>(b[i]) == Approx(sum).margin(margin).epsilon(0));
            }
        }
    }
}

TEMPLATE_TEST_CASE("activations, derivatives and row sums read and write nothing beyond their matrices", "", float,
                   double) {
    using T = TestType;
    const auto results_at = [](Edge edge, Index units, Index batch) {
        Rng rng(7);
        const GuardedMatrix<T> bias(random_vector<T>(units, rng), edge);
        GuardedMatrix<T> z(random_matrix<T>(units, batch, rng), edge), d(z.view(), edge);
        GuardedMatrix<T> sums(bias.view(), edge);
        for (const Activation f : all_activations) {
            kernels::add_bias_and_activate<T>(f, bias.vector(), z.view());
            kernels::multiply_by_derivative<T>(f, z.view(), d.view());
        }
        kernels::add_row_sums<T>(d.view(), sums.vector());
        return std::vector<Matrix<T>>{z.view(), d.view(), sums.view()};
    };
    for (const Index units : {1, 3, 8, 16, 17, 32, 33, 64, 70}) {
        for (const Index batch : {1, 2, 17, 33}) {
            CAPTURE(units, batch);
            REQUIRE(results_at(Edge::before, units, batch) == results_at(Edge::after, units, batch));
        }
    }
}

TEMPLATE_TEST_CASE("row sums may be those of some rows and columns of a larger matrix", "", float, double) {
    using T = TestType;
    Rng rng(8);
    const Matrix<T> all = random_matrix<T>(40, 50, rng);
    for (const Index stride : {2, 3, 40}) {  // down to a row of two: its numbers lie two apart
        const Matrix<T> wide = all.topRows(stride);
        for (Index rows = 1; rows < stride; ++rows) {
            CAPTURE(stride, rows);
            Vector<T> sums = Vector<T>::Zero(rows);
            kernels::add_row_sums<T>(wide.block(1, 2, rows, 45), sums);
            REQUIRE(sums.isApprox(Matrix<T>(wide.block(1, 2, rows, 45)).rowwise().sum(), T(1e-5)));
        }
    }
}
