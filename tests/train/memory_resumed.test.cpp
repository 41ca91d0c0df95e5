// Trainings with memory go on as if they had not stopped, with any number of threads.
#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/q_lambda.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "helpers/leaky_network.hpp"
#include "train/resumed.hpp"
#include "train/walks.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr auto leaky_actor = [](auto& envs) { return Actor(envs, Leaky{4}); };
constexpr auto leaky_critic = [](auto& envs, auto&) { return Critic(envs, Leaky{3}); };
constexpr auto mlp_critic = [](auto& envs, auto&) { return Critic(envs, Mlp{.hidden = {4}}); };

}  // namespace

TEST_CASE("PpoKl goes on with memory, masks and normalised rewards", "[threads]") {
    check_resumption(training([] { return walks_of<true>(Discrete{.n = 3}); }, leaky_actor, leaky_critic,
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return PpoKl(envs, actor, critic, Gae{},
                                               {.horizon = 7,
                                                .minibatch = 10,
                                                .epochs = 2,
                                                .value_clip = 0.1,
                                                .normalize_rewards = true,
                                                .sequence = 3,
                                                .threads = threads});
                              }));
}

TEST_CASE("A2c goes on with an actor with memory beside a critic without, and real actions", "[threads]") {
    check_resumption(training([] { return walks_of(Box{.size = 2}); }, leaky_actor, mlp_critic,
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return A2c(envs, actor, critic, Gae{}, {.horizon = 5, .threads = threads});
                              }));
}

TEST_CASE("PpoClip goes on with a critic with memory beside an actor without", "[threads]") {
    check_resumption(training([] { return walks_of(Box{.size = 2}); },
                              [](auto& envs) { return Actor(envs, Mlp{.hidden = {4}}); }, leaky_critic,
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return PpoClip(envs, actor, critic, Gae{},
                                                 {.horizon = 6, .minibatch = 9, .epochs = 2, .threads = threads});
                              }));
}

TEST_CASE("OffPolicy goes on with memory and states in its store", "[threads]") {
    check_resumption(training([] { return walks_of(Discrete{.n = 3}); }, leaky_actor, leaky_critic,
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return OffPolicy(
                                      envs, actor, critic, VTrace{},
                                      {.horizon = 5, .store = 3, .replays = 2, .sequence = 2, .threads = threads});
                              }));
}

TEST_CASE("QLambda goes on with memory", "[threads]") {
    check_resumption(training([] { return walks_of<true>(Discrete{.n = 3}); },
                              [](auto& envs) { return Actor(envs, Leaky{4}, EpsilonGreedy<float>(3)); }, without_critic,
                              [](auto& envs, auto& actor, auto&, Index threads) {
                                  return QLambda(envs, actor,
                                                 {.horizon = 6, .minibatch = 9, .sequence = 4, .threads = threads});
                              }));
}

TEST_CASE("Reinforce goes on with memory over whole episodes", "[threads]") {
    check_resumption(training([] { return walks_of(Discrete{.n = 3}); }, leaky_actor, leaky_critic,
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return Reinforce(envs, actor, critic, RewardToGo{.baseline = Baseline::critic},
                                                   {.episodes = 1, .threads = threads});
                              }));
}
