// Gru and Lstm in trainings of every kind of action, which go on as if they had not stopped.
#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "train/resumed.hpp"
#include "train/walks.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr auto ppo = [](auto& envs, auto& actor, auto& critic, Index threads) {
    return PpoClip(envs, actor, critic, Gae{},
                   {.horizon = 7, .minibatch = 10, .epochs = 2, .target_kl = 0.2, .sequence = 3, .threads = threads});
};

template <class Description>
auto actor_of(const Description& description) {
    return [=](auto& envs) { return Actor(envs, description); };
}
template <class Description>
auto critic_of(const Description& description) {
    return [=](auto& envs, auto&) { return Critic(envs, description); };
}

const Gru gru{.units = 5, .after = {4}, .normalize_observations = true};
const Lstm lstm{.before = {3}, .units = 4, .after = {}};

}  // namespace

TEST_CASE("PpoClip learns by a normalised Gru, and a Lstm as critic, which choices to make of legal ones",
          "[threads]") {
    check_resumption(training([] { return walks_of<true>(Discrete{.n = 3}); }, actor_of(gru), critic_of(lstm), ppo));
}

TEST_CASE("PpoClip learns by a Lstm real actions, and a normalised Gru values", "[threads]") {
    check_resumption(training([] { return walks_of(Box{.size = 2}); }, actor_of(lstm), critic_of(gru), ppo));
}

TEST_CASE("PpoClip learns choices with numbers by a Gru", "[threads]") {
    check_resumption(training([] { return walks_of<true>(HybridSpace{.choice = {3}, .box = {.size = 2}}); },
                              actor_of(gru), critic_of(gru), ppo));
}

TEST_CASE("Trpo learns by networks with memory over whole columns, and its critic over short ones", "[threads]") {
    check_resumption(training([] { return walks_of(Box{.size = 2}); }, actor_of(gru), critic_of(lstm),
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return Trpo(envs, actor, critic, Gae{},
                                              {.horizon = 18, .minibatch = 20, .critic_epochs = 2, .threads = threads});
                              }));
}
