#include "gradiva/distributions/diagonal_gaussian.hpp"

#include <cmath>
#include <limits>
#include <numbers>

#include "catch.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/policy.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using Catch::Approx;
using gradiva_test::numeric_gradient;
using gradiva_test::random_matrix;
using gradiva_test::random_vector;
using gradiva_test::relative_error;

namespace {

static_assert(Distribution<DiagonalGaussian<float>>);
static_assert(Distribution<DiagonalGaussian<double>>);
static_assert(Policy<Actor<MlpNetwork<double>, DiagonalGaussian<double>>>);

constexpr Index dimensions = 3, width = 5;

/// A distribution over a batch, with random heads, log-stds and actions.
struct Batch {
    explicit Batch(std::uint64_t seed) : actions({.reals = dimensions}, width) {
        Rng rng(seed);
        head = random_matrix<double>(dimensions, width, rng);
        own = random_vector<double>(dimensions, rng);
        actions.all().reals = 2 * random_matrix<float>(dimensions, width, rng);
        forward();
    }

    void forward() { distribution.forward(head, {own.data(), static_cast<std::size_t>(dimensions)}, tape); }
    Vector<double> log_prob() {
        Vector<double> out(width);
        distribution.log_prob(tape, actions.all(), out);
        return out;
    }
    Vector<double> entropy() {
        Vector<double> out(width);
        distribution.entropy(tape, out);
        return out;
    }
    Vector<double> kl_from(const Batch& from) {
        Vector<double> out(width);
        distribution.kl(from.tape, tape, out);
        return out;
    }
    std::span<double> head_span() { return {head.data(), static_cast<std::size_t>(head.size())}; }
    std::span<double> own_span() { return {own.data(), static_cast<std::size_t>(own.size())}; }

    DiagonalGaussian<double> distribution{dimensions};
    Matrix<double> head;
    Vector<double> own;
    ActionBatch actions;
    DiagonalGaussian<double>::Tape tape;
};

struct Parts {
    double log_prob, entropy, kl;
};

std::vector<Rng> streams(Index count, std::uint64_t seed) {
    std::vector<Rng> rng;
    for (Index j = 0; j < count; ++j) rng.emplace_back(seed, Purpose::action, static_cast<std::uint64_t>(j));
    return rng;
}

/// Shows nothing, takes two numbers from [-1, 1] and from [0, unbounded).
struct Levers {
    Box observation_space() const { return {.size = 1}; }
    Box action_space() const {
        return {.size = 2, .low = {-1, 0}, .high = {1, std::numeric_limits<float>::infinity()}};
    }
    void reset(Rng&, std::span<float> observation) { observation[0] = 0; }
    Outcome step(std::span<const float> action, Rng&, std::span<float> observation) {
        observation[0] = 0;
        return {.reward = static_cast<double>(action[0])};
    }
};

}  // namespace

TEST_CASE("a diagonal Gaussian has a mean and a learned log-std per dimension") {
    const DiagonalGaussian<float> distribution(4, -1);
    CHECK(distribution.head_size() == 4);
    CHECK(distribution.parameter_count() == 4);
    CHECK(distribution.action_shape().integers == 0);
    CHECK(distribution.action_shape().reals == 4);
    std::vector<float> own(4, 9.0F);
    distribution.initialise(own);
    CHECK(own == std::vector<float>(4, -1.0F));
}

TEST_CASE("a diagonal Gaussian of no dimensions, or of a log-std out of bounds, is refused") {
    CHECK_THROWS_WITH(DiagonalGaussian<float>(0), "DiagonalGaussian: dimensions is 0; give at least 1");
    CHECK_THROWS_WITH(DiagonalGaussian<float>(1, 2.5),
                      "DiagonalGaussian: initial_log_std is 2.5; give a number from -20 to 2");
    CHECK_THROWS_AS(DiagonalGaussian<double>(1, -20.5), Error);
    CHECK_THROWS_AS(DiagonalGaussian<double>(1, std::nan("")), Error);
    CHECK_NOTHROW(DiagonalGaussian<double>(1, -20));
    CHECK_NOTHROW(DiagonalGaussian<double>(1, 2));
}

TEST_CASE("an actor for a Box gets a diagonal Gaussian, whose log-stds are the last of its weights") {
    const Vectorized envs(Levers{}, {.count = 2});
    Actor actor(envs, Mlp{.hidden = {}});
    STATIC_REQUIRE(std::same_as<decltype(actor), Actor<MlpNetwork<float>, DiagonalGaussian<float>>>);
    CHECK(actor.weights().size() == 2 + 2 + 2);
    CHECK(actor.own_parameters().size() == 2);
    CHECK(actor.action_shape().reals == 2);
    const Actor narrow(envs, Mlp{.hidden = {}}, DiagonalGaussian<double>(2, -3));
    CHECK(narrow.own_parameters()[1] == -3);
}

