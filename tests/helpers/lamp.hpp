// A small environment whose observations are images.
#pragma once

#include <algorithm>
#include <span>

#include "gradiva/env/env.hpp"

namespace gradiva_test {

/// An image of 6 x 5 pixels and two channels, dark but for one lit pixel: 1 in the channel that tells the better of two
/// actions. Pays 1 for that one. Episodes of 10 steps.
struct Lamp {
    int step_of_episode = 0;
    int lit = 0;

    gradiva::Box observation_space() const { return {.shape = {6, 5, 2}, .low = {0}, .high = {1}}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng& rng, std::span<float> observation) {
        step_of_episode = 0;
        light(rng, observation);
    }
    gradiva::Outcome step(int action, gradiva::Rng& rng, std::span<float> observation) {
        const double reward = action == lit ? 1 : 0;
        light(rng, observation);
        return {.reward = reward, .truncated = ++step_of_episode == 10};
    }

private:
    void light(gradiva::Rng& rng, std::span<float> observation) {
        std::fill(observation.begin(), observation.end(), 0.0F);
        lit = static_cast<int>(rng.below(2));
        observation[static_cast<std::size_t>(2 * rng.below(30)) + static_cast<std::size_t>(lit)] = 1;
    }
};

}  // namespace gradiva_test
