#include "catch.hpp"

#include "gradiva/kernels/advantage_scan.hpp"
#include "helpers/random.hpp"

#include <limits>

using namespace gradiva;
using gradiva_test::random_matrix;

namespace {

// 0 where an episode ends, which happens at random, else 1.
template <class T>
Matrix<T> random_ends(Index rows, Index columns, double probability, Rng& rng) {
    Matrix<T> continues = Matrix<T>::Ones(rows, columns);
    for (Index k = 0; k < continues.size(); ++k) {
        if (rng.uniform() < probability) continues.data()[k] = 0;
    }
    return continues;
}

}  // namespace

TEMPLATE_TEST_CASE("the scan equals a loop over each environment, with ends at random", "", float, double) {
    Rng rng(1);
    const double tolerance = 32 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
    for (const Index environments : {1, 3, 8, 17}) {
        for (const Index horizon : {1, 2, 5, 128}) {
            const Matrix<TestType> delta = random_matrix<TestType>(environments, horizon, rng);
            const Matrix<TestType> continues = random_ends<TestType>(environments, horizon, 0.1, rng);
            Matrix<TestType> x = delta;
            kernels::advantage_scan<TestType>(TestType(0.95), continues, x);
            for (Index n = 0; n < environments; ++n) {
                double sum = 0;
                for (Index t = horizon - 1; t >= 0; --t) {
                    sum = static_cast<double>(delta(n, t)) +
                          static_cast<double>(TestType(0.95)) * static_cast<double>(continues(n, t)) * sum;
                    CAPTURE(environments, horizon, n, t);
                    REQUIRE(std::abs(static_cast<double>(x(n, t)) - sum) <= tolerance * std::max(1.0, std::abs(sum)));
                }
            }
        }
    }
}

TEST_CASE("the scan does not look past an end, nor past the horizon") {
    Matrix<double> x(1, 4);
    x << 1, 2, 4, 8;
    Matrix<double> continues(1, 4);
    continues << 1, 0, 1, 1;
    kernels::advantage_scan<double>(0.5, continues, x);
    CHECK(x == Eigen::RowVector4d(2, 2, 8, 8));
    Matrix<double> none(3, 0);
    kernels::advantage_scan<double>(0.5, Matrix<double>(3, 0), none);
    CHECK(none.size() == 0);
}

TEMPLATE_TEST_CASE("the error of temporal difference equals its definition", "", float, double) {
    Rng rng(2);
    const Matrix<TestType> reward = random_matrix<TestType>(7, 13, rng);
    const Matrix<TestType> value = random_matrix<TestType>(7, 13, rng);
    const Matrix<TestType> next = random_matrix<TestType>(7, 13, rng);
    Matrix<TestType> delta(7, 13);
    kernels::temporal_difference<TestType>(TestType(0.9), reward, value, next, delta);
    for (Index k = 0; k < delta.size(); ++k) {
        const auto at = [k](const Matrix<TestType>& m) { return static_cast<double>(m.data()[k]); };
        REQUIRE(at(delta) == Catch::Approx(at(reward) + 0.9 * at(next) - at(value)).margin(1e-6));
    }
}
