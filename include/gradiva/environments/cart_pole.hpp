#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>

#include "gradiva/core/simd/sincos.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// Cart-pole: a pole on a cart that is pushed left (action 0) or right (action 1). The reward is 1 per step; an episode
/// terminates when the pole is more than 12 degrees from upright or the cart leaves [-2.4, 2.4] m. CartPole-v1 is
/// `TimeLimit(CartPole{}, 500)`.
///
/// With force F, total mass M = m_c + m_p and half length l, the accelerations are
///   temp     = (F + m_p l theta'^2 sin theta) / M
///   theta''  = (g sin theta - cos theta temp) / (l (4/3 - m_p cos^2 theta / M))
///   x''      = temp - m_p l theta'' cos theta / M
/// and the state follows by Euler's method in steps of 0.02 s.
/// Source: Barto, Sutton and Anderson, "Neuronlike adaptive elements that can solve difficult learning control
/// problems", 1983; constants and reset range as in Gymnasium's CartPole-v1.
struct CartPole {
    static constexpr double gravity = 9.8;                                  // m/s^2
    static constexpr double cart_mass = 1.0;                                // kg
    static constexpr double pole_mass = 0.1;                                // kg
    static constexpr double half_length = 0.5;                              // m
    static constexpr double force = 10.0;                                   // N
    static constexpr double time_step = 0.02;                               // s
    static constexpr double position_limit = 2.4;                           // m
    static constexpr double angle_limit = 12 * 2 * std::numbers::pi / 360;  // rad

    double x = 0;          ///< position, m
    double x_dot = 0;      ///< velocity, m/s
    double theta = 0;      ///< angle from upright, rad
    double theta_dot = 0;  ///< angular velocity, rad/s

    /// (x, x', theta, theta').
    Box observation_space() const {
        constexpr auto unbounded = std::numeric_limits<float>::infinity();
        constexpr auto position = static_cast<float>(2 * position_limit);
        constexpr auto angle = static_cast<float>(2 * angle_limit);
        return {.size = 4,
                .low = {-position, -unbounded, -angle, -unbounded},
                .high = {position, unbounded, angle, unbounded}};
    }

    Discrete action_space() const { return {.n = 2}; }

    void reset(Rng& rng, std::span<float> observation) {
        for (double* part : {&x, &x_dot, &theta, &theta_dot}) *part = rng.uniform(-0.05, 0.05);
        observe(observation);
    }

    Outcome step(int action, Rng&, std::span<float> observation) {
        constexpr double total_mass = cart_mass + pole_mass;
        constexpr double pole_moment = pole_mass * half_length;
        const double push = action == 1 ? force : -force;
        const auto [sine, cosine] = simd::sine_cosine(theta);
        const double temp = (push + pole_moment * theta_dot * theta_dot * sine) / total_mass;
        const double theta_acceleration =
            (gravity * sine - cosine * temp) / (half_length * (4.0 / 3.0 - pole_mass * cosine * cosine / total_mass));
        const double x_acceleration = temp - pole_moment * theta_acceleration * cosine / total_mass;
        x += time_step * x_dot;
        x_dot += time_step * x_acceleration;
        theta += time_step * theta_dot;
        theta_dot += time_step * theta_acceleration;
        observe(observation);
        return {.reward = 1, .terminated = std::abs(x) > position_limit || std::abs(theta) > angle_limit};
    }

    void render(Canvas& canvas) const {
        canvas.view({.left = -2.9, .bottom = -0.3, .right = 2.9, .top = 1.4});
        canvas.line({-position_limit, 0}, {position_limit, 0}, {.ink = Ink::muted, .width = 0.02});
        for (const double limit : {-position_limit, position_limit}) {
            canvas.line({limit, -0.1}, {limit, 0.1}, {.ink = Ink::bad, .width = 0.03});
        }
        canvas.rectangle({x - 0.3, -0.12}, {x + 0.3, 0.15});
        const CanvasPoint axle{x, 0.1},
            tip{axle.x + 2 * half_length * std::sin(theta), axle.y + 2 * half_length * std::cos(theta)};
        canvas.line(axle, tip, {.ink = Ink::accent, .width = 0.08});
        canvas.circle(axle, 0.03, {.fill = Ink::background});
    }

    void visit_state(State& state) {
        state("x", x);
        state("x_dot", x_dot);
        state("theta", theta);
        state("theta_dot", theta_dot);
    }

private:
    void observe(std::span<float> observation) const {
        observation[0] = static_cast<float>(x);
        observation[1] = static_cast<float>(x_dot);
        observation[2] = static_cast<float>(theta);
        observation[3] = static_cast<float>(theta_dot);
    }
};

}  // namespace GRADIVA_NAMESPACE