TEMPLATE_TEST_CASE("the density of a diagonal Gaussian integrates to 1", "", float, double) {
    // Two dimensions, by the trapezoidal rule over 8 deviations to each side.
    constexpr Index points = 161;
    const DiagonalGaussian<TestType> distribution(2);
    const std::vector<TestType> own = {TestType(-0.7), TestType(0.4)};
    ActionBatch grid({.reals = 2}, points * points);
    Matrix<TestType> head(2, points * points);
    const double first = std::exp(-0.7) * 16 / (points - 1), second = std::exp(0.4) * 16 / (points - 1);
    for (Index k = 0; k < points * points; ++k) {
        head.col(k) << TestType(0.3), TestType(-1.1);
        grid.all().reals(0, k) = static_cast<float>(0.3 + first * static_cast<double>(k % points - points / 2));
        grid.all().reals(1, k) = static_cast<float>(-1.1 + second * static_cast<double>(k / points - points / 2));
    }
    typename DiagonalGaussian<TestType>::Tape tape;
    distribution.forward(head, own, tape);
    Vector<TestType> log_prob(points * points);
    distribution.log_prob(tape, grid.all(), log_prob);
    double integral = 0;
    for (const TestType value : log_prob) integral += std::exp(static_cast<double>(value)) * first * second;
    CHECK(integral == Approx(1).epsilon(1e-5));
}

TEMPLATE_TEST_CASE("samples have the mean and the deviation of the distribution, and independent dimensions", "", float,
                   double) {
    constexpr Index draws = 100'000;
    const DiagonalGaussian<TestType> distribution(2);
    const std::vector<TestType> own = {TestType(-1), TestType(0.5)};
    Matrix<TestType> head(2, draws);
    head.row(0).setConstant(TestType(0.4));
    head.row(1).setConstant(TestType(-2));
    typename DiagonalGaussian<TestType>::Tape tape;
    distribution.forward(head, own, tape);
    ActionBatch actions({.reals = 2}, draws);
    std::vector<Rng> rng = streams(draws, 3);
    distribution.sample(tape, rng, actions.all());
    const Matrix<double> z = [&] {
        Matrix<double> m = actions.all().reals.template cast<double>();
        m.row(0) = (m.row(0).array() - 0.4) / std::exp(-1.0);
        m.row(1) = (m.row(1).array() + 2) / std::exp(0.5);
        return m;
    }();
    const double n = static_cast<double>(draws);
    for (Index i = 0; i < 2; ++i) {
        CAPTURE(i);
        CHECK(std::abs(z.row(i).mean()) < 4 / std::sqrt(n));
        CHECK(std::abs(z.row(i).array().square().mean() - 1) < 4 * std::sqrt(2 / n));
        CHECK(std::abs(z.row(i).array().cube().mean()) < 4 * std::sqrt(15 / n));
        CHECK(std::abs(z.row(i).array().pow(4).mean() - 3) < 4 * std::sqrt(96 / n));
    }
    CHECK(std::abs((z.row(0).array() * z.row(1).array()).mean()) < 4 / std::sqrt(n));
}

TEST_CASE("a column's sample depends on its own stream and head only, and equals the reparameterised one") {
    Batch batch(4);
    ActionBatch together({.reals = dimensions}, width);
    std::vector<Rng> rng = streams(width, 5);
    batch.distribution.sample(batch.tape, rng, together.all());

    Matrix<double> noise(dimensions, width), action(dimensions, width);
    std::vector<Rng> again = streams(width, 5);
    batch.distribution.draw_noise(again, noise);
    batch.distribution.reparameterise(batch.tape, noise, action);
    CHECK((together.all().reals - action.cast<float>()).isZero(0));

    for (Index j = 0; j < width; ++j) {
        std::vector<Rng> one = {streams(width, 5)[static_cast<std::size_t>(j)]};
        DiagonalGaussian<double>::Tape tape;
        batch.distribution.forward(batch.head.col(j), batch.own_span(), tape);
        ActionBatch alone({.reals = dimensions}, 1);
        batch.distribution.sample(tape, one, alone.all());
        CHECK((alone.all().reals - together.columns({j, j + 1}).reals).isZero(0));
    }
}

