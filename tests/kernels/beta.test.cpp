#include "gradiva/kernels/beta.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include "catch.hpp"

using namespace gradiva;
using Catch::Approx;

TEMPLATE_TEST_CASE("Excesses are softplus of the head up to the highest, and slopes are those of softplus", "", float,
                   double) {
    Matrix<TestType> head(4, 1);
    head << TestType(-3), TestType(0.5), TestType(50), TestType(200);
    Matrix<double> e(4, 1), slope(4, 1);
    kernels::beta_excess<TestType>(head, 100, e, slope);
    CHECK(e(0, 0) == Approx(std::log(1 + std::exp(-3.0))));
    CHECK(e(1, 0) == Approx(std::log(1 + std::exp(0.5))));
    CHECK(e(2, 0) == Approx(50));
    CHECK(e(3, 0) == 100);
    CHECK(slope(0, 0) == Approx(1 / (1 + std::exp(3.0))));
    CHECK(slope(1, 0) == Approx(1 / (1 + std::exp(-0.5))));
    CHECK(slope(2, 0) == Approx(1));
    CHECK(slope(3, 0) == Approx(1));
}

TEST_CASE("The statistics of a Beta density are its integrals: the logarithm of B, the means of log x and log(1 - x)") {
    const double a = 1.5, b = 3.25;  // alpha - 1 and beta - 1
    constexpr int points = 200'000;
    double norm = 0, log_x = 0, log_rest = 0;
    for (int k = 0; k < points; ++k) {
        const double x = (k + 0.5) / points;
        const double weight = std::pow(x, a) * std::pow(1 - x, b) / points;
        norm += weight;
        log_x += weight * std::log(x);
        log_rest += weight * std::log(1 - x);
    }
    Matrix<double> e(2, 1), log_beta(1, 1), mean(2, 1);
    e << a, b;
    kernels::beta_statistics(e, log_beta, mean);
    CHECK(log_beta(0, 0) == Approx(std::log(norm)).epsilon(1e-8));
    CHECK(mean(0, 0) == Approx(log_x / norm).epsilon(1e-8));
    CHECK(mean(1, 0) == Approx(log_rest / norm).epsilon(1e-8));
}

TEST_CASE("A KL divergence that rounds to a number below 0 is 0") {
    const Matrix<double> e = Matrix<double>::Constant(2, 1, 1.5), mean = Matrix<double>::Constant(2, 1, -0.5);
    const Matrix<double> log_beta_q = Matrix<double>::Constant(1, 1, 2);
    const Matrix<double> log_beta_p = Matrix<double>::Constant(1, 1, 2 - 1e-15);
    Vector<double> out(1);
    kernels::beta_kl<double>(e, log_beta_q, mean, e, log_beta_p, out);
    CHECK(out[0] == 0);
}

TEST_CASE("Log densities at a million keep their digits in float") {
    // Beta(1 + 10^6, 1 + 10^6) is nearly N(1/2, 1 / (8 10^6)).
    const Matrix<double> e = Matrix<double>::Constant(2, 1, 1e6);
    Matrix<double> log_beta(1, 1), mean(2, 1);
    kernels::beta_statistics(e, log_beta, mean);
    Vector<float> out(1);
    kernels::beta_log_prob<float>(e, log_beta, Matrix<float>::Constant(1, 1, 0.5F), out);
    const double expected = 0.5 * std::log(8e6 / (2 * std::numbers::pi));
    CHECK(static_cast<double>(out[0]) == Approx(expected).epsilon(1e-6));
    kernels::beta_entropy<float>(e, log_beta, mean, out);
    CHECK(static_cast<double>(out[0]) == Approx(0.5 - expected).epsilon(1e-6));
}

TEMPLATE_TEST_CASE("An x outside has no gradient by alpha and none by beta, unless its weight is 0", "", float,
                   double) {
    using T = TestType;
    const Matrix<T> head = Matrix<T>::Constant(4, 3, T(0.5));
    Matrix<double> e(4, 3), slope(4, 3), log_beta(2, 3), mean(4, 3);
    kernels::beta_excess<T>(head, 100, e, slope);
    kernels::beta_statistics(e, log_beta, mean);
    for (const float outside : {0.0F, 1.0F, -0.5F, 1.5F, std::numeric_limits<float>::infinity()}) {
        Matrix<float> x = Matrix<float>::Constant(2, 3, 0.3F);
        x(0, 1) = outside;
        for (const T weight : {T(0), T(0.5), T(-0.5)}) {
            CAPTURE(outside, weight);
            Matrix<T> d = Matrix<T>::Constant(4, 3, T(7));
            kernels::add_beta_log_prob_gradient<T>(slope, mean, x, Vector<T>{{T(1), weight, T(1)}}, d);
            CHECK(std::isnan(d(0, 1)) == (weight != 0));
            CHECK(std::isnan(d(2, 1)) == (weight != 0));
            CHECK((d(1, 1) == 7) == (weight == 0));
            CHECK((d(3, 1) == 7) == (weight == 0));
            if (weight == 0) CHECK((d.col(1).array() == 7).all());
            CHECK((d.col(0).allFinite() && d.col(2).allFinite()));
        }
    }
}
