#include "gradiva/kernels/gaussian.hpp"
#include "gradiva/kernels/reparameterise.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "helpers/guarded_matrix.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using Catch::Approx;
using gradiva_test::Edge;
using gradiva_test::GuardedMatrix;
using gradiva_test::random_matrix;
using gradiva_test::random_vector;

namespace {

/// The kernels' inputs for one batch, and the same in double, written out one number at a time.
template <class T>
struct Batch {
    Batch(Index dimensions, Index width, Rng& rng)
        : mean(random_matrix<T>(dimensions, width, rng)), log_std(random_vector<T>(dimensions, rng)), s(dimensions),
          std(dimensions), inverse_std(dimensions), action(2 * random_matrix<float>(dimensions, width, rng)) {
        kernels::gaussian_deviation<T>(log_std, T(-20), T(2), s, std, inverse_std);
    }

    kernels::GaussianScale<T> scale() const { return kernels::GaussianScale<T>::shared(s, inverse_std); }

    double m(Index i, Index j) const { return static_cast<double>(mean(i, j)); }
    double sigma(Index i) const { return std::exp(static_cast<double>(log_std[i])); }
    double density(Index i, Index j) const {
        const double z = (static_cast<double>(action(i, j)) - m(i, j)) / sigma(i);
        return std::exp(-z * z / 2) / (sigma(i) * std::sqrt(2 * std::numbers::pi));
    }

    Matrix<T> mean;
    Vector<T> log_std, s, std, inverse_std;
    Matrix<float> action;
};

template <class T>
constexpr double tolerance = std::is_same_v<T, float> ? 2e-5 : 1e-12;

/// What the kernels make of samples at this edge of memory, with one deviation for all or one for each.
template <class T>
std::vector<Matrix<T>> results_at(Edge edge, Index dimensions, Index width, bool shared) {
    Rng rng(9);
    const Index columns = shared ? 1 : width;
    const auto held = [&](Index rows, Index count) { return random_matrix<T>(rows, count, rng); };
    const GuardedMatrix<T> mean(held(dimensions, width), edge), other(held(dimensions, width), edge);
    const GuardedMatrix<T> s(held(dimensions, columns), edge), other_s(held(dimensions, columns), edge);
    const GuardedMatrix<T> inverse(held(dimensions, columns), edge);
    const GuardedMatrix<float> action(random_matrix<float>(dimensions, width, rng), edge);
    const GuardedMatrix<T> w(held(width, 1), edge);
    GuardedMatrix<T> out(Matrix<T>::Zero(width, 1), edge), kl(Matrix<T>::Zero(width, 1), edge);
    GuardedMatrix<T> d_mean(held(dimensions, width), edge), d_s(held(dimensions, columns), edge);
    using Scale = kernels::GaussianScale<T>;
    const auto scale =
        shared ? Scale::shared(s.vector(), inverse.vector()) : Scale::per_sample(s.view(), inverse.view());
    const auto other_scale =
        shared ? Scale::shared(other_s.vector(), inverse.vector()) : Scale::per_sample(other_s.view(), inverse.view());
    kernels::gaussian_log_prob<T>(mean.view(), scale, action.view(), out.vector());
    kernels::gaussian_kl<T>(other.view(), other_scale, mean.view(), scale, kl.vector());
    kernels::gaussian_log_prob_gradient<T>(mean.view(), scale, action.view(), w.vector(), d_mean.view(), d_s.view());
    kernels::add_gaussian_kl_gradient<T>(other.view(), other_scale, mean.view(), scale, T(0.7), d_mean.view(),
                                         d_s.view());
    return {out.view(), kl.view(), d_mean.view(), d_s.view()};
}

}  // namespace

TEMPLATE_TEST_CASE("Nothing is read or written beyond means, deviations, actions and gradients", "", float, double) {
    for (const Index dimensions : {1, 2, 3, 5, 17, 35}) {
        for (const Index width : {1, 3, 7, 8, 16, 17, 33}) {
            for (const bool shared : {true, false}) {
                CAPTURE(dimensions, width, shared);
                REQUIRE(results_at<TestType>(Edge::before, dimensions, width, shared) ==
                        results_at<TestType>(Edge::after, dimensions, width, shared));
            }
        }
    }
}

