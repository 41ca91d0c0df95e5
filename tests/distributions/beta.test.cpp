#include "gradiva/distributions/beta.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "gradiva/env/space.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/policy.hpp"
#include "helpers/distribution_batch.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;
using Catch::Approx;
using namespace gradiva_test;

namespace {

static_assert(Distribution<Beta<float>> && Distribution<Beta<double>>);
static_assert(Policy<Actor<MlpNetwork<float>, Beta<float>>>);

constexpr float infinity = std::numeric_limits<float>::infinity();
const Box bounds{.size = 3, .low = {-2, 0.5F, -0.1F}, .high = {2, 3, 0.3F}};

/// The head at which 1 + softplus(h) is this alpha or beta, above 1.
double head_of(double parameter) { return parameter - 1 + std::log(-std::expm1(1 - parameter)); }

}  // namespace

TEST_CASE("a Beta distribution has two rows of head per dimension and no parameters") {
    const Beta<float> distribution(bounds);
    CHECK(distribution.head_size() == 6);
    CHECK(distribution.parameter_count() == 0);
    CHECK(distribution.action_shape().integers == 0);
    CHECK(distribution.action_shape().reals == 3);
}

TEST_CASE("a Beta distribution of a space without finite bounds is refused, the element named") {
    CHECK_THROWS_WITH(Beta<float>(Box{.size = 2}),
                      "Beta: element 0 of the action space has the bounds -inf and inf; give it finite bounds, low < "
                      "high, or use DiagonalGaussian, which needs none");
}

TEMPLATE_TEST_CASE("the density of a Beta distribution integrates to 1 over the actions within the bounds", "[draws]",
                   float, double) {
    constexpr Index points = 400;
    DistributionBatch batch(Beta<TestType>(Box{.size = 2, .low = {-2, 0.5F}, .high = {2, 3}}), points * points, 1);
    for (Index k = 0; k < points * points; ++k) {
        batch.head.col(k) << TestType(head_of(3.5)), TestType(head_of(20)), TestType(head_of(4.5)),
            TestType(head_of(5));
        batch.actions.all().reals(0, k) = static_cast<float>((static_cast<double>(k % points) + 0.5) / points);
        batch.actions.all().reals(1, k) = static_cast<float>((static_cast<double>(k / points) + 0.5) / points);
    }
    batch.forward();
    double integral = 0;
    const double cell = 4 * 2.5 / (points * points);
    for (const TestType value : batch.log_prob()) integral += std::exp(static_cast<double>(value)) * cell;
    CHECK(integral == Approx(1).epsilon(1e-5));
}

TEST_CASE("the Beta distribution's gradients agree with central differences") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) CHECK(gradient_error(Beta<double>(bounds), seed) < 1e-6);
}

TEST_CASE("the Beta distribution's Fisher product agrees with the divergence's second derivative") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) CHECK(fisher_error(Beta<double>(bounds), seed) < 1e-6);
}

TEMPLATE_TEST_CASE("samples of a Beta distribution have its moments", "[draws]", float, double) {
    constexpr Index draws = 50'000;
    struct Shape {
        double alpha, beta;
    };
    for (const Shape s : {Shape{1, 1}, {1.2, 4}, {3, 1.7}, {900, 300}}) {
        DistributionBatch batch(Beta<TestType>(Box{.size = 1, .low = {-2}, .high = {2}}), draws, 1);
        batch.head.row(0).setConstant(static_cast<TestType>(s.alpha == 1 ? -100 : head_of(s.alpha)));
        batch.head.row(1).setConstant(static_cast<TestType>(s.beta == 1 ? -100 : head_of(s.beta)));
        batch.forward();
        for (const std::uint64_t seed : {1U, 2U, 3U}) {
            CAPTURE(s.alpha, s.beta, seed);
            batch.sample(seed);
            const Vector<double> x = batch.actions.all().reals.transpose().template cast<double>();
            double moment = 1;  // E x^k is the product of (alpha + r) / (alpha + beta + r), r < k
            for (int k = 1; k <= 4; ++k) {
                moment *= (s.alpha + k - 1) / (s.alpha + s.beta + k - 1);
                CAPTURE(k);
                CHECK(within_four_standard_errors(x.array().pow(k), moment));
            }
            if (s.alpha == 1) continue;  // uniform: all log-probs are the same
            CHECK(within_four_standard_errors(-batch.log_prob().template cast<double>(),
                                              static_cast<double>(batch.entropy()[0])));
        }
    }
}

