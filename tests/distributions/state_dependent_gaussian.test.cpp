#include "gradiva/distributions/state_dependent_gaussian.hpp"

#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/env/space.hpp"

#include <cmath>

#include "catch.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/policy.hpp"
#include "helpers/distribution_batch.hpp"

using namespace gradiva;
using Catch::Approx;
using namespace gradiva_test;

namespace {

static_assert(Distribution<StateDependentGaussian<float>>);
static_assert(Distribution<StateDependentGaussian<double>>);
static_assert(Policy<Actor<MlpNetwork<float>, StateDependentGaussian<float>>>);

constexpr Index dimensions = 3, width = 5;

}  // namespace

TEST_CASE("a state-dependent Gaussian has a mean and a log-std per dimension in its head, and no parameters") {
    const StateDependentGaussian<float> distribution(4, -1);
    CHECK(distribution.head_size() == 8);
    CHECK(distribution.parameter_count() == 0);
    CHECK(distribution.action_shape().integers == 0);
    CHECK(distribution.action_shape().reals == 4);
}

TEST_CASE("a state-dependent Gaussian of no dimensions, or of a log-std out of bounds, is refused") {
    CHECK_THROWS_WITH(StateDependentGaussian<float>(0), "StateDependentGaussian: dimensions is 0; give at least 1");
    CHECK_THROWS_WITH(StateDependentGaussian<float>(1, 2.5),
                      "StateDependentGaussian: initial_log_std is 2.5; give a number from -20 to 2");
    CHECK_THROWS_AS(StateDependentGaussian<double>(1, -20.5), Error);
    CHECK_THROWS_AS(StateDependentGaussian<double>(1, std::nan("")), Error);
    CHECK_NOTHROW(StateDependentGaussian<double>(1, -20));
    CHECK_NOTHROW(StateDependentGaussian<double>(1, 2));
}

TEST_CASE("a head of zeros gives the initial log-std") {
    DistributionBatch batch(StateDependentGaussian<double>(dimensions, -1.5), width, 1);
    batch.head.setZero();
    batch.forward();
    CHECK(batch.tape.log_std.matrix().isConstant(-1.5, 0));
    batch.head(dimensions + 1, 2) = 0.5;
    batch.forward();
    CHECK(batch.tape.log_std(1, 2) == -1);
}

TEMPLATE_TEST_CASE("each column is the diagonal Gaussian of its own means and log-stds", "", float, double) {
    const DistributionBatch q(StateDependentGaussian<TestType>(dimensions), width, 1);
    const DistributionBatch p(StateDependentGaussian<TestType>(dimensions), width, 2);
    const DiagonalGaussian<TestType> diagonal(dimensions);
    const auto close = [](TestType x) { return Approx(x).epsilon(1e-5); };  // other vector code, other roundings
    ActionBatch mode({.reals = dimensions}, width), other_mode({.reals = dimensions}, 1);
    p.distribution.mode(p.tape, mode.all());
    for (Index j = 0; j < width; ++j) {
        CAPTURE(j);
        typename DiagonalGaussian<TestType>::Tape from, to;
        const Vector<TestType> own_q = q.head.col(j).tail(dimensions), own_p = p.head.col(j).tail(dimensions);
        diagonal.forward(q.head.block(0, j, dimensions, 1), {own_q.data(), 3}, from);
        diagonal.forward(p.head.block(0, j, dimensions, 1), {own_p.data(), 3}, to);
        Vector<TestType> out(1);
        diagonal.log_prob(to, p.actions.columns({j, j + 1}), out);
        CHECK(out[0] == close(p.log_prob()[j]));
        diagonal.entropy(to, out);
        CHECK(out[0] == close(p.entropy()[j]));
        diagonal.kl(from, to, out);
        CHECK(out[0] == close(p.kl_from(q)[j]));
        diagonal.mode(to, other_mode.all());
        CHECK((other_mode.all().reals - mode.columns({j, j + 1}).reals).isZero(0));
    }
}

TEST_CASE("the state-dependent Gaussian's gradients agree with central differences") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CHECK(gradient_error(StateDependentGaussian<double>(dimensions, -0.3), seed) < 1e-6);
    }
}

TEST_CASE("the state-dependent Gaussian's Fisher product agrees with the divergence's second derivative") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CHECK(fisher_error(StateDependentGaussian<double>(dimensions, 0.2), seed) < 1e-6);
    }
}

