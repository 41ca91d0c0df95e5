#include "gradiva/distributions/squashed_gaussian.hpp"

#include <cmath>
#include <limits>

#include "catch.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/policy.hpp"
#include "helpers/distribution_batch.hpp"

using namespace gradiva;
using Catch::Approx;
using namespace gradiva_test;

namespace {

template <class Scalar>
using OfState = SquashedGaussian<Scalar, StateDependentGaussian<Scalar>>;

static_assert(Distribution<SquashedGaussian<float>> && Distribution<SquashedGaussian<double>>);
static_assert(Distribution<OfState<float>> && Distribution<OfState<double>>);
static_assert(Policy<Actor<MlpNetwork<float>, SquashedGaussian<float>>>);
static_assert(Policy<Actor<MlpNetwork<float>, OfState<float>>>);
static_assert(SquashedGaussian<float>::entropy_is_estimate);

constexpr float infinity = std::numeric_limits<float>::infinity();
const Box bounds{.size = 3, .low = {-2, 0.5F, -0.1F}, .high = {2, 3, 0.3F}};

/// Shows nothing, takes three numbers within `bounds`.
struct Levers {
    Box observation_space() const { return {.size = 1}; }
    Box action_space() const { return bounds; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 0; }
    Outcome step(std::span<const float>, Rng&, std::span<float> observation) {
        observation[0] = 0;
        return {};
    }
};

/// Two dimensions of `bounds`, on a grid of the actions' midpoints: weights of the grid's cells are `cell`.
template <class D>
struct Grid {
    static constexpr Index points = 300;

    Grid() : batch(D(Box{.size = 2, .low = {-2, 0.5F}, .high = {2, 3}}), points * points, 1) {
        sent.resize({.reals = 2}, points * points);
        for (Index k = 0; k < points * points; ++k) {
            sent.all().reals(0, k) = static_cast<float>(-2 + 4 * (static_cast<double>(k % points) + 0.5) / points);
            sent.all().reals(1, k) = static_cast<float>(0.5 + 2.5 * (static_cast<double>(k / points) + 0.5) / points);
        }
        batch.distribution.from_environment(sent.all(), batch.actions.all());
    }

    DistributionBatch<D> batch;
    ActionBatch sent;
    double cell = 4 * 2.5 / (points * points);
};

}  // namespace

TEST_CASE("an actor can be given a squashed Gaussian of the environments' action space") {
    const Vectorized envs(Levers{}, {.count = 2});
    const Actor actor(envs, Mlp{.hidden = {}}, SquashedGaussian<float>(envs.action_space(), -1));
    CHECK(actor.head_size() == 3);
    CHECK(actor.own_parameters().size() == 3);
    CHECK(actor.own_parameters()[0] == -1);
    CHECK(actor.action_shape().reals == 3);
    const Actor of_state(envs, Mlp{.hidden = {}}, OfState<float>(envs.action_space()));
    CHECK(of_state.head_size() == 6);
    CHECK(of_state.own_parameters().empty());
}

TEST_CASE("a squashed Gaussian of a space without finite bounds is refused, the element named") {
    CHECK_THROWS_WITH(
        SquashedGaussian<float>(Box{.size = 2, .low = {-1, 0}, .high = {1, infinity}}),
        "SquashedGaussian: element 1 of the action space has the bounds 0 and inf; give it finite bounds, "
        "low < high, or use DiagonalGaussian, which needs none");
    CHECK_THROWS_AS(SquashedGaussian<float>(bounds, 3), Error);
}

TEMPLATE_TEST_CASE("the density of a squashed Gaussian integrates to 1 over the actions within the bounds", "[draws]",
                   SquashedGaussian<float>, SquashedGaussian<double>, OfState<float>, OfState<double>) {
    using Scalar = typename TestType::Scalar;
    Grid<TestType> grid;
    grid.batch.head.setConstant(Scalar(-0.6));
    grid.batch.head.row(0).setConstant(Scalar(0.4));
    grid.batch.own.setConstant(Scalar(-0.6));
    grid.batch.forward();
    double integral = 0;
    for (const Scalar value : grid.batch.log_prob()) integral += std::exp(static_cast<double>(value)) * grid.cell;
    CHECK(integral == Approx(1).epsilon(1e-5));
}

TEST_CASE("the squashed Gaussian's gradients agree with central differences, those of the entropy's estimate too") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CHECK(gradient_error(SquashedGaussian<double>(bounds), seed) < 1e-6);
        CHECK(gradient_error(OfState<double>(bounds, 0.5), seed) < 1e-6);
    }
}