TEMPLATE_TEST_CASE("Samples may be some rows of larger matrices", "", float, double) {
    using T = TestType;
    Rng rng(10);
    for (const Index dimensions : {1, 2, 5}) {
        for (const Index gap : {1, 2}) {
            for (const Index width : {1, 3, 16, 33}) {
                CAPTURE(dimensions, gap, width);
                const Batch<T> all(dimensions + gap, width, rng);
                const Matrix<T> mean = all.mean.topRows(dimensions);
                const Matrix<float> action = all.action.topRows(dimensions);
                const Vector<T> w = random_vector<T>(width, rng);
                Vector<T> out(width), dense_out(width), d_s = Vector<T>::Zero(dimensions), dense_d_s = d_s;
                Matrix<T> d_mean = Matrix<T>::Constant(dimensions + gap, width, 99), dense_d_mean = mean;
                kernels::gaussian_log_prob<T>(all.mean.topRows(dimensions), all.scale(), action, out);
                kernels::gaussian_log_prob<T>(mean, all.scale(), all.action.topRows(dimensions), dense_out);
                REQUIRE(out.isApprox(dense_out, T(1e-6)));
                kernels::gaussian_log_prob<T>(mean, all.scale(), action, dense_out);
                REQUIRE(out.isApprox(dense_out, T(1e-6)));
                kernels::gaussian_log_prob_gradient<T>(mean, all.scale(), action, w, d_mean.topRows(dimensions), d_s);
                kernels::gaussian_log_prob_gradient<T>(mean, all.scale(), action, w, dense_d_mean, dense_d_s);
                REQUIRE(d_mean.topRows(dimensions).isApprox(dense_d_mean, T(1e-5)));
                REQUIRE((d_mean.bottomRows(gap).array() == 99).all());
                REQUIRE(d_s.isApprox(dense_d_s, T(1e-4)));
            }
        }
    }
}

TEMPLATE_TEST_CASE("Deviations are exponentials of the log-std within its bounds", "", float, double) {
    Vector<TestType> log_std(5), s(5), std(5), inverse(5);
    log_std << -25, -20, 0.5, 2, 3;
    kernels::gaussian_deviation<TestType>(log_std, TestType(-20), TestType(2), s, std, inverse);
    const std::vector<double> held = {-20, -20, 0.5, 2, 2};
    for (Index i = 0; i < 5; ++i) {
        CAPTURE(i);
        const auto k = static_cast<std::size_t>(i);
        CHECK(static_cast<double>(s[i]) == held[k]);
        CHECK(static_cast<double>(std[i]) == Approx(std::exp(held[k])).epsilon(1e-6));
        CHECK(static_cast<double>(inverse[i]) == Approx(std::exp(-held[k])).epsilon(1e-6));
    }
}

TEMPLATE_TEST_CASE("Log-probs of actions equal logarithms of products of normal densities", "", float, double) {
    Rng rng(1);
    for (const Index dimensions : {1, 2, 3, 4, 5, 17, 40}) {
        for (const Index width : {1, 3, 5, 17, 33, 64}) {
            const Batch<TestType> b(dimensions, width, rng);
            Vector<TestType> out(width);
            kernels::gaussian_log_prob<TestType>(b.mean, b.scale(), b.action, out);
            for (Index j = 0; j < width; ++j) {
                CAPTURE(dimensions, width, j);
                double expected = 0;
                for (Index i = 0; i < dimensions; ++i) expected += std::log(b.density(i, j));
                REQUIRE(static_cast<double>(out[j]) ==
                        Approx(expected).margin(tolerance<TestType>).epsilon(tolerance<TestType>));
            }
        }
    }
}

TEMPLATE_TEST_CASE("A log-prob has the same bits in a batch of any width", "", float, double) {
    Rng rng(6);
    for (const Index dimensions : {1, 2, 3, 6, 17, 40}) {
        const Batch<TestType> b(dimensions, 70, rng);
        Vector<TestType> together(70), alone(1);
        kernels::gaussian_log_prob<TestType>(b.mean, b.scale(), b.action, together);
        for (Index j = 0; j < 70; ++j) {
            CAPTURE(dimensions, j);
            kernels::gaussian_log_prob<TestType>(b.mean.col(j), b.scale(), b.action.col(j), alone);
            REQUIRE(alone[0] == together[j]);
        }
    }
}