TEST_CASE("a Beta sample depends on its own stream and head only; dimensions are independent") {
    constexpr Index width = 20'000;
    DistributionBatch batch(Beta<double>(bounds), width, 2);
    for (const Index j : {Index{0}, Index{7}}) {
        std::vector<Rng> one = {action_streams(width, 2)[static_cast<std::size_t>(j)]};
        Beta<double>::Tape tape;
        batch.distribution.forward(batch.head.col(j), {}, tape);
        ActionBatch alone({.reals = 3}, 1);
        batch.distribution.sample(tape, one, alone.all());
        CHECK((alone.all().reals - batch.actions.columns({j, j + 1}).reals).isZero(0));
    }
    for (Index j = 1; j < width; ++j) batch.head.col(j) = batch.head.col(0);
    batch.forward();
    batch.sample(3);
    const Matrix<double> x = batch.actions.all().reals.cast<double>();
    const Vector<double> first = x.row(0).array() - x.row(0).mean(), second = x.row(1).array() - x.row(1).mean();
    CHECK(within_four_standard_errors(first.array() * second.array(), 0));
}

TEST_CASE("the mode maximises the density; it is the middle of a uniform one, and clamped near the ends") {
    DistributionBatch batch(Beta<double>(bounds), 50, 4);
    const Vector<double> sampled = batch.log_prob();
    batch.distribution.mode(batch.tape, batch.actions.all());
    CHECK((batch.log_prob().array() >= sampled.array()).all());
    batch.head.col(0) << -1e4, -1e4, 3, -1e4, 3, -1e4;
    batch.forward();
    batch.distribution.mode(batch.tape, batch.actions.all());
    CHECK(batch.actions.all().reals(0, 0) == 0.5F);
    CHECK(batch.actions.all().reals(1, 0) == 1e-6F);
    CHECK(batch.actions.all().reals(2, 0) == 1 - 1e-6F);
}

TEST_CASE("the divergence of a Beta distribution from itself is 0, and never negative") {
    const DistributionBatch batch(Beta<double>(bounds), 200, 5);
    CHECK(batch.kl_from(batch).isZero(0));
    for (const double scale : {1.0, 1e4}) {
        DistributionBatch wide = batch;
        wide.head *= scale;
        wide.forward();
        DistributionBatch near = wide;
        near.head.array() *= 1 + 1e-15;
        near.forward();
        CHECK((near.kl_from(wide).array() >= 0).all());
    }
}

TEST_CASE("an x outside the open unit interval has log-prob minus infinity, NaN has NaN") {
    DistributionBatch batch(Beta<double>(bounds), 7, 6);
    const std::vector<float> x = {0, 1, -0.5F, 1.5F, infinity, 1e-7F, std::nanf("")};
    for (Index j = 0; j < 7; ++j) batch.actions.all().reals(1, j) = x[static_cast<std::size_t>(j)];
    const Vector<double> log_prob = batch.log_prob();
    for (Index j = 0; j < 5; ++j) CHECK(log_prob[j] == -HUGE_VAL);
    CHECK(std::isfinite(log_prob[5]));
    CHECK(std::isnan(log_prob[6]));
    batch.head.row(1).setConstant(-1e4);  // alpha of 1: the density is finite at 0, but 0 is not inside
    batch.forward();
    CHECK(batch.log_prob()[0] == -HUGE_VAL);
}

TEST_CASE("to_environment of a Beta distribution exceeds no bound, for any x and rounding") {
    const Box awkward{
        .size = 5, .low = {-0.1F, 1e-3F, -3e38F, 0.1F, -16777216}, .high = {0.3F, 1e8F, 3e38F, 0.10000001F, 1}};
    const Beta<float> distribution(awkward);
    const std::vector<float> extremes = {0, 1, -1, 2, 1e-6F, 1 - 1e-6F, 0.99999994F, 1e-30F, infinity, -infinity};
    Rng rng(1);
    ActionBatch stored({.reals = 5}, 2000), sent = stored;
    for (Index j = 0; j < 2000; ++j) {
        const auto k = static_cast<std::size_t>(j);
        stored.all().reals.col(j).setConstant(k < extremes.size() ? extremes[k] : static_cast<float>(rng.uniform()));
    }
    distribution.to_environment(stored.all(), sent.all());
    for (Index i = 0; i < 5; ++i) {
        CAPTURE(i);
        CHECK(sent.all().reals.row(i).minCoeff() == awkward.low_of(i));
        CHECK(sent.all().reals.row(i).maxCoeff() == awkward.high_of(i));
    }
}

