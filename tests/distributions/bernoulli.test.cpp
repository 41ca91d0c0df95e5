#include "gradiva/distributions/bernoulli.hpp"

#include <limits>

#include "catch.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/policy.hpp"
#include "helpers/distribution_batch.hpp"

using namespace gradiva;
using namespace gradiva_test;
using Catch::Approx;

static_assert(Distribution<Bernoulli<float>>);
static_assert(Distribution<Bernoulli<double>>);
static_assert(Policy<Actor<MlpNetwork<float>, Bernoulli<float>>>);

TEST_CASE("a Bernoulli distribution has one logit per answer, and refuses to have none") {
    const Bernoulli<float> distribution(5);
    CHECK(distribution.head_size() == 5);
    CHECK(distribution.parameter_count() == 0);
    CHECK(distribution.action_shape().integers == 5);
    CHECK_THROWS_WITH(Bernoulli<float>(0), "Bernoulli: answers is 0; give at least 1");
}

TEMPLATE_TEST_CASE("the probabilities of all answers add up to 1", "", float, double) {
    DistributionBatch batch(Bernoulli<TestType>(3), 8, 1);
    batch.head.colwise() = Vector<TestType>(4 * batch.head.col(0));
    batch.forward();
    for (int k = 0; k < 8; ++k) batch.actions.all().integers.col(k) << (k & 1), (k >> 1 & 1), (k >> 2);
    CHECK(batch.log_prob().template cast<double>().array().exp().sum() == Approx(1).epsilon(1e-5));
}

TEST_CASE("gradients and the Fisher product of answers agree with central differences") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CHECK(gradient_error(Bernoulli<double>(4), seed) < 1e-6);
        CHECK(fisher_error(Bernoulli<double>(4), seed) < 1e-6);
    }
}

TEST_CASE("1 is drawn with its probability, and is the mode where it is more probable") {
    constexpr Index draws = 100'000;
    DistributionBatch batch(Bernoulli<double>(2), draws, 1);
    batch.head.colwise() = Eigen::Vector2d(1.5, -0.3);
    batch.forward();
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        batch.sample(seed);
        const Vector<double> first = batch.actions.all().integers.row(0).cast<double>().transpose();
        const Vector<double> second = batch.actions.all().integers.row(1).cast<double>().transpose();
        CHECK(within_four_standard_errors(first, 1 / (1 + std::exp(-1.5))));
        CHECK(within_four_standard_errors(second, 1 / (1 + std::exp(0.3))));
        CHECK(within_four_standard_errors(first.cwiseProduct(second), 1 / (1 + std::exp(-1.5)) / (1 + std::exp(0.3))));
        CHECK(within_four_standard_errors(-batch.log_prob(), batch.entropy()[0]));
    }
    batch.distribution.mode(batch.tape, batch.actions.all());
    CHECK((batch.actions.all().integers.row(0).array() == 1).all());
    CHECK((batch.actions.all().integers.row(1).array() == 0).all());
}

TEMPLATE_TEST_CASE("extreme logits give certain answers and finite numbers", "", float, double) {
    DistributionBatch<Bernoulli<TestType>> batch(Bernoulli<TestType>(2), 9, 1), other(Bernoulli<TestType>(2), 9, 2);
    batch.head.row(0).setConstant(TestType(1e4));
    batch.head.row(1).setConstant(TestType(-1e4));
    batch.forward();
    batch.sample(1);
    CHECK((batch.actions.all().integers.row(0).array() == 1).all());
    CHECK((batch.actions.all().integers.row(1).array() == 0).all());
    CHECK(batch.log_prob().isZero(0));
    CHECK(batch.entropy().isZero(0));
    CHECK(stays_finite(batch, other));
}

TEST_CASE("a logit of NaN gives no finite log-probability") {
    DistributionBatch batch(Bernoulli<float>(2), 1, 1);
    batch.head(0, 0) = std::numeric_limits<float>::quiet_NaN();
    batch.forward();
    CHECK(std::isnan(batch.log_prob()[0]));
    CHECK(std::isnan(batch.entropy()[0]));
}

