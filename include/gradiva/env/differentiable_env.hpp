#pragma once

#include <concepts>
#include <span>

#include "gradiva/env/env.hpp"
#include "gradiva/env/time_limit.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

using In = std::span<const double>;
using Out = std::span<double>;

template <class E>
concept HasBoxActions = HasActionSpace<E> && std::same_as<ActionOf<E>, std::span<const float>>;

template <class E>
concept HasState = requires(const E& fixed, Out state) {
    { fixed.state_size() } -> std::same_as<Index>;
    { fixed.save(state) } -> std::same_as<void>;
};

template <class E>
concept HasTransition = requires(const E& fixed, In state, In action, Out next_state) {
    { fixed.transition(state, action, next_state) } -> std::same_as<double>;
};

template <class E>
concept HasTransitionBackward = requires(const E& fixed, In given, double d_reward, Out out) {
    { fixed.transition_backward(given, given, given, d_reward, out, out) } -> std::same_as<void>;
};

template <class E>
concept HasObserve = requires(const E& fixed, In state, Out observation) {
    { fixed.observe(state, observation) } -> std::same_as<void>;
};

template <class E>
concept HasObserveBackward = requires(const E& fixed, In given, Out d_state) {
    { fixed.observe_backward(given, given, d_state) } -> std::same_as<void>;
};

}  // namespace detail

/// An environment of Box actions that is also a model in double: s' = f(s, a) with reward r(s, a) and observation o(s),
/// functions without randomness that can be differentiated. Spans of double throughout:
///
/// - `state_size()`; `save(state)`: writes the state s that `reset` and `step` left. A training that is saved asks for
///   `visit_state` (see `Env`), which may show more.
/// - `transition(state, action, next_state)`: writes f(s, a) and returns r(s, a); the same as `step` does.
/// - `transition_backward(state, action, d_next_state, d_reward, d_state, d_action)`: given a loss's derivatives by the
///   next state and by the reward, adds those by state and action:
///     d_s += (df/ds)^T d_s' + dr/ds d_r,   d_a += (df/da)^T d_s' + dr/da d_r.
/// - `observe(state, observation)`: writes o(s); `observe_backward(state, d_observation, d_state)`:
///     d_s += (do/ds)^T d_o.
///
/// All are const. The model has no terminal states: episodes end by a `TimeLimit` only. `check_derivatives` tests
/// whether what is said here holds.
template <class E>
concept DifferentiableEnv = Env<E> && detail::HasBoxActions<E> && detail::HasState<E> && detail::HasTransition<E> &&
    detail::HasTransitionBackward<E> && detail::HasObserve<E> && detail::HasObserveBackward<E>;

namespace detail {

/// One sentence for each rule of `DifferentiableEnv` that the type breaks, as a compile-time error.
template <class E>
consteval bool explain_differentiable_env() {
    explain_env<E>();
    static_assert(HasBoxActions<E>,
                  "gradiva: DifferentiableEnv needs Box action_space() const: a choice of Discrete "
                  "has no derivative");
    static_assert(HasState<E>,
                  "gradiva: DifferentiableEnv needs Index state_size() const and void save(std::span<double> state) "
                  "const");
    static_assert(HasTransition<E>,
                  "gradiva: DifferentiableEnv needs double transition(std::span<const double> state, std::span<const "
                  "double> action, std::span<double> next_state) const");
    static_assert(HasTransitionBackward<E>,
                  "gradiva: DifferentiableEnv needs void transition_backward(std::span<const double> state, "
                  "std::span<const double> action, std::span<const double> d_next_state, double d_reward, "
                  "std::span<double> d_state, std::span<double> d_action) const");
    static_assert(HasObserve<E>,
                  "gradiva: DifferentiableEnv needs void observe(std::span<const double> state, std::span<double> "
                  "observation) const");
    static_assert(HasObserveBackward<E>,
                  "gradiva: DifferentiableEnv needs void observe_backward(std::span<const double> state, "
                  "std::span<const double> d_observation, std::span<double> d_state) const");
    return DifferentiableEnv<E>;
}

}  // namespace detail

/// The environment inside its time limits: a limit changes nothing about the model.
template <class E>
const E& within_time_limit(const E& env) {
    return env;
}
template <class E>
const auto& within_time_limit(const TimeLimit<E>& env) {
    return within_time_limit(env.wrapped());
}

/// `static_assert(gradiva::is_differentiable_env<MyEnv>)` says which rule `MyEnv` breaks, if any.
template <class E>
inline constexpr bool is_differentiable_env = detail::explain_differentiable_env<E>();

}  // namespace GRADIVA_NAMESPACE