TEMPLATE_TEST_CASE("The gradient of log-probs equals its equation, for any number of dimensions and samples", "", float,
                   double) {
    using T = TestType;
    Rng rng(7);
    for (const Index dimensions : {1, 2, 3, 4, 5, 17, 40}) {
        for (const Index width : {1, 3, 17, 33, 64}) {
            const Batch<T> b(dimensions, width, rng);
            const Vector<T> w = random_vector<T>(width, rng);
            Matrix<T> d_mean = Matrix<T>::Constant(dimensions, width, 99);  // to be overwritten
            Vector<T> d_s = Vector<T>::Constant(dimensions, 5);             // to be added to
            kernels::gaussian_log_prob_gradient<T>(b.mean, b.scale(), b.action, w, d_mean, d_s);
            for (Index i = 0; i < dimensions; ++i) {
                double by_s = 5;
                for (Index j = 0; j < width; ++j) {
                    const double z = (static_cast<double>(b.action(i, j)) - b.m(i, j)) / b.sigma(i);
                    const auto weight = static_cast<double>(w[j]);
                    CAPTURE(dimensions, width, i, j);
                    REQUIRE(static_cast<double>(d_mean(i, j)) ==
                            Approx(weight * z / b.sigma(i)).margin(tolerance<T>).epsilon(tolerance<T>));
                    by_s += weight * (z * z - 1);
                }
                REQUIRE(static_cast<double>(d_s[i]) == Approx(by_s).margin(10 * tolerance<T>).epsilon(tolerance<T>));
            }
        }
    }
}

TEMPLATE_TEST_CASE("The entropy is minus the mean log density", "", float, double) {
    Rng rng(2);
    const Batch<TestType> b(4, 1, rng);
    double expected = 0;
    for (Index i = 0; i < 4; ++i) {
        // -int p log p over 12 deviations to each side, by the trapezoidal rule
        constexpr int pieces = 4000;
        const double step = 24 * b.sigma(i) / pieces;
        for (int k = 0; k <= pieces; ++k) {
            const double z = -12 + 24.0 * k / pieces;
            const double log_p = -z * z / 2 - std::log(b.sigma(i) * std::sqrt(2 * std::numbers::pi));
            expected -= std::exp(log_p) * log_p * step;
        }
    }
    CHECK(static_cast<double>(kernels::gaussian_entropy<TestType>(b.s)) == Approx(expected).epsilon(1e-5));
}

TEMPLATE_TEST_CASE("The divergence equals its closed form, is 0 from itself and never negative", "", float, double) {
    Rng rng(3);
    const Batch<TestType> q(3, 6, rng), p(3, 6, rng);
    Vector<TestType> out(6);
    kernels::gaussian_kl<TestType>(q.mean, q.scale(), p.mean, p.scale(), out);
    for (Index j = 0; j < 6; ++j) {
        double expected = 0;
        for (Index i = 0; i < 3; ++i) {
            const double d = q.m(i, j) - p.m(i, j);
            expected += std::log(p.sigma(i) / q.sigma(i)) +
                        (q.sigma(i) * q.sigma(i) + d * d) / (2 * p.sigma(i) * p.sigma(i)) - 0.5;
        }
        CHECK(static_cast<double>(out[j]) == Approx(expected).epsilon(10 * tolerance<TestType>));
        CHECK(out[j] > 0);
    }
    kernels::gaussian_kl<TestType>(p.mean, p.scale(), p.mean, p.scale(), out);
    CHECK(out.isZero(0));
    const Vector<TestType> nearly = p.s.array() + std::numeric_limits<TestType>::epsilon();
    kernels::gaussian_kl<TestType>(p.mean, kernels::GaussianScale<TestType>::shared(nearly, p.inverse_std), p.mean,
                                   p.scale(), out);
    CHECK((out.array() >= 0).all());
}

TEMPLATE_TEST_CASE("The Fisher matrix of a normal distribution is 1 / sigma^2 and 2 per column", "", float, double) {
    Rng rng(4);
    const Batch<TestType> b(3, 5, rng);
    const Matrix<TestType> t = random_matrix<TestType>(3, 5, rng);
    const Vector<TestType> t_s = random_vector<TestType>(3, rng);
    Matrix<TestType> out(3, 5);
    Vector<TestType> out_s = Vector<TestType>::Ones(3);
    kernels::gaussian_fisher<TestType>(b.scale(), t, t_s, out, out_s);
    for (Index i = 0; i < 3; ++i) {
        for (Index j = 0; j < 5; ++j) {
            CHECK(static_cast<double>(out(i, j)) ==
                  Approx(static_cast<double>(t(i, j)) / (b.sigma(i) * b.sigma(i))).epsilon(1e-5));
        }
        CHECK(static_cast<double>(out_s[i]) == Approx(1 + 2 * 5 * static_cast<double>(t_s[i])).epsilon(1e-5));
    }
}

