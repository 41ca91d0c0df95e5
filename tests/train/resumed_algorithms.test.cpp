#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/analytic_policy_gradient.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/q_lambda.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/linear_quadratic.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "train/resumed.hpp"
#include "train/walks.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEST_CASE("Trpo goes on as if it had not stopped, with a masked choice and numbers", "[threads]") {
    const Mlp mlp{.hidden = {6}};
    check_resumption(training([] { return walks_of<true>(HybridSpace{.choice = {3}, .box = {.size = 1}}); },
                              [=](auto& envs) { return Actor(envs, mlp); },
                              [=](auto& envs, auto&) { return Critic(envs, mlp); },
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return Trpo(envs, actor, critic, Gae{},
                                              {.horizon = 6, .minibatch = 8, .critic_epochs = 2, .threads = threads});
                              }));
}

TEST_CASE("OffPolicy goes on as if it had not stopped, with a store of several rollouts", "[threads]") {
    const Mlp mlp{.hidden = {6}, .normalize_observations = true};
    check_resumption(training(
        [] { return walks_of<true>(Discrete{3}); }, [=](auto& envs) { return Actor(envs, mlp); },
        [=](auto& envs, auto&) { return Critic(envs, mlp); },
        [](auto& envs, auto& actor, auto& critic, Index threads) {
            return OffPolicy(
                envs, actor, critic, VTrace{},
                {.horizon = 4, .store = 4, .age = 1, .replays = 2, .normalize_rewards = true, .threads = threads});
        }));
}

TEST_CASE("QLambda goes on as if it had not stopped", "[threads]") {
    check_resumption(training(
        [] { return walks_of<true>(Discrete{3}); },
        [](auto& envs) { return Actor(envs, Mlp{.hidden = {6}, .layer_norm = true}, EpsilonGreedy<float>(3)); },
        without_critic,
        [](auto& envs, auto& actor, auto&, Index threads) {
            return QLambda(envs, actor,
                           {.horizon = 6, .minibatch = 10, .learning_rate = 1e-2, .epsilon = 0.4, .threads = threads});
        }));
}

namespace {

/// Where each reset starts is further out than where the last one did.
struct Widening : LinearQuadratic {
    using LinearQuadratic::LinearQuadratic;
    double resets = 0;

    void reset(Rng& rng, std::span<float> observation) {
        ++resets;
        LinearQuadratic::reset(rng, observation);
    }
    void save(std::span<double> state) const {
        LinearQuadratic::save(state);
        state[0] += resets / 10;
    }
    void visit_state(State& state) { state("resets", resets); }
};

Vectorized<Widening> widening() {
    Matrix<double> a(2, 2), b(2, 1), q(2, 2), r(1, 1);
    a << 1, 0.1, 0, 1;
    b << 0, 0.1;
    q.setIdentity();
    r << 0.1;
    return Vectorized(Widening({.a = a, .b = b, .q = q, .r = r}), {.count = 20, .seed = 4});
}

}  // namespace

TEST_CASE("AnalyticPolicyGradient goes on as if it had not stopped", "[threads]") {
    check_resumption(
        training([] { return widening(); }, [](auto& envs) { return Actor(envs, Mlp{.hidden = {6}}); }, without_critic,
                 [](auto& envs, auto& actor, auto&, Index threads) {
                     return AnalyticPolicyGradient(envs, actor, {.horizon = 4, .episode = 14, .threads = threads});
                 }));
}
