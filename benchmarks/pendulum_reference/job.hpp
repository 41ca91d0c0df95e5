// The reference job: what is trained, and how much work that is.
#pragma once

#include <cmath>
#include <gradiva/gradiva.hpp>

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
inline const gradiva::Mlp mlp{.hidden = {64, 64}, .activation = gradiva::Activation::relu};
inline const gradiva::Gae gae{.gamma = 0.9, .lambda = 0.95};

/// What is not named in the job is the library's default.
inline gradiva::PpoClipOptions ppo_options(Index threads) {
    return {.clip = 0.2,
            .horizon = horizon,
            .minibatch = minibatch,
            .epochs = epochs,
            .learning_rate = 1e-3,
            .threads = threads};
}

/// The parts of a training with one seed.
struct Job {
    explicit Job(std::uint64_t seed)
        : envs(pendulum, {.count = environments, .seed = seed}),
          actor(envs, mlp, gradiva::DiagonalGaussian<float>(1, std::log(2.0))), critic(envs, mlp) {}

    gradiva::Vectorized<gradiva::TimeLimit<gradiva::Pendulum>> envs;
    gradiva::Actor<gradiva::MlpNetwork<float>, gradiva::DiagonalGaussian<float>> actor;
    gradiva::Critic<gradiva::MlpNetwork<float>> critic;
};

// Per sample and network, counting an addition and a multiplication: the three layers forward; backward the same again
// for the weights, and once more for the inputs of the second and the third layer.
inline constexpr double forward_flops = 2 * (3 * 64 + 64 * 64 + 64 * 1);
inline constexpr double backward_flops = forward_flops + 2 * (64 * 64 + 64 * 1);

}  // namespace pendulum_reference
