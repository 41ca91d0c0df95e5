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

TEST_CASE("Answers have one logit each in the head; none at all is refused") {
    const Bernoulli<float> distribution(5);
    CHECK(distribution.head_size() == 5);
    CHECK(distribution.parameter_count() == 0);
    CHECK(distribution.action_shape().integers == 5);
    CHECK_THROWS_WITH(Bernoulli<float>(0), "Bernoulli: answers is 0; give at least 1");
}

TEMPLATE_TEST_CASE("The probabilities of all answers add up to 1", "", float, double) {
    DistributionBatch batch(Bernoulli<TestType>(3), 8, 1);
    batch.head.colwise() = Vector<TestType>(4 * batch.head.col(0));
    batch.forward();
    for (int k = 0; k < 8; ++k) batch.actions.all().integers.col(k) << (k & 1), (k >> 1 & 1), (k >> 2);
    CHECK(batch.log_prob().template cast<double>().array().exp().sum() == Approx(1).epsilon(1e-5));
}

TEST_CASE("Gradients and the Fisher product of answers agree with central differences") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CHECK(gradient_error(Bernoulli<double>(4), seed) < 1e-6);
        CHECK(fisher_error(Bernoulli<double>(4), seed) < 1e-6);
    }
}

TEST_CASE("Yes is drawn as often as its probability says, and is the mode where it is likelier") {
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

TEMPLATE_TEST_CASE("Extreme logits give certain answers and finite numbers", "", float, double) {
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

TEST_CASE("A logit that is not a number gives no finite log-probability") {
    DistributionBatch batch(Bernoulli<float>(2), 1, 1);
    batch.head(0, 0) = std::numeric_limits<float>::quiet_NaN();
    batch.forward();
    CHECK(std::isnan(batch.log_prob()[0]));
    CHECK(std::isnan(batch.entropy()[0]));
}
