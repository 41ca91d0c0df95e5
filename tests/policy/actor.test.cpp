#include "gradiva/policy/actor.hpp"

#include <cmath>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/policy.hpp"
#include "helpers/environments.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using DoubleActor = Actor<MlpNetwork<double>, Categorical<double>>;
static_assert(Policy<Actor<MlpNetwork<float>, Categorical<float>>>);
static_assert(Policy<DoubleActor>);

constexpr Index samples = 7, inputs = 3, choices = 4;
const std::vector<Index> widths = {inputs, 5, 6, choices};

/// An actor with random weights and biases, a batch, the head of an older policy, and weights of the losses.
struct Case {
    Case()
        : observation(inputs, samples), old_head(choices, samples), actions({.integers = 1}, samples), weight(samples) {
        Rng rng(11);
        for (double& w : actor.weights()) w = 0.6 * rng.normal();
        for (double& x : observation.reshaped()) x = rng.normal();
        for (double& z : old_head.reshaped()) z = rng.normal();
        for (double& w : weight) w = rng.normal();
        for (Index j = 0; j < samples; ++j) actions.all().integers(0, j) = static_cast<int>(j % choices);
        actor.recall(old_head, {}, old);
    }

    /// sum_j w_j log p(a_j) + h sum_j H_j + k sum_j KL_j.
    double loss(double h, double k, bool log_prob) {
        actor.forward(observation, tape);
        Vector<double> values(samples);
        double sum = 0;
        actor.log_prob(tape, std::as_const(actions).all(), values);
        if (log_prob) sum += weight.dot(values);
        actor.entropy(tape, values);
        sum += h * values.sum();
        actor.kl_from(old, tape, values);
        return sum + k * values.sum();
    }

    std::vector<double> gradient(double h, double k, bool log_prob) {
        std::vector<double> result(actor.weights().size(), 0.0);
        const Vector<double> d_log_prob = log_prob ? weight : Vector<double>(Vector<double>::Zero(samples));
        actor.forward(observation, tape);
        actor.backward(tape, std::as_const(actions).all(), d_log_prob, h, k == 0 ? nullptr : &old, k, result);
        return result;
    }

    /// The largest relative error over the parameter blocks W_1, b_1, W_2, ...
    double worst_block(double h, double k, bool log_prob) {
        const auto analytic = gradient(h, k, log_prob);
        const auto numeric = numeric_gradient(actor.weights(), [&] { return loss(h, k, log_prob); });
        double worst = 0;
        std::size_t begin = 0;
        for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
            for (const Index size : {widths[l] * widths[l + 1], widths[l + 1]}) {
                const auto n = static_cast<std::size_t>(size);
                worst = largest_of(
                    worst, relative_error(std::span(analytic).subspan(begin, n), std::span(numeric).subspan(begin, n)));
                begin += n;
            }
        }
        CHECK(begin == analytic.size());
        return worst;
    }

    DoubleActor actor{MlpNetwork<double>(inputs, choices, {.hidden = {5, 6}}, Rng(1)), Categorical<double>(choices)};
    Matrix<double> observation, old_head;
    ActionBatch actions;
    Vector<double> weight;
    DoubleActor::Tape tape;
    DoubleActor::DistributionTape old;
};

std::vector<float> weights_of(std::uint64_t seed) {
    const Vectorized envs(Wanderer{}, {.count = 2, .seed = seed});
    const Actor actor(envs, Mlp{.hidden = {8}});
    return {actor.weights().begin(), actor.weights().end()};
}

}  // namespace

TEST_CASE("the gradient of an actor's log-probs equals central differences in every block of weights") {
    CHECK(Case().worst_block(0, 0, true) < 1e-6);
}

TEST_CASE("the gradient of an actor's entropy equals central differences in every block of weights") {
    CHECK(Case().worst_block(0.7, 0, false) < 1e-6);
}

TEST_CASE("the gradient of an actor's KL from an older policy equals central differences in every block of weights") {
    CHECK(Case().worst_block(0, 0.9, false) < 1e-6);
}

