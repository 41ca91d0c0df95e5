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

namespace {

struct PpoClipRow {
    Gae advantage = {};
    PpoClipOptions options = {
        .horizon = 6, .minibatch = 8, .epochs = 3, .value_clip = 0.1, .target_kl = 0.1, .normalize_rewards = true};
    AdamOptions optimizer = {};
    Mlp mlp = {.hidden = {6}, .layer_norm = true, .normalize_observations = true};
    Index environments = 5;
    Index choices = 3;

    MakeTraining make() const {
        return training([row = *this] { return walks_of<true>(Discrete{row.choices}, row.environments); },
                        [mlp = mlp](auto& envs) { return Actor(envs, mlp); },
                        [mlp = mlp](auto& envs, auto&) { return Critic(envs, mlp); },
                        [row = *this](auto& envs, auto& actor, auto& critic, Index threads) {
                            PpoClipOptions own = row.options;
                            own.threads = threads;
                            return PpoClip(envs, actor, critic, row.advantage, own, Adam<float>(row.optimizer));
                        });
    }
};

}  // namespace

TEST_CASE("PpoClip goes on as if it had not stopped, with masks and all normalisation", "[threads]") {
    check_resumption(PpoClipRow{}.make());
}

TEST_CASE("a training with another option is refused, and the path says which") {
    const auto path = [](const auto& change) {
        PpoClipRow other;
        change(other);
        return refused(PpoClipRow{}.make(), other.make());
    };
    CHECK(path([](PpoClipRow&) {}).empty());
    CHECK(path([](PpoClipRow& row) { row.options.threads = 2; }).empty());
    CHECK(path([](PpoClipRow& row) { row.options.horizon = 7; }) == "options/horizon");
    CHECK(path([](PpoClipRow& row) { row.options.epochs = 7; }) == "update/options/epochs");
    CHECK(path([](PpoClipRow& row) { row.options.clip = 0.3; }) == "update/surrogate/clip/from");
    CHECK(path([](PpoClipRow& row) { row.advantage.gamma = 0.5; }) == "advantage/gamma");
    CHECK(path([](PpoClipRow& row) { row.optimizer.beta1 = 0.5; }) == "update/actor/optimizer/options/beta1");
    CHECK(path([](PpoClipRow& row) { row.mlp.activation = Activation::relu; }) == "actor/network/activation");
    CHECK(path([](PpoClipRow& row) { row.choices = 2; }) == "actor/network/widths[2]");
    CHECK(path([](PpoClipRow& row) { row.environments = 6; }) == "environments/walks/position");
}

namespace {

/// Saved with and without running episodes, restored, and trained on.
StateImage restarted(const StateImage& saved, Index threads, Index used_for) {
    const auto training = PpoClipRow{}.make()(threads, true);
    training->train(used_for);
    training->restore(saved, Episodes::restarted);
    training->train(3);
    return training->image();
}

}  // namespace

TEST_CASE("a training is restored without its running episodes", "[threads]") {
    const auto whole = PpoClipRow{}.make()(1, false);
    whole->train(5);
    const StateImage saved = whole->image(Episodes::restarted);
    CHECK(saved.find("collector/streams/key") != nullptr);
    for (const char* path : {"collector/started", "collector/mid_episode", "collector/episodes/length",
                             "collector/states/observation", "rewards/running"}) {
        CHECK(whole->image().find(path) != nullptr);
        CHECK(saved.find(path) == nullptr);
    }
    const StateImage once = restarted(saved, 1, 0);
    CHECK(first_difference(once, restarted(saved, 2, 0)).empty());
    CHECK(first_difference(once, restarted(saved, 1, 2)).empty());  // what ran there is forgotten
    whole->train(3);
    CHECK(!first_difference(once, whole->image()).empty());
}

TEST_CASE("PpoKl goes on as if it had not stopped, with a shared trunk in double", "[threads]") {
    check_resumption(training(
        [] { return walks_of(Box{.size = 2}); },
        [](auto& envs) {
            return Actor(envs, SharedTrunk{.trunk = Mlp{.hidden = {6}, .normalize_observations = true}},
                         DiagonalGaussian<double>(2));
        },
        [](auto&, auto& actor) { return SharedCritic(actor); },
        [](auto& envs, auto& actor, auto& critic, Index threads) {
            return PpoKl(envs, actor, critic, NStep{.n = 3},
                         {.horizon = 6, .minibatch = 30, .epochs = 2, .learning_rate = 1e-2, .threads = threads});
        }));
}

TEST_CASE("A2c goes on as if it had not stopped, with networks side by side and of images, all normalised",
          "[threads]") {
    const Convolution image{.shape = {1, 2, 1},
                            .layers = {{.channels = 2, .kernel = 1}},
                            .hidden = {4},
                            .activation = Activation::gelu,
                            .normalize_observations = true};
    const Join join{.networks = {image, Mlp{.hidden = {3}, .normalize_observations = true, .inputs = Range{1, 2}}}};
    check_resumption(training([] { return walks_of(Discrete{.n = 3}); }, [=](auto& envs) { return Actor(envs, join); },
                              [=](auto& envs, auto&) { return Critic(envs, image); },
                              [](auto& envs, auto& actor, auto& critic, Index threads) {
                                  return A2c(envs, actor, critic, Gae{}, {.horizon = 4, .threads = threads});
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
