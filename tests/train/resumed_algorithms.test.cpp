#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

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

namespace {

MakeTraining trpo(TrpoOptions options = {.horizon = 6, .minibatch = 8, .critic_epochs = 2}) {
    const Mlp mlp{.hidden = {6}};
    return training([] { return walks_of<true>(HybridSpace{.choice = {3}, .box = {.size = 1}}); },
                    [=](auto& envs) { return Actor(envs, mlp); }, [=](auto& envs, auto&) { return Critic(envs, mlp); },
                    [options](auto& envs, auto& actor, auto& critic, Index threads) {
                        TrpoOptions own = options;
                        own.threads = threads;
                        return Trpo(envs, actor, critic, Gae{}, own);
                    });
}

constexpr auto off_policy_actor = [](auto& envs) {
    return Actor(envs, Mlp{.hidden = {6}, .normalize_observations = true});
};
constexpr auto off_policy_critic = [](auto& envs, auto&) {
    return Critic(envs, Mlp{.hidden = {6}, .normalize_observations = true});
};
const OffPolicyOptions several{.horizon = 4, .store = 4, .age = 1, .replays = 2};

MakeTraining off_policy(OffPolicyOptions options) {
    return training([] { return walks_of<true>(Discrete{3}); }, off_policy_actor, off_policy_critic,
                    [options](auto& envs, auto& actor, auto& critic, Index threads) {
                        OffPolicyOptions own = options;
                        own.threads = threads;
                        own.normalize_rewards = true;
                        return OffPolicy(envs, actor, critic, VTrace{}, own);
                    });
}

MakeTraining q_lambda(double epsilon) {
    return training(
        [] { return walks_of<true>(Discrete{3}); },
        [](auto& envs) { return Actor(envs, Mlp{.hidden = {6}, .layer_norm = true}, EpsilonGreedy<float>(3)); },
        without_critic,
        [epsilon](auto& envs, auto& actor, auto&, Index threads) {
            return QLambda(
                envs, actor,
                {.horizon = 6, .minibatch = 10, .learning_rate = 1e-2, .epsilon = epsilon, .threads = threads});
        });
}

}  // namespace

TEST_CASE("Trpo goes on as if it had not stopped, with a masked choice and numbers", "[threads]") {
    check_resumption(trpo());
    CHECK(refused(trpo(), trpo({.delta = 0.1, .horizon = 6, .minibatch = 8, .critic_epochs = 2})) ==
          "update/trust_region/options/delta");
    CHECK(refused(trpo(), trpo({.horizon = 6, .minibatch = 8, .critic_epochs = 3})) ==
          "update/value_regression/options/epochs");
}

TEST_CASE("OffPolicy goes on as if it had not stopped, with a store of several rollouts", "[threads]") {
    check_resumption(off_policy(several));
    const auto path = [](Index age, Index replays, double max_kl) {
        return refused(off_policy(several),
                       off_policy({.horizon = 4, .store = 4, .age = age, .replays = replays, .max_kl = max_kl}));
    };
    CHECK(path(1, 2, 0.5).empty());
    CHECK(path(2, 2, 0.5) == "update/age");
    CHECK(path(1, 3, 0.5) == "update/replays");
    CHECK(path(1, 2, 0.6) == "update/max_kl");
}

TEST_CASE("a restored OffPolicy knows its youngest age, also if no rollout is learned from again") {
    auto envs = walks_of<true>(Discrete{3});
    auto actor = off_policy_actor(envs), other_actor = off_policy_actor(envs);
    auto critic = off_policy_critic(envs, actor), other_critic = off_policy_critic(envs, actor);
    OffPolicy trainer(envs, actor, critic, VTrace{}, several),
        other(envs, other_actor, other_critic, VTrace{}, several);
    trainer.train({.steps = 120});
    REQUIRE(trainer.youngest_age() < 10);
    restore("test", image_of(trainer), other);
    CHECK(other.youngest_age() == trainer.youngest_age());
}

TEST_CASE("QLambda goes on as if it had not stopped", "[threads]") {
    check_resumption(q_lambda(0.4));
    CHECK(refused(q_lambda(0.4), q_lambda(0.5)) == "update/epsilon/from");
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

namespace {

MakeTraining analytic(AnalyticOptions options = {.horizon = 4, .episode = 14}) {
    return training([] { return widening(); }, [](auto& envs) { return Actor(envs, Mlp{.hidden = {6}}); },
                    without_critic,
                    [options](auto& envs, auto& actor, auto&, Index threads) {
                        AnalyticOptions own = options;
                        own.threads = threads;
                        return AnalyticPolicyGradient(envs, actor, own);
                    });
}

}  // namespace

TEST_CASE("AnalyticPolicyGradient goes on as if it had not stopped", "[threads]") {
    check_resumption(analytic());
    CHECK(refused(analytic(), analytic({.horizon = 5, .episode = 14})) == "update/gradient/options/horizon");
    CHECK(refused(analytic(), analytic({.horizon = 4, .episode = 14, .learning_rate = 1})) ==
          "update/options/learning_rate/from");
}

TEST_CASE("episodes that run in models go on, or begin anew") {
    Threads threads(1);
    auto envs = widening();
    const Actor actor(envs, Mlp{.hidden = {6}});
    Buffer<float> gradient(static_cast<Index>(actor.weights().size()));
    const auto models = [&] { return std::vector<Widening>{envs[0], envs[1]}; };
    using Gradient = AnalyticGradient<Widening, std::remove_const_t<decltype(actor)>>;
    Gradient whole(models(), actor, {.horizon = 4, .episode = 6}, threads, 2);
    Gradient other(models(), actor, {.horizon = 4, .episode = 6}, threads, 3);
    whole(gradient.span());
    const StateImage saved = image_of(whole), without_episodes = image_of(whole, Episodes::restarted);
    whole(gradient.span());
    REQUIRE(whole.finished().size() == 2);
    SECTION("kept") {
        restore("test", saved, other);
        other(gradient.span());
        REQUIRE(other.finished().size() == 2);
        CHECK(other.finished()[1].reward_sum == whole.finished()[1].reward_sum);
    }
    SECTION("restarted") {
        CHECK(without_episodes.find("age") == nullptr);
        other(gradient.span());
        restore("test", without_episodes, other, Episodes::restarted);
        other(gradient.span());
        CHECK(other.finished().size() == 0);
    }
    SECTION("at a time that is none") {
        StateImage wrong = image_of(whole);
        const Index age = 6;
        std::memcpy(wrong.at("age").own.data(), &age, sizeof(age));
        const StateImage before = image_of(other);
        CHECK_THROWS_WITH(restore("test", wrong, other), ContainsText("age is 6 steps, of episodes of 6"));
        CHECK(first_difference(before, image_of(other)).empty());
    }
}
