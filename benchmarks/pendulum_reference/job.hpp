// The reference job: what is trained, and how much work that is.
#pragma once

#include <cmath>
#include <gradiva/gradiva.hpp>

#include "../common/mlp_flops.hpp"

namespace pendulum_reference {

using gradiva::Index;

inline constexpr Index environments = 4;
inline constexpr Index horizon = 1024;
inline constexpr Index minibatch = 256;
inline constexpr Index epochs = 2;
inline constexpr Index iterations = 75;
inline constexpr Index steps_per_iteration = environments * horizon;
inline constexpr Index steps = iterations * steps_per_iteration;

/// What the greedy policy has to reach, as the mean of 1,000 episodes.
inline constexpr double lowest_return = -200;

inline const gradiva::TimeLimit pendulum(gradiva::Pendulum{}, 200);
inline const gradiva::Gae gae{.gamma = 0.9, .lambda = 0.95};

/// The job clips no gradient; what it does not name is the library's default.
inline gradiva::PpoClipOptions ppo_options(Index threads) {
    return {.clip = 0.2,
            .horizon = horizon,
            .minibatch = minibatch,
            .epochs = epochs,
            .learning_rate = 1e-3,
            .max_gradient_norm = 0,
            .threads = threads};
}

/// What varies.
struct Variant {
    std::uint64_t seed = 1;
    Index width = 64;  ///< of both hidden layers; the reference job has 64

    gradiva::Mlp mlp() const { return {.hidden = {width, width}, .activation = gradiva::Activation::relu}; }

    /// Of one network.
    gradiva_bench::MlpFlops flops() const { return {.inputs = 3, .width = static_cast<double>(width), .outputs = 1}; }
};

/// The parts of a training.
struct Job {
    explicit Job(const Variant& variant)
        : envs(pendulum, {.count = environments, .seed = variant.seed}),
          actor(envs, variant.mlp(), gradiva::DiagonalGaussian<float>(1, std::log(2.0))), critic(envs, variant.mlp()) {}

    gradiva::Vectorized<gradiva::TimeLimit<gradiva::Pendulum>> envs;
    gradiva::Actor<gradiva::MlpNetwork<float>, gradiva::DiagonalGaussian<float>> actor;
    gradiva::Critic<gradiva::MlpNetwork<float>> critic;
};

}  // namespace pendulum_reference