TEST_CASE("from_environment inverts to_environment; it clamps at the bounds and is outside beyond them") {
    DistributionBatch batch(Beta<double>(bounds), 1000, 7);
    ActionBatch sent({.reals = 3}, 1000), again = sent;
    batch.distribution.to_environment(batch.actions.all(), sent.all());
    batch.distribution.from_environment(sent.all(), again.all());
    CHECK(largest_size(again.all().reals - batch.actions.all().reals) < 3e-7F);
    sent.all().reals.col(0) << -2, 3, -0.1F;
    sent.all().reals.col(1) << -2.001F, 1, 0;
    sent.all().reals.col(2) << 2.001F, 1, 0;
    batch.distribution.from_environment(sent.all(), batch.actions.all());
    CHECK(batch.actions.all().reals(0, 0) == 1e-6F);
    CHECK(batch.actions.all().reals(1, 0) == 1 - 1e-6F);
    CHECK(batch.actions.all().reals(2, 0) == 1e-6F);
    CHECK(std::isfinite(batch.log_prob()[0]));
    CHECK(batch.actions.all().reals(0, 1) < 0);
    CHECK(batch.actions.all().reals(0, 2) > 1);
    CHECK(batch.log_prob()[1] == -HUGE_VAL);
    CHECK(batch.log_prob()[2] == -HUGE_VAL);
}

TEST_CASE("extreme heads of a Beta distribution give finite numbers in float, clamped at a million") {
    for (const float alpha : {-1e4F, 1e4F, 1e9F}) {
        for (const float beta : {-1e4F, 1e4F, 1e9F}) {
            CAPTURE(alpha, beta);
            DistributionBatch batch(Beta<float>(bounds), 4, 8);
            DistributionBatch other = batch;
            batch.head.topRows(3).setConstant(alpha);
            batch.head.bottomRows(3).setConstant(beta);
            batch.forward();
            batch.sample(1);
            CHECK(stays_finite(batch, other));
            CHECK(batch.actions.all().reals.minCoeff() >= 1e-6F);
            CHECK(batch.actions.all().reals.maxCoeff() <= 1 - 1e-6F);
            CHECK(batch.tape.excess.matrix().maxCoeff() <= Beta<float>::highest_excess);
        }
    }
}

TEST_CASE("a head of a Beta distribution beyond the largest excess has only its inward derivatives") {
    DistributionBatch batch(Beta<double>(Box{.size = 1, .low = {0}, .high = {1}}), 1, 8);
    for (const Index row : {Index{0}, Index{1}}) {
        batch.head << 3, 3;
        batch.head(row, 0) = 2e6;
        batch.forward();
        batch.actions.all().reals(0, 0) = 0.5F;
        for (const double weight : {1.0, -1.0}) {
            CAPTURE(row, weight);
            const auto d = batch.gradient(Vector<double>::Constant(1, weight), 0, nullptr, 0);
            // An action so far from the mode becomes more probable as the head falls.
            CHECK((d[static_cast<std::size_t>(row)] > 0) == (weight < 0));
            CHECK((d[static_cast<std::size_t>(row)] == 0) == (weight < 0 ? false : true));
        }
    }
}

TEMPLATE_TEST_CASE("NaN in a head of a Beta distribution gives NaN in that column only", "", float, double) {
    for (const Index row : {Index{1}, Index{4}}) {
        CAPTURE(row);
        const DistributionBatch old(Beta<TestType>(bounds), 2, 9);
        DistributionBatch batch(Beta<TestType>(bounds), 2, 10);
        batch.head(row, 0) = std::numeric_limits<TestType>::quiet_NaN();
        batch.forward();
        CHECK(std::isnan(batch.log_prob()[0]));
        CHECK(std::isnan(batch.kl_from(old)[0]));
        CHECK(std::isnan(batch.entropy()[0]));
        CHECK(std::isfinite(batch.log_prob()[1] + batch.kl_from(old)[1] + batch.entropy()[1]));
        const auto gradient = batch.gradient(Vector<TestType>::Ones(2), 1, &old, 1);
        CHECK(std::isnan(gradient[1]));
        CHECK(std::isnan(gradient[4]));
        CHECK(std::isfinite(gradient[7]));
        batch.sample(1);
        CHECK(std::isnan(batch.actions.all().reals(1, 0)));
        CHECK(std::isfinite(batch.actions.all().reals(1, 1)));
        batch.distribution.mode(batch.tape, batch.actions.all());
        CHECK(std::isnan(batch.actions.all().reals(1, 0)));
        batch.actions.all().reals(1, 0) = 2;
        CHECK(std::isnan(batch.log_prob()[0]));
    }
}