TEST_CASE("the squashed Gaussian's Fisher product agrees with the divergence's second derivative") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CHECK(fisher_error(SquashedGaussian<double>(bounds), seed) < 1e-6);
        CHECK(fisher_error(OfState<double>(bounds), seed) < 1e-6);
    }
}

TEMPLATE_TEST_CASE("the entropy's estimate is minus the mean log-prob of samples", "[draws]", SquashedGaussian<float>,
                   OfState<double>) {
    constexpr Index draws = 100'000;
    DistributionBatch batch(TestType(bounds, 0.1), draws, 1);
    for (Index j = 1; j < draws; ++j) batch.head.col(j) = batch.head.col(0);
    batch.forward();
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        batch.sample(seed);
        CHECK(within_four_standard_errors(-batch.log_prob().template cast<double>(),
                                          static_cast<double>(batch.entropy()[0])));
    }
}

TEMPLATE_TEST_CASE("samples sent to the environment have the moments of the density", "[draws]",
                   SquashedGaussian<float>, OfState<double>) {
    constexpr Index draws = 100'000;
    using Scalar = typename TestType::Scalar;
    Grid<TestType> grid;
    DistributionBatch batch(grid.batch.distribution, draws, 1);
    for (auto* b : {&grid.batch, &batch}) {
        b->head.setConstant(Scalar(-0.5));
        b->head.row(0).setConstant(Scalar(0.4));
        b->own.setConstant(Scalar(-0.5));
        b->forward();
    }
    const Vector<double> density = grid.batch.log_prob().template cast<double>().array().exp() * grid.cell;
    const Matrix<double> at = grid.sent.all().reals.template cast<double>();
    ActionBatch sent({.reals = 2}, draws);
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        batch.sample(seed);
        batch.distribution.to_environment(batch.actions.all(), sent.all());
        const Matrix<double> a = sent.all().reals.template cast<double>();
        for (Index i = 0; i < 2; ++i) {
            CAPTURE(seed, i);
            CHECK(within_four_standard_errors(a.row(i), at.row(i).dot(density)));
            CHECK(within_four_standard_errors(a.row(i).array().square(),
                                              at.row(i).array().square().matrix().dot(density)));
            CHECK(within_four_standard_errors(a.row(i).array().cube(), at.row(i).array().cube().matrix().dot(density)));
        }
    }
}

TEST_CASE("the mode of a squashed Gaussian is sent as the median: half of the samples are below it") {
    constexpr Index draws = 40'000;
    DistributionBatch batch(SquashedGaussian<float>(bounds), draws, 2);
    for (Index j = 1; j < draws; ++j) batch.head.col(j) = batch.head.col(0);
    batch.forward();
    batch.sample(1);
    ActionBatch sent({.reals = 3}, draws), middle({.reals = 3}, draws);
    batch.distribution.to_environment(batch.actions.all(), sent.all());
    batch.distribution.mode(batch.tape, middle.all());
    batch.distribution.to_environment(middle.all(), middle.all());
    const Matrix<double> below = (sent.all().reals.array() < middle.all().reals.array()).cast<double>();
    for (Index i = 0; i < 3; ++i) CHECK(within_four_standard_errors(below.row(i), 0.5));
}

TEST_CASE("to_environment of a squashed Gaussian exceeds no bound, for any u and rounding") {
    const Box awkward{
        .size = 5, .low = {-0.1F, 1e-3F, -3e38F, 0.1F, -16777216}, .high = {0.3F, 1e8F, 3e38F, 0.10000001F, 1}};
    const SquashedGaussian<float> distribution(awkward);
    const std::vector<float> extremes = {-infinity, -1e30F, -1e4F, -20, -9, -1e-30F, 0, 1e-30F, 9, 20, 1e4F, infinity};
    Rng rng(1);
    ActionBatch stored({.reals = 5}, 2000), sent({.reals = 5}, 2000);
    for (Index j = 0; j < 2000; ++j) {
        const auto k = static_cast<std::size_t>(j);
        const float u = k < extremes.size() ? extremes[k] : static_cast<float>(rng.uniform(-12, 12));
        stored.all().reals.col(j).setConstant(u);
    }
    distribution.to_environment(stored.all(), sent.all());
    for (Index i = 0; i < 5; ++i) {
        CAPTURE(i);
        CHECK(sent.all().reals.row(i).minCoeff() == awkward.low_of(i));
        CHECK(sent.all().reals.row(i).maxCoeff() == awkward.high_of(i));
    }
}

