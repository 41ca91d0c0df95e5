#pragma once

#include <array>
#include <cmath>
#include <numbers>
#include <span>

#include "gradiva/core/simd/sincos.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// Pendulum swing-up: a torque too weak to lift the pendulum at once has to bring it upright and keep it there.
/// Episodes do not end by themselves; Pendulum-v1 is `TimeLimit(Pendulum{}, 200)`. Models `DifferentiableEnv`.
///
/// With angle theta from upright and torque u in [-2, 2],
///   theta'' = 3 g / (2 l) sin theta + 3 / (m l^2) u,   reward = -(theta^2 + 0.1 theta'^2 + 0.001 u^2),
/// with theta wrapped to [-pi, pi) in the reward, and u and theta' clamped to [-2, 2] N m and [-8, 8] rad/s. Integrated
/// by the semi-implicit Euler method in steps of 0.05 s: the velocity first, then the angle with the new velocity. The
/// derivative of a clamped value is 0. Source: constants, reset range and reward as in Gymnasium's Pendulum-v1.
struct Pendulum {
    static constexpr double gravity = 10;      // m/s^2
    static constexpr double mass = 1;          // kg
    static constexpr double length = 1;        // m
    static constexpr double time_step = 0.05;  // s
    static constexpr double most_torque = 2;   // N m
    static constexpr double most_speed = 8;    // rad/s

    double theta = 0;      ///< angle from upright, rad, not wrapped
    double theta_dot = 0;  ///< angular velocity, rad/s

    double observed_theta = 0;  ///< the angle of the last observation
    double observed_sine = 0;   ///< its sine, which the next step reuses

    /// (cos theta, sin theta, theta').
    Box observation_space() const {
        constexpr auto speed = static_cast<float>(most_speed);
        return {.size = 3, .low = {-1, -1, -speed}, .high = {1, 1, speed}};
    }

    Box action_space() const {
        constexpr auto torque = static_cast<float>(most_torque);
        return {.size = 1, .low = {-torque}, .high = {torque}};
    }

    void reset(Rng& rng, std::span<float> observation) {
        theta = rng.uniform(-std::numbers::pi, std::numbers::pi);
        theta_dot = rng.uniform(-1, 1);
        write_observation(observation);
    }

    Outcome step(std::span<const float> action, Rng&, std::span<float> observation) {
        const std::array state{theta, theta_dot};
        std::array<double, 2> next{};
        const double sine = theta == observed_theta ? observed_sine : simd::sine_cosine(theta).sine;
        const double reward = transition(state, sine, static_cast<double>(action[0]), next);
        theta = next[0];
        theta_dot = next[1];
        write_observation(observation);
        return {.reward = reward};
    }

    void render(Canvas& canvas) const {
        canvas.view({.left = -1.3, .bottom = -1.3, .right = 1.3, .top = 1.3});
        canvas.circle({0, 0}, length, {.fill = Ink::none, .stroke = Ink::faint, .width = 0.01});
        canvas.line({0, length + 0.1}, {0, length + 0.2}, {.ink = Ink::good, .width = 0.03});  // upright
        const CanvasPoint tip{-length * std::sin(theta), length * std::cos(theta)};
        canvas.line({0, 0}, tip, {.ink = Ink::accent, .width = 0.14});
        canvas.circle({0, 0}, 0.04, {.fill = Ink::background});
    }

    void visit_state(State& state) {
        state("theta", theta);
        state("theta_dot", theta_dot);
    }

    // `DifferentiableEnv`, with the state (theta, theta_dot).

    Index state_size() const { return 2; }
    void save(std::span<double> state) const {
        state[0] = theta;
        state[1] = theta_dot;
    }

    double transition(std::span<const double> state, std::span<const double> action, std::span<double> next) const {
        return transition(state, simd::sine_cosine(state[0]).sine, action[0], next);
    }

    void transition_backward(std::span<const double> state, std::span<const double> action,
                             std::span<const double> d_next, double d_reward, std::span<double> d_state,
                             std::span<double> d_action) const {
        const double u = clamped(action[0], most_torque);
        const auto [sine, cosine] = simd::sine_cosine(state[0]);
        const double d_speed = is_free(speed_after(state, sine, u), most_speed) ? d_next[1] + d_next[0] * time_step : 0;
        const double d_acceleration = d_speed * time_step;
        d_state[0] += d_next[0] + d_acceleration * swing * cosine - d_reward * 2 * wrap(state[0]);
        d_state[1] += d_speed - d_reward * 0.2 * state[1];
        if (is_free(action[0], most_torque)) d_action[0] += d_acceleration * push - d_reward * 0.002 * u;
    }

    void observe(std::span<const double> state, std::span<double> observation) const {
        const auto [sine, cosine] = simd::sine_cosine(state[0]);
        observation[0] = cosine;
        observation[1] = sine;
        observation[2] = state[1];
    }

    void observe_backward(std::span<const double> state, std::span<const double> d_observation,
                          std::span<double> d_state) const {
        const auto [sine, cosine] = simd::sine_cosine(state[0]);
        d_state[0] += d_observation[1] * cosine - d_observation[0] * sine;
        d_state[1] += d_observation[2];
    }

private:
    static constexpr double swing = 3 * gravity / (2 * length);
    static constexpr double push = 3 / (mass * length * length);

    // NaN propagates through both, so that a bad action is noticed.
    static double clamped(double x, double most) { return x < -most ? -most : x > most ? most : x; }
    static bool is_free(double x, double most) { return !(x < -most || x > most); }

    static double speed_after(std::span<const double> state, double sine, double u) {
        return state[1] + (swing * sine + push * u) * time_step;
    }

    static double transition(std::span<const double> state, double sine, double torque, std::span<double> next) {
        const double u = clamped(torque, most_torque);
        const double angle = wrap(state[0]);
        const double reward = -(angle * angle + 0.1 * state[1] * state[1] + 0.001 * u * u);
        next[1] = clamped(speed_after(state, sine, u), most_speed);
        next[0] = state[0] + next[1] * time_step;
        return reward;
    }

    /// The angle wrapped to [-pi, pi).
    static double wrap(double angle) {
        constexpr double two_pi = 2 * std::numbers::pi;
        return angle - two_pi * std::floor((angle + std::numbers::pi) / two_pi);
    }

    void write_observation(std::span<float> observation) {
        const auto [sine, cosine] = simd::sine_cosine(theta);
        observed_theta = theta;
        observed_sine = sine;
        observation[0] = static_cast<float>(cosine);
        observation[1] = static_cast<float>(sine);
        observation[2] = static_cast<float>(theta_dot);
    }
};

}  // namespace GRADIVA_NAMESPACE
