#include "catch.hpp"

#include "gradiva/kernels/advantage_scan.hpp"
#include "helpers/guarded_matrix.hpp"
#include "helpers/random.hpp"

#include <limits>
#include <vector>

using namespace gradiva;
using gradiva_test::Edge;
using gradiva_test::GuardedMatrix;
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
    for (const Index environments : {1, 2, 3, 4, 5, 8, 15, 16, 17, 33, 40}) {
        for (const Index horizon : {1, 2, 3, 5, 17, 33, 128}) {
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

TEMPLATE_TEST_CASE("the trace may be any number at every step", "", float, double) {
    Rng rng(3);
    const double tolerance = 32 * static_cast<double>(std::numeric_limits<TestType>::epsilon());
    for (const Index environments : {1, 2, 4, 7, 8, 19}) {
        const Matrix<TestType> delta = random_matrix<TestType>(environments, 50, rng);
        const Matrix<TestType> trace = random_matrix<TestType>(environments, 50, rng);
        Matrix<TestType> x = delta;
        kernels::advantage_scan<TestType>(TestType(0.9), trace, x);
        for (Index n = 0; n < environments; ++n) {
            double sum = 0;
            for (Index t = 49; t >= 0; --t) {
                sum = static_cast<double>(delta(n, t)) +
                      static_cast<double>(TestType(0.9)) * static_cast<double>(trace(n, t)) * sum;
                CAPTURE(environments, n, t);
                REQUIRE(std::abs(static_cast<double>(x(n, t)) - sum) <= tolerance * std::max(1.0, std::abs(sum)));
            }
        }
    }
}

TEMPLATE_TEST_CASE("advantages and targets in one pass equal those of a loop", "", float, double) {
    using T = TestType;
    Rng rng(4);
    const double gamma = 0.97, trace = 0.9;
    const double tolerance = 64 * static_cast<double>(std::numeric_limits<T>::epsilon());
    for (const Index environments : {1, 2, 3, 4, 5, 8, 16, 17, 33}) {
        for (const Index horizon : {1, 2, 3, 17, 33}) {
            const Matrix<T> reward = random_matrix<T>(environments, horizon, rng);
            const Matrix<T> value = random_matrix<T>(environments, horizon, rng);
            const Matrix<T> next = random_matrix<T>(environments, horizon, rng);
            const Matrix<T> continues = random_ends<T>(environments, horizon, 0.1, rng);
            Matrix<T> advantage = Matrix<T>::Constant(environments, horizon, 99), target = advantage;
            kernels::generalised_advantage<T>(T(gamma), T(trace), reward, value, next, continues, advantage, target);
            for (Index n = 0; n < environments; ++n) {
                double sum = 0;
                for (Index t = horizon - 1; t >= 0; --t) {
                    const auto at = [n, t](const Matrix<T>& m) { return static_cast<double>(m(n, t)); };
                    sum = at(reward) + gamma * at(next) - at(value) + trace * at(continues) * sum;
                    CAPTURE(environments, horizon, n, t);
                    REQUIRE(at(advantage) == Catch::Approx(sum).margin(tolerance));
                    REQUIRE(at(target) == Catch::Approx(sum + at(value)).margin(tolerance));
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("NaN at a step is NaN at that step and before it, in its own environment alone", "", float, double) {
    using T = TestType;
    for (const Index environments : {1, 2, 4, 5, 8, 17}) {
        Matrix<T> x = Matrix<T>::Ones(environments, 40);
        x(environments - 1, 21) = std::numeric_limits<T>::quiet_NaN();
        kernels::advantage_scan<T>(T(0.5), Matrix<T>::Ones(environments, 40), x);
        for (Index n = 0; n < environments; ++n) {
            for (Index t = 0; t < 40; ++t) {
                CAPTURE(environments, n, t);
                REQUIRE(std::isnan(x(n, t)) == (n == environments - 1 && t <= 21));
            }
        }
    }
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

TEMPLATE_TEST_CASE("a weighted scan of any factors equals a plain loop, and nothing follows from beyond a 0", "", float,
                   double) {
    using T = TestType;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    Rng rng(1);
    for (const Index n : {1, 2, 3, 4, 8, 16, 19}) {
        for (const Index steps : {1, 2, 9, 40}) {
            for (const bool large : {false, true}) {
                CAPTURE(n, steps, large);
                Matrix<T> c(n, steps), x(n, steps);
                for (T& each : c.reshaped())
                    each = rng.below(4) == 0 ? T(0) : static_cast<T>(rng.uniform() * (large ? 20 : 2));
                for (T& each : x.reshaped()) each = rng.below(3) == 0 ? T(0) : static_cast<T>(rng.normal());
                Matrix<T> expected = x;
                for (Index t = steps - 2; t >= 0; --t) {
                    expected.col(t).array() += T(0.1) * c.col(t).array() * expected.col(t + 1).array();
                }
                Matrix<T> out = x;
                kernels::weighted_scan<T>(T(0.1), c, out);
                CHECK(out.isApprox(expected));
            }
        }
    }
    Matrix<T> c(2, 4), x(2, 4);
    c << infinity, infinity, 0, 1, 1, 1, 1, 1;
    x << 0, 0, 0, infinity, 1, 1, 1, 1;
    kernels::weighted_scan<T>(1, c, x);
    CHECK(x.row(0).head(3).isZero(0));
    CHECK(x.row(1) == Eigen::Matrix<T, 1, 4>(4, 3, 2, 1));
    x << 0, 0, 1, 1, 1, 1, 1, 1;
    kernels::weighted_scan<T>(1, c, x);
    CHECK((x(0, 0) == infinity && x(0, 1) == infinity && x(0, 2) == 1));
    c(1, 1) = std::numeric_limits<T>::quiet_NaN();
    kernels::weighted_scan<T>(1, c, x);
    CHECK((std::isnan(x(1, 0)) && std::isnan(x(1, 1)) && !std::isnan(x(1, 2))));
}

TEMPLATE_TEST_CASE("nothing is read or written beyond the steps of a scan", "", float, double) {
    using T = TestType;
    const auto results_at = [](Edge edge, Index environments, Index horizon) {
        Rng rng(12);
        const auto held = [&] { return random_matrix<T>(environments, horizon, rng); };
        const GuardedMatrix<T> reward(held(), edge), value(held(), edge), next_value(held(), edge);
        const GuardedMatrix<T> continues(random_ends<T>(environments, horizon, 0.1, rng), edge);
        GuardedMatrix<T> delta(held(), edge), advantage(held(), edge), target(held(), edge), x(held(), edge);
        kernels::temporal_difference<T>(T(0.9), reward.view(), value.view(), next_value.view(), delta.view());
        kernels::generalised_advantage<T>(T(0.9), T(0.8), reward.view(), value.view(), next_value.view(),
                                          continues.view(), advantage.view(), target.view());
        kernels::weighted_scan<T>(T(0.9), continues.view(), x.view());
        return std::vector<Matrix<T>>{delta.view(), advantage.view(), target.view(), x.view()};
    };
    for (const Index environments : {1, 2, 3, 4, 5, 8, 9, 16, 17, 33, 40}) {
        for (const Index horizon : {1, 2, 3, 9, 17}) {
            CAPTURE(environments, horizon);
            REQUIRE(results_at(Edge::before, environments, horizon) == results_at(Edge::after, environments, horizon));
        }
    }
}