TEST_CASE("from_environment of a squashed Gaussian inverts to_environment up to rounding") {
    const SquashedGaussian<float> distribution(bounds);
    Rng rng(2);
    ActionBatch stored({.reals = 3}, 1000), sent = stored, again = stored;
    stored.all().reals = 4 * random_matrix<float>(3, 1000, rng);
    distribution.to_environment(stored.all(), sent.all());
    distribution.from_environment(sent.all(), again.all());
    // An action is off by half a unit in the last place; du/da = 2 cosh^2(u) / (high - low).
    const auto allowed = 1e-7F * stored.all().reals.array().cosh().square() * 2.5F + 1e-6F;
    CHECK(((again.all().reals - stored.all().reals).array().abs() < allowed).all());
}

TEST_CASE("an action at a bound has a finite u near 6.9, one beyond it an infinite u and log-prob -inf") {
    DistributionBatch batch(SquashedGaussian<double>(bounds), 4, 3);
    ActionBatch sent({.reals = 3}, 4);
    for (Index j = 0; j < 4; ++j) sent.all().reals.col(j) << 0, 1, 0;
    sent.all().reals(0, 0) = -2;
    sent.all().reals(0, 1) = 2;
    sent.all().reals(0, 2) = 2.0001F;
    sent.all().reals(0, 3) = -2.0001F;
    batch.distribution.from_environment(sent.all(), batch.actions.all());
    CHECK(static_cast<double>(batch.actions.all().reals(0, 0)) == Approx(std::atanh(2e-6 - 1)).epsilon(1e-5));
    CHECK(static_cast<double>(batch.actions.all().reals(0, 1)) == Approx(-std::atanh(2e-6 - 1)).epsilon(1e-2));
    CHECK(batch.log_prob().head(2).allFinite());
    CHECK(batch.actions.all().reals(0, 2) == infinity);
    CHECK(batch.actions.all().reals(0, 3) == -infinity);
    CHECK(batch.log_prob()[2] == -HUGE_VAL);
    CHECK(batch.log_prob()[3] == -HUGE_VAL);
}

TEMPLATE_TEST_CASE("extreme heads of a squashed Gaussian give finite numbers in float", "", SquashedGaussian<float>,
                   OfState<float>) {
    for (const float mean : {-1e4F, 1e4F}) {
        for (const float log_std : {-1e4F, 1e4F}) {
            CAPTURE(mean, log_std);
            DistributionBatch batch(TestType(bounds), 4, 4);
            DistributionBatch other = batch;
            batch.head.setConstant(log_std);
            batch.head.topRows(3).setConstant(mean);
            batch.own.setConstant(log_std);
            batch.forward();
            batch.sample(1);
            CHECK(stays_finite(batch, other));
        }
    }
}

TEMPLATE_TEST_CASE("NaN in a head or an action of a squashed Gaussian gives NaN in every result", "", float, double) {
    const TestType nan = std::numeric_limits<TestType>::quiet_NaN();
    for (const Index row : {Index{1}, Index{4}}) {
        CAPTURE(row);
        DistributionBatch batch(OfState<TestType>(bounds), 2, 5);
        batch.head(row, 0) = nan;
        batch.forward();
        CHECK(std::isnan(batch.log_prob()[0]));
        CHECK(std::isnan(batch.entropy()[0]));
        CHECK(std::isfinite(batch.log_prob()[1] + batch.entropy()[1]));
        const auto gradient = batch.gradient(Vector<TestType>::Zero(2), 1, nullptr, 0);
        CHECK(std::isnan(gradient[1]));
        CHECK(std::isnan(gradient[4]));
        CHECK(std::isfinite(gradient[7]));
    }
    DistributionBatch batch(SquashedGaussian<TestType>(bounds), 2, 6);
    batch.actions.all().reals(1, 0) = std::numeric_limits<float>::quiet_NaN();
    CHECK(std::isnan(batch.log_prob()[0]));
    ActionBatch sent({.reals = 3}, 2);
    batch.distribution.to_environment(batch.actions.all(), sent.all());
    CHECK(std::isnan(sent.all().reals(1, 0)));
    batch.distribution.from_environment(sent.all(), sent.all());
    CHECK(std::isnan(sent.all().reals(1, 0)));
}