TEST_CASE("an actor takes all three derivatives in one pass and adds to the gradient") {
    Case c;
    CHECK(c.worst_block(-0.3, 1.7, true) < 1e-6);
    auto twice = c.gradient(-0.3, 1.7, true);
    const auto once = twice;
    const Vector<double> d_log_prob = c.weight;
    c.actor.backward(c.tape, std::as_const(c.actions).all(), d_log_prob, -0.3, &c.old, 1.7, twice);
    for (std::size_t i = 0; i < once.size(); ++i) CHECK(twice[i] == Catch::Approx(2 * once[i]));
}

TEST_CASE("the weights of an actor are one span that determines its heads") {
    const Vectorized envs(Wanderer{}, {.count = 2});
    Actor actor(envs, Mlp{.hidden = {8, 5}});
    CHECK(actor.weights().size() == (3 + 1) * 8 + (8 + 1) * 5 + (5 + 1) * 3);
    CHECK(actor.own_parameters().empty());
    CHECK(actor.observation_size() == 3);
    CHECK(actor.head_size() == 3);
    CHECK(actor.action_shape().integers == 1);
    actor.weights().back() = 2.5F;  // the last bias
    decltype(actor)::Tape tape;
    const Matrix<float> observation = Matrix<float>::Zero(3, 1);
    actor.forward(observation, tape);
    CHECK(tape.head(2, 0) == 2.5F);
}

TEST_CASE("a copy of an actor is a snapshot") {
    const Vectorized envs(Wanderer{}, {.count = 2});
    Actor actor(envs, Mlp{.hidden = {8}});
    const auto snapshot = actor;
    const std::vector<float> before(actor.weights().begin(), actor.weights().end());
    for (float& w : actor.weights()) w = 7;
    CHECK(std::equal(before.begin(), before.end(), snapshot.weights().begin(), snapshot.weights().end()));
    actor = snapshot;
    CHECK(std::equal(before.begin(), before.end(), actor.weights().begin(), actor.weights().end()));
}

TEST_CASE("actors of one seed have the same weights and of another seed other ones") {
    CHECK(weights_of(1) == weights_of(1));
    CHECK(weights_of(1) != weights_of(2));
}

TEST_CASE("a new actor is nearly uniform") {
    const Vectorized envs(Wanderer{}, {.count = 2});
    const Actor actor(envs, Mlp{});
    decltype(actor)::Tape tape;
    const Matrix<float> observation = Matrix<float>::Random(3, 50);
    actor.forward(observation, tape);
    CHECK(largest_size(tape.head) < 0.05F);
}

TEST_CASE("the output layer of a new actor is orthogonal with a gain of 0.01, its bias 0") {
    const Vectorized envs(Wanderer{}, {.count = 1, .seed = 4});
    const Actor actor(envs, Mlp{.hidden = {4}});
    const auto last = actor.weights().last(3 * 4 + 3);  // 3 choices from 4 units
    double squares = 0;
    for (const float w : last.first(3 * 4)) squares += static_cast<double>(w) * static_cast<double>(w);
    CHECK(std::sqrt(squares) == Catch::Approx(0.01 * std::sqrt(3.0)));
    for (const float b : last.last(3)) CHECK(b == 0);
}

TEST_CASE("an actor may have no hidden layer") {
    const Vectorized envs(Wanderer{}, {.count = 2});
    const Actor actor(envs, Mlp{.hidden = {}});
    CHECK(actor.weights().size() == (3 + 1) * 3);
}

TEST_CASE("an actor refuses a network and a distribution of different sizes") {
    CHECK_THROWS_WITH((Actor(MlpNetwork<float>(3, 4, {.hidden = {2}}, Rng(1)), Categorical<float>(5))),
                      "Actor: the network has 4 outputs and the distribution's head 5 rows; make them equal");
}

TEST_CASE("an actor refuses a hidden layer of no units") {
    const Vectorized envs(Wanderer{}, {.count = 2});
    CHECK_THROWS_WITH(Actor(envs, Mlp{.hidden = {8, 0}}),
                      "Mlp: hidden[1] is 0; give every hidden layer at least 1 unit");
}
