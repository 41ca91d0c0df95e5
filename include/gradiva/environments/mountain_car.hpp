#pragma once

#include <cmath>
#include <span>

#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// Mountain car: a car in a valley whose motor is too weak to climb the hill at once; it pushes left, not at all, or
/// right (actions 0, 1, 2). The reward is -1 per step; an episode terminates when the car is at or beyond the goal with
/// v >= 0. MountainCar-v0 is `TimeLimit(MountainCar{}, 200)`.
///
/// With position x, velocity v and push a in {-0.001, 0, 0.001}, per step,
///   v <- v + a - 0.0025 cos(3 x),   x <- x + v,
/// v clamped to [-0.07, 0.07] and x to [-1.2, 0.6]; at the left end v becomes 0.
/// Source: Moore, "Efficient Memory-based Learning for Robot Control", 1990, in the form of Sutton and
/// Barto, "Reinforcement Learning: An Introduction", 1998, example 8.2; reset range and goal as in Gymnasium's
/// MountainCar-v0.
struct MountainCar {
    static constexpr double push = 0.001;       // per step, squared
    static constexpr double gravity = 0.0025;   // per step, squared
    static constexpr double most_speed = 0.07;  // per step
    static constexpr double left_wall = -1.2;
    static constexpr double right_wall = 0.6;
    static constexpr double goal = 0.5;

    double position = 0;
    double velocity = 0;  ///< per step

    /// (position, velocity).
    Box observation_space() const {
        constexpr auto speed = static_cast<float>(most_speed);
        return {
            .size = 2, .low = {static_cast<float>(left_wall), -speed}, .high = {static_cast<float>(right_wall), speed}};
    }

    Discrete action_space() const { return {.n = 3}; }

    void reset(Rng& rng, std::span<float> observation) {
        position = rng.uniform(-0.6, -0.4);
        velocity = 0;
        observe(observation);
    }

    Outcome step(int action, Rng&, std::span<float> observation) {
        roll(position, velocity, (action - 1) * push);
        observe(observation);
        return {.reward = -1, .terminated = position >= goal && velocity >= 0};
    }

    void render(Canvas& canvas) const { draw(canvas, position, goal); }

    void visit_state(State& state) {
        state("position", position);
        state("velocity", velocity);
    }

    /// Integrates one step, with `acceleration` by the motor. NaN propagates.
    static void roll(double& position, double& velocity, double acceleration) {
        velocity = clamped(velocity + acceleration - gravity * std::cos(3 * position), -most_speed, most_speed);
        position = clamped(position + velocity, left_wall, right_wall);
        if (position == left_wall && velocity < 0) velocity = 0;
    }

    /// The car in the valley, whose height is sin(3 x), and a flag at `flag_at`, the goal.
    static void draw(Canvas& canvas, double position, double flag_at) {
        constexpr double wheel = 0.025;
        const auto ground = [](double x) { return CanvasPoint{x, 0.45 * std::sin(3 * x)}; };
        const auto above = [&](double x, double height) { return CanvasPoint{x, ground(x).y + height}; };
        canvas.view({.left = left_wall - 0.1, .bottom = -0.52, .right = right_wall + 0.15, .top = 0.75});
        constexpr int pieces = 36;
        for (int i = 0; i < pieces; ++i) {
            const double width = (right_wall - left_wall) / pieces, x = left_wall + width * i;
            canvas.line(ground(x), ground(x + width), {.ink = Ink::muted, .width = 0.015});
        }
        const CanvasPoint flag = above(flag_at, 0.25);
        canvas.line(ground(flag_at), flag, {.ink = Ink::good, .width = 0.012});
        canvas.rectangle(flag, {flag.x + 0.1, flag.y - 0.08}, {.fill = Ink::good});
        const double slope = 1.35 * std::cos(3 * position), unit = 1 / std::hypot(1, slope);
        const auto on_car = [&](double along, double up) {
            return CanvasPoint{position + unit * (along - slope * up),
                               ground(position).y + unit * (slope * along + up)};
        };
        canvas.line(on_car(-0.05, 0.065), on_car(0.05, 0.065), {.ink = Ink::accent, .width = 0.05});
        for (const double along : {-0.045, 0.045}) canvas.circle(on_car(along, wheel + 0.008), wheel);
    }

private:
    static double clamped(double x, double least, double most) { return x < least ? least : x > most ? most : x; }

    void observe(std::span<float> observation) const {
        observation[0] = static_cast<float>(position);
        observation[1] = static_cast<float>(velocity);
    }
};

}  // namespace GRADIVA_NAMESPACE
