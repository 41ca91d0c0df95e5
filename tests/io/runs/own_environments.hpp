// Environments of a user's own, for checkpointed_run.
#pragma once

#include <gradiva/gradiva.hpp>
#include <memory>
#include <span>

/// An environment that cannot be copied, made by a factory.
struct OwnCart {
    explicit OwnCart(gradiva::Index number) : cart(std::make_unique<gradiva::CartPole>()), steps_left(20 + number) {}
    gradiva::Box observation_space() const { return cart->observation_space(); }
    gradiva::Discrete action_space() const { return cart->action_space(); }
    void reset(gradiva::Rng& rng, std::span<float> observation) {
        used = 0;
        cart->reset(rng, observation);
    }
    gradiva::Outcome step(int action, gradiva::Rng& rng, std::span<float> observation) {
        gradiva::Outcome outcome = cart->step(action, rng, observation);
        outcome.truncated = ++used >= steps_left;
        return outcome;
    }
    void visit_state(gradiva::State& state) {
        state.fixed("steps_left", steps_left);
        state("used", used);
        state("cart", *cart);
    }

    std::unique_ptr<gradiva::CartPole> cart;
    gradiva::Index steps_left, used = 0;
};

/// Three switches to set as the lamps above them say; other lamps after each step. Its bytes are its state.
struct Switches {
    static constexpr bool saved_as_bytes = true;
    float lamps[3] = {};

    gradiva::Box observation_space() const { return {.size = 3}; }
    gradiva::MultiBinary action_space() const { return {.size = 3}; }
    void reset(gradiva::Rng& rng, std::span<float> observation) {
        for (std::size_t i = 0; i < 3; ++i) observation[i] = lamps[i] = rng.uniform() < 0.5 ? 0.0F : 1.0F;
    }
    gradiva::Outcome step(std::span<const int> action, gradiva::Rng& rng, std::span<float> observation) {
        double right = 0;
        for (std::size_t i = 0; i < 3; ++i) right += (action[i] == 1) == (lamps[i] == 1) ? 1 : 0;
        reset(rng, observation);
        return {.reward = right};
    }
};