TEMPLATE_TEST_CASE("the density of a state-dependent Gaussian integrates to 1", "", float, double) {
    constexpr Index points = 161;
    DistributionBatch batch(StateDependentGaussian<TestType>(2), points * points, 1);
    const double first = std::exp(-0.7) * 16 / (points - 1), second = std::exp(0.4) * 16 / (points - 1);
    for (Index k = 0; k < points * points; ++k) {
        batch.head.col(k) << TestType(0.3), TestType(-1.1), TestType(-0.7), TestType(0.4);
        batch.actions.all().reals(0, k) = static_cast<float>(0.3 + first * static_cast<double>(k % points - 80));
        batch.actions.all().reals(1, k) = static_cast<float>(-1.1 + second * static_cast<double>(k / points - 80));
    }
    batch.forward();
    double integral = 0;
    for (const TestType value : batch.log_prob()) integral += std::exp(static_cast<double>(value)) * first * second;
    CHECK(integral == Approx(1).epsilon(1e-5));
}

TEMPLATE_TEST_CASE("samples of a state-dependent Gaussian have each column's mean and deviation", "", float, double) {
    constexpr Index draws = 50'000;
    DistributionBatch batch(StateDependentGaussian<TestType>(2, 0.5), draws, 1);
    for (Index j = 0; j < draws; ++j) {  // two kinds of columns in turn
        if (j % 2 == 0) batch.head.col(j) << TestType(0.4), TestType(-2), TestType(-1.5), TestType(0);
        if (j % 2 == 1) batch.head.col(j) << TestType(-3), TestType(1), TestType(0.5), TestType(-2.5);
    }
    batch.forward();
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        batch.sample(seed);
        Vector<double> z(draws), product(draws);
        product.setOnes();
        for (Index i = 0; i < 2; ++i) {
            CAPTURE(seed, i);
            for (Index j = 0; j < draws; ++j) {
                const double sigma = std::exp(0.5 + static_cast<double>(batch.head(2 + i, j)));
                const double from_mean =
                    static_cast<double>(batch.actions.all().reals(i, j)) - static_cast<double>(batch.head(i, j));
                z[j] = from_mean / sigma;
            }
            CHECK(within_four_standard_errors(z, 0));
            CHECK(within_four_standard_errors(z.array().square(), 1));
            CHECK(within_four_standard_errors(z.array().cube(), 0));
            CHECK(within_four_standard_errors(z.array().pow(4), 3));
            product.array() *= z.array();
        }
        CHECK(within_four_standard_errors(product, 0));
    }
}

TEST_CASE("a state-dependent sample depends on its own stream and head only, and equals the reparameterised one") {
    DistributionBatch batch(StateDependentGaussian<double>(dimensions), width, 4);
    Matrix<double> noise(dimensions, width), action(dimensions, width);
    std::vector<Rng> rng = action_streams(width, 4);
    batch.distribution.draw_noise(rng, noise);
    batch.distribution.reparameterise(batch.tape, noise, action);
    CHECK((batch.actions.all().reals - action.cast<float>()).isZero(0));
    for (Index j = 0; j < width; ++j) {
        std::vector<Rng> one = {action_streams(width, 4)[static_cast<std::size_t>(j)]};
        StateDependentGaussian<double>::Tape tape;
        batch.distribution.forward(batch.head.col(j), {}, tape);
        ActionBatch alone({.reals = dimensions}, 1);
        batch.distribution.sample(tape, one, alone.all());
        CHECK((alone.all().reals - batch.actions.columns({j, j + 1}).reals).isZero(0));
    }
}

TEST_CASE("the gradient of a reparameterised state-dependent sample agrees with central differences") {
    DistributionBatch batch(StateDependentGaussian<double>(dimensions, -0.4), width, 5);
    Rng rng(6);
    const Matrix<double> noise = random_matrix<double>(dimensions, width, rng);
    const Matrix<double> d_action = random_matrix<double>(dimensions, width, rng);
    const auto expected = numeric_gradient(batch.head_span(), [&] {
        batch.forward();
        Matrix<double> action(dimensions, width);
        batch.distribution.reparameterise(batch.tape, noise, action);
        return (d_action.array() * action.array()).sum();
    });
    batch.forward();
    Matrix<double> d_head(2 * dimensions, width);
    batch.distribution.reparameterised_backward(batch.tape, noise, d_action, d_head, {});
    CHECK(relative_error({d_head.data(), static_cast<std::size_t>(d_head.size())}, expected) < 1e-6);
}

