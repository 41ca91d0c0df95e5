// CartPole as a machine with sensors knows it, beside what only its simulator knows.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <gradiva/gradiva.hpp>
#include <span>

namespace example {

/// CartPole with sensors. An observation is the measured (x, theta) of the last `frames` steps, the oldest first, and
/// then the state (x, x', theta, theta').
struct SensedCartPole {
    static constexpr gradiva::Index frames = 6;
    static constexpr gradiva::Range measured{0, 2 * frames}, state{2 * frames, 2 * frames + 4};
    static constexpr double position_noise = 0.05;  // standard deviations, m and rad
    static constexpr double angle_noise = 0.02;

    gradiva::CartPole cart_pole = {};
    std::array<float, gradiva::to_size(measured.end)> measurements = {};

    gradiva::Box observation_space() const { return {.size = state.end}; }
    gradiva::Discrete action_space() const { return cart_pole.action_space(); }

    void reset(gradiva::Rng& rng, std::span<float> observation) {
        cart_pole.reset(rng, observation.last(4));
        for (gradiva::Index frame = 0; frame < frames; ++frame) measure(rng);
        std::copy(measurements.begin(), measurements.end(), observation.begin());
    }

    gradiva::Outcome step(int action, gradiva::Rng& rng, std::span<float> observation) {
        const gradiva::Outcome outcome = cart_pole.step(action, rng, observation.last(4));
        measure(rng);
        std::copy(measurements.begin(), measurements.end(), observation.begin());
        return outcome;
    }

    void render(gradiva::Canvas& canvas) const { cart_pole.render(canvas); }

    void visit_state(gradiva::State& visitor) {
        visitor("cart_pole", cart_pole);
        visitor("measurements", std::span(measurements));
    }

private:
    void measure(gradiva::Rng& rng) {
        std::copy(measurements.begin() + 2, measurements.end(), measurements.begin());
        measurements.end()[-2] = static_cast<float>(cart_pole.x + position_noise * rng.normal());
        measurements.end()[-1] = static_cast<float>(cart_pole.theta + angle_noise * rng.normal());
    }
};

}  // namespace example
