// Environments and a network of a user's own, for checkpointed_run.
#pragma once

#include <array>
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

/// The same, of which nobody can save the state.
struct UnsavedCart : OwnCart {
    using OwnCart::OwnCart;
    void visit_state(gradiva::State&) = delete;
};

/// A description and a network that only have what they must.
struct OwnLayers {
    gradiva::Index units = 6;
};
class OwnNetwork : gradiva::MlpNetwork<float> {
public:
    using MlpNetwork::append_parameters, MlpNetwork::backward, MlpNetwork::forward, MlpNetwork::inputs,
        MlpNetwork::outputs, MlpNetwork::parameters;
    using MlpNetwork::Scalar, MlpNetwork::Tape;

    OwnNetwork(gradiva::Index inputs, gradiva::Index outputs, const OwnLayers& layers, gradiva::Rng rng, double gain)
        : MlpNetwork(inputs, outputs, {.hidden = {layers.units}}, rng, gain) {}

    void visit_state(gradiva::State& state) {
        state.fixed("units", std::array{inputs(), outputs()});
        state("parameters", parameters());
    }
};
template <>
struct gradiva::NetworkFor<OwnLayers, float> {
    using Type = OwnNetwork;
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
