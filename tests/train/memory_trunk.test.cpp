// Every trainer of a critic trains a trunk with memory, goes on as if it had not stopped, and has the same bits with
// any number of threads.
#include <algorithm>
#include <cmath>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/recurrent_trunk.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/train/estimate.hpp"
#include "train/resumed.hpp"
#include "train/walks.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

const RecurrentTrunk of_gru{.trunk = Gru{.units = 5, .after = {4}, .normalize_observations = true},
                            .critic = {.hidden = {3}}};
const RecurrentTrunk of_lstm{.trunk = Lstm{.before = {3}, .units = 4, .after = {}}, .actor = {.hidden = {3}}};

constexpr auto shared_critic = [](auto&, auto& actor) { return SharedCritic(actor); };
constexpr auto real_actions = [] { return walks_of(Box{.size = 2}); };

auto actor_of(const RecurrentTrunk& description) {
    return [=](auto& envs) { return Actor(envs, description); };
}

}  // namespace

TEST_CASE("PpoClip goes on with a trunk with memory, masks and clipped values", "[threads]") {
    check_resumption(training([] { return walks_of<true>(Discrete{.n = 3}); }, actor_of(of_gru), shared_critic,
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return PpoClip(envs, actor, critic, Gae{},
                                                 {.horizon = 7,
                                                  .minibatch = 10,
                                                  .epochs = 2,
                                                  .value_clip = 0.1,
                                                  .target_kl = 0.2,
                                                  .normalize_rewards = true,
                                                  .sequence = 3,
                                                  .threads = threads});
                              }));
}

TEST_CASE("PpoKl goes on with a trunk with memory", "[threads]") {
    check_resumption(training(
        real_actions, actor_of(of_lstm), shared_critic, [](auto& envs, auto& actor, auto& critic, Index threads) {
            return PpoKl(envs, actor, critic, Gae{},
                         {.horizon = 7, .minibatch = 10, .epochs = 2, .sequence = 4, .threads = threads});
        }));
}

TEST_CASE("A2c goes on with a trunk with memory", "[threads]") {
    check_resumption(training(real_actions, actor_of(of_gru), shared_critic,
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return A2c(envs, actor, critic, Gae{}, {.horizon = 5, .threads = threads});
                              }));
}

TEST_CASE("Reinforce goes on with a trunk with memory as its baseline", "[threads]") {
    check_resumption(training(real_actions, actor_of(of_lstm), shared_critic,
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return Reinforce(envs, actor, critic, RewardToGo{.baseline = Baseline::critic},
                                                   {.episodes = 2, .threads = threads});
                              }));
}

TEST_CASE("OffPolicy goes on with a trunk with memory and states in its store", "[threads]") {
    check_resumption(training(real_actions, actor_of(of_gru), shared_critic,
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return OffPolicy(envs, actor, critic, VTrace{},
                                                   {.horizon = 6, .store = 3, .sequence = 4, .threads = threads});
                              }));
}

TEST_CASE("Trpo goes on with a trunk with memory beside a critic of its own", "[threads]") {
    check_resumption(training(
        real_actions, actor_of(of_lstm), [](auto& envs, auto&) { return Critic(envs, Gru{.units = 3}); },
        [](auto& envs, auto& actor, auto& critic, Index threads) {
            return Trpo(envs, actor, critic, Gae{},
                        {.horizon = 18, .minibatch = 20, .critic_epochs = 2, .threads = threads});
        }));
}

TEST_CASE("large minibatches of a trunk with memory have the same bits with any number of threads", "[threads]") {
    const auto trained = [](Index threads) {
        auto envs = walks_of(Box{.size = 2}, 9);
        Actor actor(envs, of_gru);
        SharedCritic critic(actor);
        CHECK(critic.weights().empty());
        PpoClip trainer(envs, actor, critic, Gae{},
                        {.horizon = 60, .minibatch = 400, .epochs = 2, .sequence = 20, .threads = threads});
        trainer.train({.steps = 3 * 9 * 60});
        CHECK(trainer.rollout().critic_state.rows() == 0);
        return std::vector<float>(actor.weights().begin(), actor.weights().end());
    };
    const std::vector<float> one = trained(1);
    CHECK(std::all_of(one.begin(), one.end(), [](float w) { return std::isfinite(w); }));
    CHECK(trained(2) == one);
    CHECK(trained(4) == one);
}

TEST_CASE("a critic that reads the actor's state refuses a rollout without it") {
    auto envs = real_actions();
    Actor actor(envs, of_gru);
    Actor other(envs, Mlp{.hidden = {3}});
    const SharedCritic critic(actor);
    Threads threads(1);
    Collector collect(envs, other, threads);
    Rollout rollout(envs, other);
    collect.steps(rollout, 4);
    Estimator estimate(critic, threads);
    CHECK_THROWS_WITH(estimate(rollout, Gae{}),
                      Catch::Matchers::Contains("states of 0 numbers, where the critic reads"));
    rollout.assume_actor_states(actor.state_size());
    CHECK_NOTHROW(estimate(rollout, Gae{}));
}
