#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <span>

#include "gradiva/core/simd/sincos.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// Acrobot: two links that hang from a pivot, with a torque of -1, 0 or 1 N m (actions 0, 1, 2) at the joint between
/// them. The reward is -1 per step, and 0 in the last one: an episode terminates when the tip is more than one link's
/// length above the pivot. Acrobot-v1 is `TimeLimit(Acrobot{}, 500)`.
///
/// With masses m, lengths l, distances c to the centres of mass, moments of inertia I, and torque u,
///   d1        = m1 c1^2 + m2 (l1^2 + c2^2 + 2 l1 c2 cos theta2) + I1 + I2
///   d2        = m2 (c2^2 + l1 c2 cos theta2) + I2
///   phi2      = m2 c2 g sin(theta1 + theta2)
///   phi1      = -m2 l1 c2 theta2' (theta2' + 2 theta1') sin theta2 + (m1 c1 + m2 l1) g sin theta1 + phi2
///   theta2''  = (u + phi1 d2/d1 - m2 l1 c2 theta1'^2 sin theta2 - phi2) / (m2 c2^2 + I2 - d2^2/d1)
///   theta1''  = -(d2 theta2'' + phi1) / d1
/// integrated by one step of the fourth-order Runge-Kutta method per 0.2 s. Then the angles are wrapped to [-pi, pi],
/// and the velocities clamped to [-4 pi, 4 pi] and [-9 pi, 9 pi] rad/s. Source: Sutton and Barto, "Reinforcement
/// Learning: An Introduction", 1998, section 11.3; constants, bounds, reset range and reward as in Gymnasium's
/// Acrobot-v1.
struct Acrobot {
    static constexpr double gravity = 9.8;                       // m/s^2
    static constexpr double mass = 1;                            // kg, of each link
    static constexpr double length = 1;                          // m, of each link
    static constexpr double centre = 0.5;                        // m, from a link's upper end to its centre of mass
    static constexpr double inertia = 1;                         // kg m^2, of each link
    static constexpr double time_step = 0.2;                     // s
    static constexpr double most_speed1 = 4 * std::numbers::pi;  // rad/s
    static constexpr double most_speed2 = 9 * std::numbers::pi;  // rad/s

    double theta1 = 0;      ///< angle of the upper link from hanging down, rad
    double theta2 = 0;      ///< angle of the lower link from the upper link's direction, rad
    double theta1_dot = 0;  ///< rad/s
    double theta2_dot = 0;  ///< rad/s

    /// (cos theta1, sin theta1, cos theta2, sin theta2, theta1', theta2').
    Box observation_space() const {
        constexpr auto speed1 = static_cast<float>(most_speed1);
        constexpr auto speed2 = static_cast<float>(most_speed2);
        return {.size = 6, .low = {-1, -1, -1, -1, -speed1, -speed2}, .high = {1, 1, 1, 1, speed1, speed2}};
    }

    Discrete action_space() const { return {.n = 3}; }

    void reset(Rng& rng, std::span<float> observation) {
        for (double* part : {&theta1, &theta2, &theta1_dot, &theta2_dot}) *part = rng.uniform(-0.1, 0.1);
        observe(observation);
    }

    Outcome step(int action, Rng&, std::span<float> observation) {
        const Motion next = runge_kutta_step({theta1, theta2, theta1_dot, theta2_dot}, action - 1);
        theta1 = wrap(next[0]);
        theta2 = wrap(next[1]);
        theta1_dot = clamped(next[2], most_speed1);
        theta2_dot = clamped(next[3], most_speed2);
        observe(observation);
        const bool is_raised = -simd::sine_cosine(theta1).cosine - simd::sine_cosine(theta1 + theta2).cosine > 1;
        return {.reward = is_raised ? 0.0 : -1.0, .terminated = is_raised};
    }

    void render(Canvas& canvas) const {
        canvas.view({.left = -2.3, .bottom = -2.3, .right = 2.3, .top = 2.3});
        canvas.line({-2.2, length}, {2.2, length}, {.ink = Ink::good, .width = 0.02});
        const CanvasPoint joint{length * std::sin(theta1), -length * std::cos(theta1)};
        const CanvasPoint tip{joint.x + length * std::sin(theta1 + theta2),
                              joint.y - length * std::cos(theta1 + theta2)};
        canvas.line({0, 0}, joint, {.ink = Ink::foreground, .width = 0.16});
        canvas.line(joint, tip, {.ink = Ink::accent, .width = 0.16});
        canvas.circle({0, 0}, 0.05, {.fill = Ink::background});
        canvas.circle(joint, 0.05, {.fill = Ink::background});
    }

    void visit_state(State& state) {
        state("theta1", theta1);
        state("theta2", theta2);
        state("theta1_dot", theta1_dot);
        state("theta2_dot", theta2_dot);
    }

private:
    using Motion = std::array<double, 4>;  // theta1, theta2, theta1', theta2'

    /// The time derivative of the state.
    static Motion rate(const Motion& s, double torque) {
        constexpr double coupling = mass * length * centre;
        const auto [sine, cosine] = simd::sine_cosine(s[1]);
        const double d1 =
            mass * centre * centre + mass * (length * length + centre * centre) + 2 * coupling * cosine + 2 * inertia;
        const double d2 = mass * centre * centre + coupling * cosine + inertia;
        const double phi2 = mass * centre * gravity * simd::sine_cosine(s[0] + s[1]).sine;
        const double phi1 = -coupling * s[3] * (s[3] + 2 * s[2]) * sine +
                            mass * (centre + length) * gravity * simd::sine_cosine(s[0]).sine + phi2;
        const double acceleration2 = (torque + phi1 * d2 / d1 - coupling * s[2] * s[2] * sine - phi2) /
                                     (mass * centre * centre + inertia - d2 * d2 / d1);
        return {s[2], s[3], -(d2 * acceleration2 + phi1) / d1, acceleration2};
    }

    static Motion euler_step(Motion s, double time, const Motion& rate) {
        for (std::size_t i = 0; i < s.size(); ++i) s[i] += time * rate[i];
        return s;
    }

    /// The state one time step later.
    static Motion runge_kutta_step(const Motion& s, double torque) {
        const Motion k1 = rate(s, torque);
        const Motion k2 = rate(euler_step(s, time_step / 2, k1), torque);
        const Motion k3 = rate(euler_step(s, time_step / 2, k2), torque);
        const Motion k4 = rate(euler_step(s, time_step, k3), torque);
        Motion mean{};
        for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = (k1[i] + 2 * k2[i] + 2 * k3[i] + k4[i]) / 6;
        return euler_step(s, time_step, mean);
    }

    static double wrap(double angle) { return std::remainder(angle, 2 * std::numbers::pi); }
    static double clamped(double x, double most) { return x < -most ? -most : x > most ? most : x; }

    void observe(std::span<float> observation) const {
        const auto upper = simd::sine_cosine(theta1), lower = simd::sine_cosine(theta2);
        observation[0] = static_cast<float>(upper.cosine);
        observation[1] = static_cast<float>(upper.sine);
        observation[2] = static_cast<float>(lower.cosine);
        observation[3] = static_cast<float>(lower.sine);
        observation[4] = static_cast<float>(theta1_dot);
        observation[5] = static_cast<float>(theta2_dot);
    }
};

}  // namespace GRADIVA_NAMESPACE
