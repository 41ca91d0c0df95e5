#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/n_step.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/optim/sgd.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "train/resumed.hpp"
#include "train/walks.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEST_CASE("PpoClip goes on as if it had not stopped, with masks and all normalisation", "[threads]") {
    const Mlp mlp{.hidden = {6}, .layer_norm = true, .normalize_observations = true};
    check_resumption(training([] { return walks_of<true>(Discrete{3}); }, [=](auto& envs) { return Actor(envs, mlp); },
                              [=](auto& envs, auto&) { return Critic(envs, mlp); },
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return PpoClip(envs, actor, critic, Gae{},
                                                 {.horizon = 6,
                                                  .minibatch = 8,
                                                  .epochs = 3,
                                                  .value_clip = 0.1,
                                                  .target_kl = 0.1,
                                                  .normalize_rewards = true,
                                                  .threads = threads});
                              }));
}

TEST_CASE("PpoKl goes on as if it had not stopped, with a shared trunk in double", "[threads]") {
    check_resumption(training(
        [] { return walks_of(Box{.size = 2}); },
        [](auto& envs) {
            return Actor(envs, SharedTrunk{.mlp = {.hidden = {6}, .normalize_observations = true}},
                         DiagonalGaussian<double>(2));
        },
        [](auto&, auto& actor) { return SharedCritic(actor); },
        [](auto& envs, auto& actor, auto& critic, Index threads) {
            return PpoKl(envs, actor, critic, NStep{.n = 3},
                         {.horizon = 6, .minibatch = 30, .epochs = 2, .learning_rate = 1e-2, .threads = threads});
        }));
}

TEST_CASE("A2c goes on as if it had not stopped, with several masked choices", "[threads]") {
    const Mlp mlp{.hidden = {6}};
    check_resumption(training(
        [] {
            return walks_of<true>(MultiDiscrete{.n = {2, 3}});
        },
        [=](auto& envs) { return Actor(envs, mlp); }, [=](auto& envs, auto&) { return Critic(envs, mlp); },
        [](auto& envs, auto& actor, auto& critic, Index threads) {
            return A2c(envs, actor, critic, TemporalDifference{}, {.horizon = 4, .threads = threads});
        }));
}

TEST_CASE("Reinforce goes on as if it had not stopped, with a critic and momentum", "[threads]") {
    const Mlp mlp{.hidden = {6}};
    check_resumption(training([] { return walks_of(Box{.size = 1, .low = {-1}, .high = {2}}); },
                              [=](auto& envs) { return Actor(envs, mlp, Beta<float>(envs.action_space())); },
                              [=](auto& envs, auto&) { return Critic(envs, mlp); },
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return Reinforce(envs, actor, critic, RewardToGo{.baseline = Baseline::critic},
                                                   {.normalize_rewards = true, .threads = threads},
                                                   Sgd<float>({.momentum = 0.9}));
                              }));
}

TEST_CASE("Reinforce goes on as if it had not stopped, without a critic", "[threads]") {
    check_resumption(training([] { return walks_of(MultiBinary{.size = 2}); },
                              [](auto& envs) { return Actor(envs, Mlp{.hidden = {6}}); }, without_critic,
                              [](auto& envs, auto& actor, auto&, Index threads) {
                                  return Reinforce(envs, actor, TotalReturn{.baseline = Baseline::mean_of_others},
                                                   {.episodes = 2, .threads = threads});
                              }));
}
