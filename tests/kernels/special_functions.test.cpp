#include "gradiva/kernels/special_functions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "catch.hpp"
#include "helpers/largest.hpp"
#include "reference/read_blocks.hpp"

using namespace gradiva;
using Catch::Approx;

TEST_CASE("log Gamma, digamma and trigamma agree with SciPy from 1e-3 to 1e6") {
    const auto blocks = reference::read_blocks(GRADIVA_SOURCE_DIR "/tests/reference/distributions_scipy.txt");
    const auto& x = reference::at(blocks, "special_x").values;
    const auto worst = [&](const char* name, double (*f)(double), bool of_value) {
        const auto& expected = reference::at(blocks, name).values;
        double error = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double size = std::abs(expected[i]);
            error = gradiva_test::largest_of(error,
                                             std::abs(f(x[i]) - expected[i]) / (of_value ? size : std::max(1.0, size)));
        }
        return error;
    };
    REQUIRE(x.size() > 90);
    CHECK(worst("special_log_gamma", kernels::log_gamma, false) < 1e-14);
    CHECK(worst("special_digamma", kernels::digamma, false) < 1e-14);
    CHECK(worst("special_trigamma", kernels::trigamma, true) < 1e-14);
}

TEST_CASE("log Gamma, digamma and trigamma of whole numbers are their sums to the last digits") {
    // log (n - 1)!, sum 1 / k - gamma and pi^2 / 6 - sum 1 / k^2 over k < n; series in 1 / x begin at 10.
    long double factorial = 1, digamma = -0.5772156649015328606065L, trigamma = 1.6449340668482264364724L;
    for (int n = 1; n <= 10; ++n) {
        CAPTURE(n);
        CHECK(std::abs(kernels::log_gamma(n) - static_cast<double>(std::log(factorial))) < 4e-15);
        CHECK(std::abs(kernels::digamma(n) - static_cast<double>(digamma)) < 1.2e-15);
        CHECK(std::abs(kernels::trigamma(n) / static_cast<double>(trigamma) - 1) < 7.5e-16);
        factorial *= n;
        digamma += 1.0L / n;
        trigamma -= 1.0L / (n * n);
    }
}

TEST_CASE("Softplus and its derivative keep their digits and never overflow") {
    for (const double x : {-30.0, -3.0, 0.0, 0.7, 12.0}) {
        CAPTURE(x);
        CHECK(kernels::softplus(x) == Approx(std::log1p(std::exp(x))).epsilon(1e-14));
        CHECK(kernels::sigmoid(x) == Approx(1 / (1 + std::exp(-x))).epsilon(1e-14));
    }
    CHECK(kernels::softplus(1e4) == 1e4);
    CHECK(kernels::softplus(-1e4) == 0);
    CHECK(kernels::softplus(-700.0) > 0);
    CHECK(kernels::sigmoid(1e4) == 1);
    CHECK(kernels::sigmoid(-1e4) == 0);
    CHECK(kernels::sigmoid(-700.0) > 0);
    CHECK(kernels::sigmoid(-HUGE_VAL) == 0);
    CHECK(kernels::sigmoid(HUGE_VAL) == 1);
}

TEST_CASE("NaN is NaN to every special function") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const auto f :
         {kernels::log_gamma, kernels::digamma, kernels::trigamma, kernels::softplus, kernels::sigmoid}) {
        CHECK(std::isnan(f(nan)));
    }
}
