#pragma once

#include <span>

#include "gradiva/env/env.hpp"
#include "gradiva/environments/mountain_car.hpp"

namespace GRADIVA_NAMESPACE {

/// The car of `MountainCar` with a force u in [-1, 1], which accelerates it by 0.0015 u per step. The reward is 100 at
/// the goal, which terminates, minus 0.1 u^2 per step; u is clamped for the motion, not in the reward.
/// MountainCarContinuous-v0 is `TimeLimit(MountainCarContinuous{}, 999)`.
/// Source: constants, reset range, goal and reward as in Gymnasium's MountainCarContinuous-v0, which however rounds the
/// state to single precision in each step.
struct MountainCarContinuous {
    static constexpr double power = 0.0015;  // per step, squared
    static constexpr double most_force = 1;
    static constexpr double goal = 0.45;

    double position = 0;
    double velocity = 0;  ///< per step

    Box observation_space() const { return MountainCar{}.observation_space(); }

    Box action_space() const {
        constexpr auto force = static_cast<float>(most_force);
        return {.size = 1, .low = {-force}, .high = {force}};
    }

    void reset(Rng& rng, std::span<float> observation) {
        position = rng.uniform(-0.6, -0.4);
        velocity = 0;
        observe(observation);
    }

    Outcome step(std::span<const float> action, Rng&, std::span<float> observation) {
        const double u = action[0];
        const double force = u < -most_force ? -most_force : u > most_force ? most_force : u;
        MountainCar::roll(position, velocity, force * power);
        observe(observation);
        const bool is_there = position >= goal && velocity >= 0;
        return {.reward = (is_there ? 100 : 0) - 0.1 * u * u, .terminated = is_there};
    }

    void render(Canvas& canvas) const { MountainCar::draw(canvas, position, goal); }

    void visit_state(State& state) {
        state("position", position);
        state("velocity", velocity);
    }

private:
    void observe(std::span<float> observation) const {
        observation[0] = static_cast<float>(position);
        observation[1] = static_cast<float>(velocity);
    }
};

}  // namespace GRADIVA_NAMESPACE
