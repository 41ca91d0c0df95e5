#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/differentiable_env.hpp"

namespace GRADIVA_NAMESPACE {

/// How `check_derivatives` tries a model.
struct CheckDerivativesOptions {
    Index steps = 50;         ///< random actions; derivatives are compared at each state that is met
    Index episode = 10;       ///< steps until the next reset
    double step = 1e-5;       ///< h of the central differences, times max(1, |x|)
    double tolerance = 1e-6;  ///< of a derivative, times max(1, its magnitude)
    std::uint64_t seed = 0;   ///< of the starts' and the actions' randomness
};

namespace detail {

/// Runs a model under random actions and compares its derivatives; see `check_derivatives`.
template <class E>
class DerivativeChecker {
public:
    DerivativeChecker(const E& env, const CheckDerivativesOptions& options)
        : env_(env), options_(options), space_(env.action_space()), env_rng_(options.seed, Purpose::environment),
          action_rng_(options.seed, Purpose::action), seen_(to_size(env.observation_space().size)),
          state_(to_size(env.state_size())), next_(state_), action_(to_size(space_.size)), sent_(action_.size()),
          observation_(seen_.size()) {
        require(options.steps >= 1, "check_derivatives: steps is {}; give at least 1", options.steps);
        require(options.episode >= 1, "check_derivatives: episode is {}; give at least 1 step", options.episode);
        require(options.step > 0, "check_derivatives: step is {}; give a number above 0", options.step);
        require(options.tolerance > 0, "check_derivatives: tolerance is {}; give a number above 0", options.tolerance);
        require(env.state_size() >= 1, "check_derivatives: state_size() is {}; give at least 1", env.state_size());
    }

    void run() {
        for (Index t = 0; t < options_.steps; ++t) {
            if (t % options_.episode == 0) {
                env_.reset(env_rng_, seen_);
                env_.save(state_);
                compare_observation("reset");
            }
            draw_action();
            check_point();
            compare_step();
        }
    }

private:
    using Values = std::vector<double>;

    void draw_action() {
        for (std::size_t i = 0; i < action_.size(); ++i) {
            const double low = std::max(space_.low_of(static_cast<Index>(i)), -1.0F);
            const double high = std::min(space_.high_of(static_cast<Index>(i)), 1.0F);
            sent_[i] = static_cast<float>(low <= high ? action_rng_.uniform(low, high) : low > 0 ? low : high);
            action_[i] = static_cast<double>(sent_[i]);
        }
    }

    /// `step` and the model must say the same, to the precision of floats.
    void compare_step() {
        const double reward = env_.transition(state_, action_, next_);
        const Outcome outcome = env_.step(sent_, env_rng_, seen_);
        require(!outcome.terminated && !outcome.truncated,
                "check_derivatives: step ends the episode, which a model cannot; leave that to a TimeLimit");
        require(close(outcome.reward, reward, 1e-4),
                "check_derivatives: step gives a reward of {} where transition returns {}; let both compute the same",
                outcome.reward, reward);
        env_.save(state_);
        for (std::size_t i = 0; i < next_.size(); ++i) {
            require(close(state_[i], next_[i], 1e-4),
                    "check_derivatives: step leaves state[{}] = {} where transition writes {}; let both compute the "
                    "same",
                    i, state_[i], next_[i]);
        }
        compare_observation("step");
    }

    void compare_observation(const char* where) {
        env_.observe(state_, observation_);
        for (std::size_t i = 0; i < observation_.size(); ++i) {
            require(close(static_cast<double>(seen_[i]), observation_[i], 1e-4),
                    "check_derivatives: {} shows observation[{}] = {} where observe writes {}; let both compute the "
                    "same",
                    where, i, seen_[i], observation_[i]);
        }
    }

    /// One row of each Jacobian at a time, by a derivative of 1 for one output.
    void check_point() {
        const Values none(state_.size(), 0.0);
        for (std::size_t i = 0; i < state_.size(); ++i) {
            Values one = none;
            one[i] = 1;
            check_transition("next_state", i, one, 0, [this, i] {
                env_.transition(state_, action_, next_);
                return next_[i];
            });
        }
        check_transition("reward", 0, none, 1, [this] { return env_.transition(state_, action_, next_); });
        for (std::size_t i = 0; i < observation_.size(); ++i) {
            Values one(observation_.size(), 0.0), by_state(state_.size(), added_to);
            one[i] = 1;
            env_.observe_backward(state_, one, by_state);
            compare("observe_backward", "observation", i, "state", state_, by_state, [this, i] {
                env_.observe(state_, observation_);
                return observation_[i];
            });
        }
    }

    template <class F>
    void check_transition(const char* of, std::size_t row, const Values& d_next, double d_reward, const F& f) {
        Values by_state(state_.size(), added_to), by_action(action_.size(), added_to);
        env_.transition_backward(state_, action_, d_next, d_reward, by_state, by_action);
        compare("transition_backward", of, row, "state", state_, by_state, f);
        compare("transition_backward", of, row, "action", action_, by_action, f);
    }

    template <class F>
    void compare(const char* who, const char* of, std::size_t row, const char* by, Values& x, const Values& derivative,
                 const F& f) const {
        for (std::size_t k = 0; k < x.size(); ++k) {
            const double before = x[k];
            const double h = options_.step * std::max(1.0, std::abs(before));
            x[k] = before + h;
            const double above = f();
            x[k] = before - h;
            const double expected = (above - f()) / (2 * h);
            x[k] = before;
            require(
                close(derivative[k] - added_to, expected, options_.tolerance),
                "check_derivatives: {} adds {:.6g} to d_{}[{}] for {}[{}], central differences give {:.6g} at {}[{}] = "
                "{:.6g}; correct the derivative, and add to d_{} without overwriting it",
                who, derivative[k] - added_to, by, k, of, row, expected, by, k, before, by);
        }
    }

    /// Written so that NaN is not close to anything.
    static bool close(double a, double b, double tolerance) {
        return std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b));
    }

    // The derivatives' initial value, by which a model that overwrites where it has to add is found.
    static constexpr double added_to = 0.25;

    E env_;
    CheckDerivativesOptions options_;
    Box space_;
    Rng env_rng_;
    Rng action_rng_;
    std::vector<float> seen_;
    Values state_, next_, action_;
    std::vector<float> sent_;
    Values observation_;
};

}  // namespace detail

/// Tests a model with random actions, within [-1, 1] and the bounds, and throws `Error` on the first violation: a
/// derivative that differs from central differences of `transition` or `observe`, or a `step` that does something else
/// than they.
template <class E>
void check_derivatives(const E& env, const CheckDerivativesOptions& options = {}) {
    const auto& model = within_time_limit(env);
    using Model = std::remove_cvref_t<decltype(model)>;
    static_assert(detail::explain_differentiable_env<Model>());
    detail::DerivativeChecker<Model>(model, options).run();
}

}  // namespace GRADIVA_NAMESPACE