TEST_CASE("the mode of a diagonal Gaussian is its mean, where no sample is more probable") {
    Batch batch(6);
    const Vector<double> sampled = batch.log_prob();
    batch.distribution.mode(batch.tape, batch.actions.all());
    CHECK((batch.actions.all().reals - batch.head.cast<float>()).isZero(0));
    CHECK((batch.log_prob().array() >= sampled.array()).all());
}

TEST_CASE("the Gaussian's gradients by head and log-std agree with central differences, each part and all together") {
    const Batch old(7);
    Rng rng(8);
    const Vector<double> weights = random_vector<double>(width, rng);
    for (const auto& [log_prob, entropy, kl] : {Parts{1, 0, 0}, {0, 0.7, 0}, {0, 0, 1.3}, {1, -0.7, 1.3}}) {
        CAPTURE(log_prob, entropy, kl);
        Batch batch(9);
        const Vector<double> d_log_prob = log_prob * weights;
        const auto loss = [&, e = entropy, k = kl] {
            batch.forward();
            return d_log_prob.dot(batch.log_prob()) + e * batch.entropy().sum() + k * batch.kl_from(old).sum();
        };
        const auto by_head = numeric_gradient(batch.head_span(), loss);
        const auto by_own = numeric_gradient(batch.own_span(), loss);
        batch.forward();
        Matrix<double> d_head = Matrix<double>::Constant(dimensions, width, 99);  // to be overwritten
        std::vector<double> d_own(dimensions, 5.0);                               // to be added to
        const auto* from = kl != 0 ? &old.tape : nullptr;
        batch.distribution.backward(batch.tape, batch.actions.all(), d_log_prob, entropy, from, kl, d_head, d_own);
        for (double& d : d_own) d -= 5;
        CHECK(relative_error({d_head.data(), 15}, by_head) < 1e-6);
        CHECK(relative_error(d_own, by_own) < 1e-6);
    }
}

TEST_CASE("the gradient of a reparameterised sample agrees with central differences") {
    Batch batch(10);
    Rng rng(11);
    const Matrix<double> noise = random_matrix<double>(dimensions, width, rng);
    const Matrix<double> d_action = random_matrix<double>(dimensions, width, rng);
    const auto loss = [&] {
        batch.forward();
        Matrix<double> action(dimensions, width);
        batch.distribution.reparameterise(batch.tape, noise, action);
        return (d_action.array() * action.array()).sum();
    };
    const auto by_head = numeric_gradient(batch.head_span(), loss);
    const auto by_own = numeric_gradient(batch.own_span(), loss);
    batch.forward();
    Matrix<double> d_head(dimensions, width);
    std::vector<double> d_own(dimensions, 0.0);
    batch.distribution.reparameterised_backward(batch.tape, noise, d_action, d_head, d_own);
    CHECK(relative_error({d_head.data(), 15}, by_head) < 1e-6);
    CHECK(relative_error(d_own, by_own) < 1e-6);
}

TEST_CASE("the Gaussian's Fisher product agrees with central differences of the divergence's gradient") {
    Batch batch(12);
    const Batch old = batch;
    Rng rng(13);
    const Matrix<double> direction = random_matrix<double>(dimensions, width, rng);
    const Vector<double> own_direction = random_vector<double>(dimensions, rng);
    const auto kl_gradient = [&](double h) {
        batch.head = old.head + h * direction;
        batch.own = old.own + h * own_direction;
        batch.forward();
        Matrix<double> d_head(dimensions, width);
        std::vector<double> all(dimensions, 0.0);
        batch.distribution.backward(batch.tape, batch.actions.all(), Vector<double>::Zero(width), 0, &old.tape, 1,
                                    d_head, all);
        all.insert(all.end(), d_head.data(), d_head.data() + d_head.size());
        return all;
    };
    constexpr double h = 1e-5;
    std::vector<double> expected = kl_gradient(h);
    const std::vector<double> below = kl_gradient(-h);
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = (expected[i] - below[i]) / (2 * h);

    Matrix<double> out(dimensions, width);
    std::vector<double> product(dimensions, 0.0);
    batch.distribution.fisher(old.tape, direction, {own_direction.data(), 3}, out, product);
    product.insert(product.end(), out.data(), out.data() + out.size());
    CHECK(relative_error(product, expected) < 1e-6);
}

