// The trust region of policies with memory: products by the Fisher matrix go through time.
#include <algorithm>
#include <span>
#include <vector>

#include "catch.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/learn/trust_region.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "helpers/environments.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/sequence_batch.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// How far the product of a vector and the mean Fisher matrix of sequences of unequal lengths, with ends inside, is
/// from central differences of the gradient of the mean KL from the present policy, h being 1e-5: exact up to terms of
/// h^2 and rounding of 1e-16 / h.
template <class Description, class D>
double fisher_error(const Description& description, const D& distribution) {
    constexpr Index inputs = 3;
    constexpr double h = 1e-5;
    Rng rng(4);
    Actor actor(RecurrentNetwork<Description, double>(inputs, distribution.head_size(), description, Rng(1)),
                distribution);
    for (double& w : actor.weights()) w = 0.6 * rng.normal();
    const std::vector<double> before(actor.weights().begin(), actor.weights().end());
    const SequenceBatch<double> batch({8, 8, 5, 3, 1}, inputs, distribution.head_size(), actor.state_size(), rng);
    const Index samples = batch.total();
    REQUIRE(std::count(batch.begins.begin() + 5, batch.begins.end(), 1) > 3);
    REQUIRE(std::count(batch.begins.begin() + 5, batch.begins.end(), 0) > 3);
    std::vector<double> v;
    for (std::size_t i = 0; i < before.size(); ++i) v.push_back(rng.normal());

    typename decltype(actor)::Tape tape;
    const auto forward = [&] { actor.forward(batch.x, all_legal(samples), batch.sequences(), tape); };
    forward();
    std::vector<double> product(before.size(), 0.0);
    actor.add_fisher_product(tape, v, product);
    for (double& x : product) x /= static_cast<double>(samples);

    typename decltype(actor)::DistributionTape old;
    const Matrix<double> head = tape.head;
    const std::vector<double> own(actor.own_parameters().begin(), actor.own_parameters().end());
    actor.recall(head, own, old);
    const ActionBatch actions(actor.action_shape(), samples);
    const auto kl_gradient = [&](double step) {
        for (std::size_t i = 0; i < before.size(); ++i) actor.weights()[i] = before[i] + step * v[i];
        std::vector<double> gradient(before.size(), 0.0);
        forward();
        actor.backward(tape, actions.all(), Vector<double>::Zero(samples), 0, &old, 1.0 / static_cast<double>(samples),
                       gradient);
        return gradient;
    };
    const std::vector<double> above = kl_gradient(h), below = kl_gradient(-h);
    std::vector<double> numeric;
    for (std::size_t i = 0; i < above.size(); ++i) numeric.push_back((above[i] - below[i]) / (2 * h));
    return relative_error(product, numeric);
}

}  // namespace

TEST_CASE("through time the Fisher product equals central differences of the gradient of the mean KL") {
    const Gru gru{.before = {4}, .units = 5, .after = {4}};
    const Lstm lstm{.units = 4, .after = {}};
    CHECK(fisher_error(gru, Categorical<double>(4)) < 1e-8);
    CHECK(fisher_error(gru, DiagonalGaussian<double>(2)) < 1e-8);
    CHECK(fisher_error(lstm, Categorical<double>(4)) < 1e-8);
    CHECK(fisher_error(lstm, DiagonalGaussian<double>(2)) < 1e-8);
}

TEST_CASE("a full step of a policy with memory ends at the boundary of its trust region") {
    constexpr double delta = 1e-8;  // so small that the KL is quadratic: a wrong product would miss it
    for (const Index sequence : {0, 4}) {
        CAPTURE(sequence);
        Vectorized envs(Wanderer{}, {.count = 5, .seed = 3});
        Actor actor(envs, Gru{.units = 5, .after = {4}}, Categorical<double>(3));
        Rng rng(17);
        for (double& w : actor.weights()) w = 0.6 * rng.normal();
        Threads threads;
        Rollout<double> rollout(envs, actor);
        rollout.sequence = sequence;
        Collector collect(envs, actor, threads);
        collect.steps(rollout, 7);
        collect.steps(rollout, 30);  // from states that are not 0
        for (double& a : std::span(rollout.advantage.data(), 150)) a = rng.normal();
        TrustRegion step(actor,
                         {.delta = delta,
                          .damping = 1e-9,
                          .conjugate_iterations = 300,
                          .normalize_advantage = false,
                          .sequence = sequence},
                         threads);
        const UpdateReport report = step(rollout);
        CHECK(report.step_fraction >= 0.8);
        CHECK(report.mean_kl == Catch::Approx(delta * report.step_fraction * report.step_fraction).epsilon(0.01));
    }
}
