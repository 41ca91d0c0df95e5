#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <utility>

#include "gradiva/core/rng.hpp"
#include "gradiva/env/space.hpp"

namespace gradiva {

/// What one step of an environment gives back besides the observation.
struct Outcome {
    double reward = 0;
    bool terminated = false;  ///< the task itself ended: nothing follows, the value of what follows is 0
    bool truncated = false;   ///< cut off from outside, such as by a time limit: more would have followed
};

namespace detail {

template <class E>
concept HasObservationSpace = requires(const E& fixed) {
    { fixed.observation_space() } -> std::same_as<Box>;
};

template <class E>
concept HasActionSpace = requires(const E& fixed) {
    { fixed.action_space() } -> ActionSpace;
};

template <class E>
concept HasReset = requires(E env, Rng& rng, std::span<float> observation) {
    { env.reset(rng, observation) } -> std::same_as<void>;
};

}  // namespace detail

/// The action type of an environment: it follows from its action space.
template <detail::HasActionSpace E>
using ActionOf = typename ActionOfSpace<decltype(std::declval<const E&>().action_space())>::Type;

namespace detail {

template <class E>
concept HasStep = HasActionSpace<E> && requires(E env, ActionOf<E> action, Rng& rng, std::span<float> observation) {
    { env.step(action, rng, observation) } -> std::same_as<Outcome>;
};

/// A member of that name, whatever its form.
template <class E>
concept MentionsActionMask = requires {
    &E::action_mask;
};

template <class E>
concept HasActionMask = requires(const E& fixed, std::span<std::uint8_t> legal) {
    { fixed.action_mask(legal) } -> std::same_as<void>;
};

}  // namespace detail

/// An environment: a task that is observed, acted on and rewarded. No base class.
///
/// - `observation_space()` and `action_space()`, const: sizes and bounds, the same throughout.
/// - `reset(rng, observation)`: starts an episode and writes its first observation.
/// - `step(action, rng, observation)`: acts, writes the observation that follows, returns the `Outcome`. After one that
///   is terminated or truncated, the next call is `reset`.
///
/// All randomness comes from the `Rng` that is passed in. An environment may throw; the exception reaches the caller of
/// `train`, and the next call is `reset`.
///
/// Optional: `action_mask(legal)`, const, says which choices are legal in the present state. `legal` holds a 1 for each
/// choice when it is called; set those that are illegal to 0, and leave at least one. For Discrete it has n elements,
/// for HybridSpace those of its choice, for MultiDiscrete those of one choice after the other. Illegal choices are
/// never sent to `step`.
template <class E>
concept Env = detail::HasObservationSpace<E> && detail::HasActionSpace<E> && detail::HasReset<E> && detail::HasStep<E>;

namespace detail {

/// One sentence for each rule of `Env` that the type breaks, as a compile-time error.
template <class E>
consteval bool explain_env() {
    static_assert(HasObservationSpace<E>, "gradiva: Env needs Box observation_space() const");
    static_assert(HasActionSpace<E>,
                  "gradiva: Env needs action_space() const that returns Discrete, Box, MultiDiscrete, MultiBinary or "
                  "HybridSpace");
    static_assert(HasReset<E>, "gradiva: Env needs void reset(Rng&, std::span<float> observation)");
    // Without an action space the type of the action is unknown, and that sentence was already given.
    static_assert(!HasActionSpace<E> || HasStep<E>,
                  "gradiva: Env needs Outcome step(action, Rng&, std::span<float> observation), where action is int "
                  "for Discrete, std::span<const float> for Box, std::span<const int> for MultiDiscrete and "
                  "MultiBinary, HybridAction for HybridSpace");
    static_assert(!MentionsActionMask<E> || HasActionMask<E>,
                  "gradiva: Env's action_mask needs the form void action_mask(std::span<std::uint8_t> legal) const");
    if constexpr (HasActionSpace<E> && HasActionMask<E>) {
        using Space = decltype(std::declval<const E&>().action_space());
        static_assert(MaskableSpace<Space>,
                      "gradiva: Env has an action_mask, but no choices to mask: that goes with Discrete, MultiDiscrete "
                      "and HybridSpace");
    }
    return Env<E>;
}

}  // namespace detail

/// `static_assert(gradiva::is_env<MyEnv>)` says which rule `MyEnv` breaks, if any; `Env` is the bare concept.
template <class E>
inline constexpr bool is_env = detail::explain_env<E>();

}  // namespace gradiva