TEMPLATE_TEST_CASE("an infinite logit gives a deterministic answer, with entropy and gradient exactly 0", "", float,
                   double) {
    using T = TestType;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    DistributionBatch<Bernoulli<T>> batch(Bernoulli<T>(3), 9, 1), other(Bernoulli<T>(3), 9, 2);
    for (auto* b : {&batch, &other}) {
        b->head.row(0).setConstant(infinity);
        b->head.row(1).setConstant(-infinity);
        b->forward();
        b->sample(1);
    }
    DistributionBatch<Bernoulli<T>> middle(Bernoulli<T>(1), 9, 1), other_middle(Bernoulli<T>(1), 9, 2);
    middle.head = batch.head.row(2);
    middle.forward();
    other_middle.head = other.head.row(2);
    other_middle.forward();
    middle.actions.all().integers = batch.actions.all().integers.row(2);
    CHECK((batch.actions.all().integers.row(0).array() == 1).all());
    CHECK((batch.actions.all().integers.row(1).array() == 0).all());
    CHECK(batch.log_prob().isApprox(middle.log_prob()));
    CHECK(batch.entropy().isApprox(middle.entropy()));
    CHECK(batch.kl_from(other).isApprox(middle.kl_from(other_middle)));
    CHECK(batch.kl_from(batch).isZero(0));
    const std::vector<T> gradient = batch.gradient(Vector<T>::Ones(9), T(0.7), &other, T(1.3));
    const std::vector<T> of_middle = middle.gradient(Vector<T>::Ones(9), T(0.7), &other_middle, T(1.3));
    const std::vector<T> fisher = batch.fisher(Matrix<T>::Ones(3, 9), Vector<T>(0));
    for (std::size_t j = 0; j < 9; ++j) {
        CHECK(gradient[3 * j] == 0);
        CHECK(gradient[3 * j + 1] == 0);
        CHECK(gradient[3 * j + 2] == of_middle[j]);
        CHECK(fisher[3 * j] == 0);
        CHECK(fisher[3 * j + 1] == 0);
    }
    batch.actions.all().integers.row(1).setOnes();  // what has probability 0
    CHECK((batch.log_prob().array() == -infinity).all());
    batch.actions.all().integers.row(1).setZero();
    batch.actions.all().integers.row(0).setZero();
    CHECK((batch.log_prob().array() == -infinity).all());
}

TEMPLATE_TEST_CASE("divergences from and to a deterministic answer are the limits of those of finite logits", "", float,
                   double) {
    using T = TestType;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    const auto kl = [](T from, T to) {
        DistributionBatch<Bernoulli<T>> q(Bernoulli<T>(1), 1, 1), p(Bernoulli<T>(1), 1, 1);
        q.head(0, 0) = from;
        p.head(0, 0) = to;
        q.forward();
        p.forward();
        return static_cast<double>(p.kl_from(q)[0]);
    };
    for (const T sign : {T(1), T(-1)}) {
        CHECK(kl(sign * infinity, sign * infinity) == 0);
        CHECK(kl(sign * infinity, sign * T(0.5)) == Approx(std::log1p(std::exp(-0.5))));
        CHECK(kl(sign * infinity, 0) == Approx(std::log(2)));
        CHECK(kl(sign * infinity, sign * T(-3)) == Approx(3 + std::log1p(std::exp(-3.0))));
        CHECK(kl(sign * infinity, -sign * infinity) == std::numeric_limits<double>::infinity());
        CHECK(kl(T(0.5), sign * infinity) == std::numeric_limits<double>::infinity());
        CHECK(std::isnan(kl(sign * infinity, std::numeric_limits<T>::quiet_NaN())));
        CHECK(std::isnan(kl(std::numeric_limits<T>::quiet_NaN(), sign * infinity)));
    }
}