TEST_CASE("a state's log-std is clamped to its bounds, beyond which it has only inward derivatives") {
    DistributionBatch inside(StateDependentGaussian<double>(dimensions, 1), 1, 7);
    inside.head.bottomRows(dimensions) << -21, 0, 1;
    inside.forward();
    auto outside = inside;
    outside.head.bottomRows(dimensions) << -31, 0, 1.5;
    outside.forward();
    CHECK(outside.log_prob() == inside.log_prob());
    CHECK(outside.entropy() == inside.entropy());
    CHECK(outside.kl_from(inside).isZero(0));
    const Matrix<double> direction = Matrix<double>::Ones(2 * dimensions, 1);
    CHECK(outside.fisher(direction, {}) == inside.fisher(direction, {}));
    for (const double sign : {1.0, -1.0}) {
        CAPTURE(sign);
        const Vector<double> weight = Vector<double>::Constant(1, sign);
        const auto whole = inside.gradient(weight, sign, &inside, sign);
        const auto projected = outside.gradient(weight, sign, &inside, sign);
        Matrix<double> d_head(2 * dimensions, 1), ones = Matrix<double>::Ones(dimensions, 1);
        Matrix<double> d_inside = d_head;
        const Matrix<double> d_action = sign * ones;
        outside.distribution.reparameterised_backward(outside.tape, ones, d_action, d_head, {});
        inside.distribution.reparameterised_backward(inside.tape, ones, d_action, d_inside, {});
        const auto check = [&](const double* of_outside, const double* of_inside) {
            for (Index i = 0; i < 2 * dimensions; ++i) {
                CAPTURE(i);
                const bool low = i == dimensions, high = i == dimensions + 2;
                const bool dropped = (low && of_inside[i] > 0) || (high && of_inside[i] < 0);
                CHECK(of_outside[i] == (dropped ? 0 : of_inside[i]));
                CHECK(of_inside[i] != 0);
            }
        };
        check(projected.data(), whole.data());
        check(d_head.data(), d_inside.data());
    }
}

TEST_CASE("the projection at a bound applies to the whole derivative, with the entropy of squashing") {
    const Box box{.size = 1, .low = {-1}, .high = {1}};
    using Squashed = SquashedGaussian<double, StateDependentGaussian<double>>;
    DistributionBatch inside(Squashed(box), 1, 7), outside(Squashed(box), 1, 7);
    inside.head << 0.1, 2;
    outside.head << 0.1, 2.5;
    inside.forward();
    outside.forward();
    for (const double weight : {-2.0, -0.5, 0.5, 2.0}) {
        for (const double entropy : {-1.0, 0.0, 1.0}) {
            CAPTURE(weight, entropy);
            const auto whole = inside.gradient(Vector<double>::Constant(1, weight), entropy, nullptr, 0);
            const auto projected = outside.gradient(Vector<double>::Constant(1, weight), entropy, nullptr, 0);
            CHECK(projected[0] == whole[0]);
            CHECK(projected[1] == (whole[1] < 0 ? 0 : whole[1]));
        }
    }
}

TEST_CASE("extreme heads of a state-dependent Gaussian give finite numbers in float") {
    for (const float mean : {-1e4F, 1e4F}) {
        for (const float log_std : {-1e4F, 1e4F}) {
            CAPTURE(mean, log_std);
            DistributionBatch batch(StateDependentGaussian<float>(dimensions), width, 8);
            DistributionBatch other = batch;
            batch.head.topRows(dimensions).setConstant(mean);
            batch.head.bottomRows(dimensions).setConstant(log_std);
            batch.forward();
            batch.sample(1);
            CHECK(stays_finite(batch, other));
        }
    }
}

TEST_CASE("NaN in a column's head gives NaN in that column only") {
    for (const Index row : {Index{1}, dimensions + 1}) {
        CAPTURE(row);
        const DistributionBatch old(StateDependentGaussian<double>(dimensions), 2, 9);
        DistributionBatch batch(StateDependentGaussian<double>(dimensions), 2, 10);
        batch.head(row, 0) = std::nan("");
        batch.forward();
        CHECK(std::isnan(batch.log_prob()[0]));
        CHECK(std::isnan(batch.kl_from(old)[0]));
        CHECK(std::isnan(batch.entropy()[0]) == (row > dimensions));
        CHECK(std::isfinite(batch.log_prob()[1] + batch.kl_from(old)[1] + batch.entropy()[1]));
        const auto gradient = batch.gradient(Vector<double>::Ones(2), 0, nullptr, std::nan(""));
        CHECK(std::isnan(gradient[1]));
        CHECK(std::isnan(gradient[dimensions + 1]));
        CHECK(std::isfinite(gradient[2 * dimensions + 1]));
        batch.sample(1);
        CHECK(std::isnan(batch.actions.all().reals(1, 0)));
        CHECK(std::isfinite(batch.actions.all().reals(1, 1)));
    }
}
