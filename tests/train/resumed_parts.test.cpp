// Parts of a user's own in trainings that go on: updates, optimisers, networks and distributions.

#include <span>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/learn/value_regression.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/optim/rmsprop.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/trainer.hpp"
#include "train/resumed.hpp"
#include "train/walks.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEST_CASE("a trainer whose update is a ValueRegression goes on as if it had not stopped", "[threads]") {
    using Squashed = SquashedGaussian<float, StateDependentGaussian<float>>;
    check_resumption(training(
        [] { return walks_of(Box{.size = 2, .low = {-1}, .high = {1}}); },
        [](auto& envs) { return Actor(envs, Mlp{.hidden = {6}}, Squashed(envs.action_space())); },
        [](auto& envs, auto&) {
            return Critic(envs, Mlp{.hidden = {6}, .activation = Activation::relu, .normalize_observations = true});
        },
        [](auto& envs, auto& actor, auto& critic, Index threads) {
            return Trainer({.name = "Mine", .horizon = 6, .threads = threads}, envs, actor, critic, Gae{},
                           [&](Threads& all) {
                               return ValueRegression(critic, Rmsprop<float>(), {.minibatch = 8, .epochs = 2}, all, 7);
                           });
        }));
}