TEST_CASE("a log-std is clamped to its bounds, also for its derivatives and its Fisher matrix") {
    Batch inside(14), outside(14), old(15);
    inside.own << -20, 0, 2;
    outside.own << -30, 0, 9;
    inside.forward();
    outside.forward();
    CHECK(outside.log_prob() == inside.log_prob());
    CHECK(outside.entropy() == inside.entropy());
    CHECK(outside.kl_from(old) == inside.kl_from(old));
    const auto derivatives = [&](const Batch& batch) {
        Matrix<double> d_head(dimensions, width);
        std::vector<double> d_own(dimensions, 0.0), fisher(dimensions, 0.0), reparameterised(dimensions, 0.0);
        const std::vector<double> ones(dimensions, 1.0);
        batch.distribution.backward(batch.tape, batch.actions.all(), Vector<double>::Ones(width), 1, &old.tape, 1,
                                    d_head, d_own);
        batch.distribution.fisher(batch.tape, batch.head, ones, d_head, fisher);
        batch.distribution.reparameterised_backward(batch.tape, batch.head, batch.head, d_head, reparameterised);
        d_own.insert(d_own.end(), fisher.begin(), fisher.end());
        d_own.insert(d_own.end(), reparameterised.begin(), reparameterised.end());
        return d_own;
    };
    CHECK(derivatives(outside) == derivatives(inside));
    for (const double d : derivatives(outside)) CHECK(d != 0);
}

TEMPLATE_TEST_CASE("project_gradient drops only derivatives that point further beyond a bound", "", float, double) {
    using T = TestType;
    const T nan = std::numeric_limits<T>::quiet_NaN();
    struct Case {
        T own, derivative, projected;
    };
    const DiagonalGaussian<T> one(1);
    for (const Case& c : {Case{T(2.01), -3, 0},
                          {T(2.01), 3, 3},
                          {2, -3, -3},
                          {2, 3, 3},
                          {0, -3, -3},
                          {-20, 3, 3},
                          {T(-20.1), 3, 0},
                          {T(-20.1), -3, -3},
                          {nan, 3, 3}}) {
        std::vector<T> d = {c.derivative};
        CAPTURE(c.own, c.derivative);
        CHECK(one.project_gradient(std::vector<T>{c.own}, d) == (c.projected != c.derivative));
        CHECK(d[0] == c.projected);
    }
    std::vector<T> d = {nan, nan, nan};
    DiagonalGaussian<T>(3).project_gradient(std::vector<T>{5, 0, -25}, d);
    for (const T each : d) CHECK(std::isnan(each));
}

TEST_CASE("without an older distribution the weight of the Gaussian's divergence is not read") {
    Batch batch(16);
    Matrix<double> d_head(dimensions, width);
    std::vector<double> d_own(dimensions, 0.0);
    batch.distribution.backward(batch.tape, batch.actions.all(), Vector<double>::Ones(width), 0, nullptr, std::nan(""),
                                d_head, d_own);
    CHECK(d_head.allFinite());
    for (const double d : d_own) CHECK(std::isfinite(d));
}

TEST_CASE("NaN in a Gaussian gives NaN in samples, log-probs, divergences and gradients") {
    for (const bool in_head : {true, false}) {
        CAPTURE(in_head);
        Batch batch(17);
        const Batch old(18);
        (in_head ? batch.head(1, 0) : batch.own[1]) = std::nan("");
        batch.forward();
        CHECK(std::isnan(batch.log_prob()[0]));
        CHECK(std::isnan(batch.kl_from(old)[0]));
        CHECK(std::isnan(batch.entropy()[0]) == !in_head);
        Matrix<double> d_head(dimensions, width);
        std::vector<double> d_own(dimensions, 0.0);
        batch.distribution.backward(batch.tape, batch.actions.all(), Vector<double>::Ones(width), 0, nullptr, 0, d_head,
                                    d_own);
        CHECK(std::isnan(d_head(1, 0)));
        CHECK(std::isnan(d_own[1]));
        std::vector<Rng> rng = streams(width, 19);
        batch.distribution.sample(batch.tape, rng, batch.actions.all());
        CHECK(std::isnan(batch.actions.all().reals(1, 0)));
    }
}

TEST_CASE("a tape follows the log-std from one pass to the next, and back") {
    const DiagonalGaussian<double> gaussian(2);
    const Matrix<double> head = Matrix<double>::Zero(2, 3);
    DiagonalGaussian<double>::Tape tape;
    for (const double s : {0.5, 0.5, -1.0, 0.5}) {
        const std::vector<double> own = {s, 0.25};
        gaussian.forward(head, own, tape);
        CHECK(tape.log_std[0] == s);
        CHECK(tape.std[0] == Approx(std::exp(s)));
        CHECK(tape.inverse_std[1] == Approx(std::exp(-0.25)));
    }
}
