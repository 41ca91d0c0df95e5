#include "gradiva/kernels/gamma_variate.hpp"

#include <cmath>

#include "catch.hpp"
#include "helpers/distribution_batch.hpp"

using namespace gradiva;
using gradiva_test::within_four_standard_errors;

TEST_CASE("Gamma variates have the moments of their shape") {
    for (const double shape : {1.0, 1.5, 7.0, 1e6}) {
        for (const std::uint64_t seed : {1U, 2U, 3U}) {
            CAPTURE(shape, seed);
            Rng rng(seed);
            Vector<double> z(100'000);
            for (double& value : z) value = (kernels::gamma_variate(shape, rng) - shape) / std::sqrt(shape);
            CHECK(within_four_standard_errors(z, 0));
            CHECK(within_four_standard_errors(z.array().square(), 1));
            CHECK(within_four_standard_errors(z.array().cube(), 2 / std::sqrt(shape)));
            CHECK(within_four_standard_errors(z.array().pow(4), 3 + 6 / shape));
        }
    }
}

TEST_CASE("A gamma variate of NaN is NaN, at once and without a draw") {
    Rng rng(1), untouched(1);
    CHECK(std::isnan(kernels::gamma_variate(std::nan(""), rng)));
    CHECK(rng() == untouched());
}
