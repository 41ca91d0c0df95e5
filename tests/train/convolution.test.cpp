// Networks of convolutions in trainings: the kinds of trainers ask for different passes of them.
#include "catch.hpp"

#include <vector>

#include "gradiva/gradiva.hpp"
#include "helpers/lamp.hpp"
#include "helpers/sanitizer.hpp"

using namespace gradiva;
using gradiva_test::Lamp;
using gradiva_test::sanitized;

namespace {

/// Without a shape: the environments know it.
const Convolution images{.layers = {{8, 3, 1, 1}, {6, 2, 2}}, .hidden = {16}, .normalize_observations = true};

/// Under a sanitizer a training is of two iterations.
template <class Trainer>
Progress train(Trainer& trainer, Index steps) {
    const Progress progress = trainer.train({.steps = sanitized ? 2'048 : steps});
    if (!sanitized) CHECK(progress.mean_return > 8);
    return progress;
}

}  // namespace

TEST_CASE("a training with convolutions gives the same bits with 1, 2 and 4 threads, and learns", "[threads]") {
    std::vector<std::vector<float>> weights;
    for (const Index threads : {1, 2, 4}) {
        Vectorized envs(Lamp{}, {.count = 8, .seed = 1});
        Actor actor(envs, images);
        Critic critic(envs, images);
        PpoClip trainer(envs, actor, critic, Gae{.gamma = 0},
                        {.horizon = 128, .minibatch = 256, .learning_rate = 1e-2, .threads = threads});
        train(trainer, 8'192);
        weights.emplace_back(actor.weights().begin(), actor.weights().end());
        weights.back().insert(weights.back().end(), critic.weights().begin(), critic.weights().end());
    }
    CHECK(weights[1] == weights[0]);
    CHECK(weights[2] == weights[0]);
}

TEST_CASE("Trpo takes its step with the tangents of convolutions") {
    Vectorized envs(Lamp{}, {.count = 8, .seed = 1});
    Actor actor(envs, images);
    Critic critic(envs, images);
    Trpo trainer(envs, actor, critic, Gae{.gamma = 0}, {.horizon = 128});
    CHECK(train(trainer, 20'480).update.mean_kl > 0);
}

TEST_CASE("convolutions are the trunk that actor and critic share, and stand in a Join") {
    Vectorized envs(Lamp{}, {.count = 8, .seed = 1});
    SECTION("the trunk") {
        Actor actor(envs, SharedTrunk{.trunk = images});
        SharedCritic critic(actor);
        PpoClip trainer(envs, actor, critic, Gae{.gamma = 0},
                        {.horizon = 128, .minibatch = 256, .learning_rate = 1e-2});
        train(trainer, 8'192);
    }
    SECTION("a Join") {
        const Join join{.networks = {images, Mlp{.hidden = {4}, .inputs = Range{0, 10}}}, .hidden = {8}};
        Actor actor(envs, join);
        Critic critic(envs, join);
        PpoClip trainer(envs, actor, critic, Gae{.gamma = 0},
                        {.horizon = 128, .minibatch = 256, .learning_rate = 1e-2});
        train(trainer, 8'192);
    }
}