TEMPLATE_TEST_CASE("A reparameterised sample is the mean and the deviation times the noise", "", float, double) {
    Rng rng(5);
    const Batch<TestType> b(3, 4, rng);
    const Matrix<TestType> noise = random_matrix<TestType>(3, 4, rng);
    Matrix<TestType> action(3, 4);
    kernels::reparameterise<TestType>(b.mean, b.std, noise, action);
    for (Index j = 0; j < 4; ++j) {
        for (Index i = 0; i < 3; ++i) {
            CHECK(static_cast<double>(action(i, j)) ==
                  Approx(b.m(i, j) + b.sigma(i) * static_cast<double>(noise(i, j))).epsilon(1e-5).margin(1e-6));
        }
    }
}

TEST_CASE("Nothing over- or underflows in float at the bounds of the log-std") {
    const Matrix<float> mean = Matrix<float>::Zero(1, 2);
    Matrix<float> action(1, 2);
    action << 1000, -1000;
    for (const float log_std : {-100.0F, 100.0F}) {
        CAPTURE(log_std);
        Vector<float> s(1), std(1), inverse(1), out(2), d_s = Vector<float>::Zero(1);
        Matrix<float> d_mean = Matrix<float>::Zero(1, 2);
        kernels::gaussian_deviation<float>(Vector<float>::Constant(1, log_std), -20.0F, 2.0F, s, std, inverse);
        const auto scale = kernels::GaussianScale<float>::shared(s, inverse);
        kernels::gaussian_log_prob<float>(mean, scale, action, out);
        kernels::gaussian_log_prob_gradient<float>(mean, scale, action, Vector<float>::Ones(2), d_mean, d_s);
        CHECK(out.allFinite());
        CHECK(d_mean.allFinite());
        CHECK(d_mean.array().abs().minCoeff() > 0);
        CHECK(std::isfinite(d_s[0]));
        CHECK(std[0] > 0);
    }
}

TEMPLATE_TEST_CASE("NaN in one sample is NaN in its log-prob and gradient alone, and in the sum over samples", "",
                   float, double) {
    using T = TestType;
    Rng rng(8);
    Batch<T> b(3, 40, rng);
    for (const Index bad : {0, 17, 39}) {
        Matrix<T> mean = b.mean, d_mean(3, 40);
        mean(1, bad) = std::numeric_limits<T>::quiet_NaN();
        Vector<T> out(40), d_s = Vector<T>::Zero(3);
        kernels::gaussian_log_prob<T>(mean, b.scale(), b.action, out);
        kernels::gaussian_log_prob_gradient<T>(mean, b.scale(), b.action, Vector<T>::Ones(40), d_mean, d_s);
        for (Index j = 0; j < 40; ++j) {
            CHECK(std::isnan(out[j]) == (j == bad));
            CHECK(std::isnan(d_mean(1, j)) == (j == bad));
            CHECK(std::isfinite(d_mean(0, j)));
        }
        CHECK(std::isnan(d_s[1]));
        CHECK(std::isfinite(d_s[2]));
    }
}

TEMPLATE_TEST_CASE("NaN in a mean, a log-std or an action is NaN in what is made of it", "", float, double) {
    const TestType nan = std::numeric_limits<TestType>::quiet_NaN();
    const auto log_prob = [](TestType mean, TestType log_std, float action) {
        Vector<TestType> s(1), std(1), inverse(1), out(1);
        kernels::gaussian_deviation<TestType>(Vector<TestType>::Constant(1, log_std), TestType(-20), TestType(2), s,
                                              std, inverse);
        kernels::gaussian_log_prob<TestType>(Matrix<TestType>::Constant(1, 1, mean),
                                             kernels::GaussianScale<TestType>::shared(s, inverse),
                                             Matrix<float>::Constant(1, 1, action), out);
        return out[0];
    };
    CHECK(std::isfinite(log_prob(0, 0, 0)));
    CHECK(std::isnan(log_prob(nan, 0, 0)));
    CHECK(std::isnan(log_prob(0, nan, 0)));
    CHECK(std::isnan(log_prob(0, 0, std::numeric_limits<float>::quiet_NaN())));
}
