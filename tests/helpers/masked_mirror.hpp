// An environment that shows what it was given, and masks one choice after the other.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "gradiva/env/env.hpp"

namespace gradiva_test {

/// Observes (choice, values..., step of the episode), all of the last step; pays the choice times 2, minus 3. In step t
/// the choice t % 3 is illegal, and refused. Never ends.
struct MaskedMirror {
    std::vector<float> low = {2, -10};
    std::vector<float> high = {6, 30};
    int at = 0;

    gradiva::Box observation_space() const {
        return {.size = 4, .low = {-100, -50, -50, 0}, .high = {100, 50, 50, 1000}};
    }
    gradiva::HybridSpace action_space() const { return {.choice = {3}, .box = {.size = 2, .low = low, .high = high}}; }
    void reset(gradiva::Rng&, std::span<float> observation) {
        at = 0;
        std::fill(observation.begin(), observation.end(), 0.0F);
    }
    gradiva::Outcome step(gradiva::HybridAction action, gradiva::Rng&, std::span<float> observation) {
        if (action.choice == at % 3) throw std::runtime_error("an illegal choice");
        observation[0] = static_cast<float>(action.choice);
        std::copy(action.values.begin(), action.values.end(), observation.begin() + 1);
        observation[3] = static_cast<float>(++at);
        return {.reward = 2.0 * action.choice - 3};
    }
    void action_mask(std::span<std::uint8_t> legal) const { legal[static_cast<std::size_t>(at % 3)] = 0; }
};

/// The mask of an environment's present state.
template <class E>
std::vector<int> mask_of(const E& env, std::size_t choices) {
    std::vector<std::uint8_t> legal(choices, 1);
    env.action_mask(legal);
    return {legal.begin(), legal.end()};
}

}  // namespace gradiva_test
