#include "catch.hpp"

#include "gradiva/kernels/ratio_divergence.hpp"
#include "helpers/random.hpp"

#include <cmath>
#include <limits>

using namespace gradiva;
using Catch::Approx;

TEMPLATE_TEST_CASE("the sum of rho - 1 - log rho keeps small divergences, for any number of samples", "", float,
                   double) {
    Rng rng(1);
    for (const Index samples : {0, 1, 7, 8, 31, 32, 33, 128, 1000}) {
        for (const double scale : {1e-4, 1.0, 20.0}) {
            CAPTURE(samples, scale);
            Vector<TestType> log_rho(samples);
            double expected = 0;
            for (Index i = 0; i < samples; ++i) {
                log_rho[i] = static_cast<TestType>(scale * rng.normal());
                const auto x = static_cast<double>(log_rho[i]);
                expected += std::expm1(x) - x;
            }
            const double sum = kernels::sum_of_ratio_divergence<TestType>(log_rho);
            // Of 1 + x^2 / 2 only the digits below 1 are left.
            CHECK(sum == Approx(expected).epsilon(1e-12).margin(1e-15 * static_cast<double>(samples)));
        }
    }
}

TEST_CASE("the sum of rho - 1 - log rho does not hide what is not a number") {
    for (const Index place : {0, 31, 34}) {
        Vector<float> log_rho = Vector<float>::Zero(35);
        log_rho[place] = std::numeric_limits<float>::quiet_NaN();
        CHECK(std::isnan(kernels::sum_of_ratio_divergence<float>(log_rho)));
    }
}

TEST_CASE("a ratio beyond all numbers is a large divergence, wherever it stands") {
    for (const Index place : {0, 34}) {
        for (const float log_rho : {710.0F, 1e30F, std::numeric_limits<float>::infinity()}) {
            Vector<float> x = Vector<float>::Zero(35);
            x[place] = log_rho;
            CHECK(kernels::sum_of_ratio_divergence<float>(x) > 1e307);
        }
    }
}

TEST_CASE("a choice that is never taken is infinitely far, wherever it stands") {
    for (const Index place : {0, 34}) {
        Vector<float> x = Vector<float>::Zero(35);
        x[place] = -std::numeric_limits<float>::infinity();
        CHECK(kernels::sum_of_ratio_divergence<float>(x) == std::numeric_limits<double>::infinity());
    }
}
