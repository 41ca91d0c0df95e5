#include "gradiva/kernels/squash.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using Catch::Approx;
using gradiva_test::numeric_gradient;
using gradiva_test::relative_error;

namespace {

/// E log(1 - tanh^2(m + sigma z)) by the trapezoidal rule.
double by_integration(double m, double sigma) {
    constexpr int pieces = 24'000;
    double sum = 0;
    for (int k = 0; k <= pieces; ++k) {
        const double z = -12 + 24.0 * k / pieces;
        const double u = std::abs(m + sigma * z);
        const double f = 2 * (std::numbers::ln2 - u - std::log1p(std::exp(-2 * u)));
        sum += std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi) * f * 24 / pieces;
    }
    return sum;
}

}  // namespace

TEMPLATE_TEST_CASE("Log slopes of the tangent are those of 1 - tanh^2, and the lines of their ends", "", float,
                   double) {
    Matrix<float> u(2, 4);
    u << 0.3F, -1.7F, 1e4F, std::numeric_limits<float>::infinity(),  //
        2.5F, 0, -90, 0.3F;
    Vector<TestType> out = Vector<TestType>::Constant(4, 1);
    kernels::subtract_squash_log_slope<TestType>(u, out);
    const auto f = [](double x) { return std::log(1 - std::tanh(x) * std::tanh(x)); };
    const double tolerance = std::is_same_v<TestType, float> ? 1e-6 : 1e-12;
    CHECK(static_cast<double>(out[0]) == Approx(1 - f(static_cast<double>(u(0, 0))) - f(2.5)).epsilon(tolerance));
    CHECK(static_cast<double>(out[1]) == Approx(1 - f(static_cast<double>(u(0, 1)))).epsilon(tolerance));
    CHECK(static_cast<double>(out[2]) == Approx(1 + 2 * (1e4 + 90) - 4 * std::numbers::ln2).epsilon(tolerance));
    CHECK(static_cast<double>(out[3]) == Approx(1 - f(static_cast<double>(u(1, 3)))).epsilon(tolerance));
}

TEST_CASE("The mean log slope by quadrature is as near to the integral as the kernel says") {
    struct Claim {
        double sigma, error;
    };
    for (const Claim claim : {Claim{0.1, 2e-9},
                              {0.5, 2e-9},
                              {1, 2e-9},
                              {1.5, 6e-8},
                              {2, 4e-6},
                              {3, 2e-4},
                              {5, 5e-3},
                              {std::exp(2), 0.03}}) {
        for (double m = -10; m <= 10; m += 0.25) {
            CAPTURE(claim.sigma, m);
            const double got = kernels::expected_squash_log_slope<double>(Vector<double>::Constant(1, m),
                                                                          Vector<double>::Constant(1, claim.sigma));
            REQUIRE(std::abs(got - by_integration(m, claim.sigma)) < claim.error);
        }
    }
}

TEST_CASE("In float the mean log slope is that in double, summed over the elements") {
    Vector<float> mean(3), std(3);
    mean << 0.3F, -2, 7;
    std << 0.1F, 1, 0.5F;
    const double expected = kernels::expected_squash_log_slope<double>(mean.cast<double>(), std.cast<double>());
    double sum = 0;
    for (Index i = 0; i < 3; ++i) sum += by_integration(static_cast<double>(mean[i]), static_cast<double>(std[i]));
    CHECK(static_cast<double>(kernels::expected_squash_log_slope<float>(mean, std)) == Approx(expected).epsilon(1e-6));
    CHECK(expected == Approx(sum).epsilon(1e-8));
}

TEST_CASE("The gradient of the mean log slope agrees with central differences") {
    Vector<double> x(6);  // means, then log sigma
    x << 0.3, -2, 7, -1, 0.5, 1.9;
    const auto expected = numeric_gradient({x.data(), 6}, [&] {
        return 0.7 * kernels::expected_squash_log_slope<double>(x.head(3), Vector<double>(x.tail(3).array().exp()));
    });
    Vector<double> d = Vector<double>::Constant(6, 2);
    const Vector<double> sigma = x.tail(3).array().exp();
    kernels::add_expected_squash_log_slope_gradient<double>(x.head(3), sigma, 0.7, d.head(3), d.tail(3));
    d.array() -= 2;
    CHECK(relative_error({d.data(), 6}, expected) < 1e-6);
}
