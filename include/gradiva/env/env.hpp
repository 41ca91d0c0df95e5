#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "gradiva/core/draws_from_a_copy.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/env/canvas.hpp"
#include "gradiva/env/env_state.hpp"
#include "gradiva/env/metrics.hpp"
#include "gradiva/env/space.hpp"

namespace GRADIVA_NAMESPACE {

/// What one step of an environment returns besides the observation.
struct Outcome {
    double reward = 0;        ///< finite, also as a float
    bool terminated = false;  ///< a terminal state was reached, whose value is 0
    bool truncated = false;   ///< cut off from outside, such as by a time limit: the value of the last state counts
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

/// A member of that name, whatever its form; of a template or of several, where it can be called at all.
template <class E>
concept MentionsActionMask = requires {
    &E::action_mask;
}
|| requires(E& env, std::span<std::uint8_t> legal) { env.action_mask(legal); };

}  // namespace detail

/// Whether an `Env` says which choices are legal, by `action_mask(std::span<std::uint8_t>) const`.
template <class E>
concept HasActionMask = requires(const E& fixed, std::span<std::uint8_t> legal) {
    { fixed.action_mask(legal) } -> std::same_as<void>;
};

namespace detail {

/// No mask, or one of the right form, of a space that has choices.
template <class E>
concept HasNoWrongActionMask = (HasActionMask<E> && MaskableSpace<decltype(std::declval<const E&>().action_space())>) ||
                               (!HasActionMask<E> && !MentionsActionMask<E>);

/// A member of that name, whatever its form.
template <class E>
concept MentionsRender = requires {
    &E::render;
}
|| requires(E& env, Canvas& canvas) { env.render(canvas); };

}  // namespace detail

/// Whether an `Env` draws itself, by `render(Canvas&) const`.
template <class E>
concept HasRender = requires(const E& fixed, Canvas& canvas) {
    { fixed.render(canvas) } -> std::same_as<void>;
};

namespace detail {

/// `reset` takes its Rng by value. Of a template, or of several, one of that very form must exist.
template <class E>
concept ResetsFromACopy = requires {
    requires draws_from_a_copy<decltype(&E::reset)>;
}
|| requires { static_cast<void (E::*)(Rng, std::span<float>)>(&E::reset); }
|| requires { static_cast<void (E::*)(Rng, std::span<float>) const>(&E::reset); };

/// The same of `step`.
template <class E>
concept StepsFromACopy = requires {
    requires draws_from_a_copy<decltype(&E::step)>;
}
|| requires { static_cast<Outcome (E::*)(ActionOf<E>, Rng, std::span<float>)>(&E::step); }
|| requires { static_cast<Outcome (E::*)(const ActionOf<E>&, Rng, std::span<float>)>(&E::step); }
|| requires { static_cast<Outcome (E::*)(ActionOf<E>, Rng, std::span<float>) const>(&E::step); };

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
///
/// Optional: `void render(Canvas& canvas) const` draws the present state on a canvas without shapes, for whoever looks
/// on; see `Canvas`. It is called after a `reset` or a `step`, never by a training.
///
/// Optional: `void visit_state(State& state)` shows all that `reset`, `step` and `action_mask` read and change, as
/// state, and what two equal environments have in common, such as sizes and options, as fixed; see `State`. In its
/// place, `static constexpr bool saved_as_bytes = true` says that the bytes of a trivially copyable object without
/// pointers are its whole state. A training that is saved needs one of them, unless the type is empty; `check_env`
/// tries whether an environment goes on in the same way from what was saved.
///
/// Optional, both or neither: `static constexpr std::array<std::string_view, K> metric_names` and
/// `void metrics(std::span<double> out) const`, which writes K finite numbers that measure an episode beside its
/// return, such as whether a goal was reached. It is called after the step that ends an episode, before the reset, and
/// changes nothing. Names are all different, of 1 to 64 characters without spaces, commas, quotes and equals signs; K
/// is at most 64. Training reports and logs them as `metric/NAME`, means over the same episodes as the mean return;
/// `evaluate` over its own.
template <class E>
concept Env = detail::HasObservationSpace<E> && detail::HasActionSpace<E> && detail::HasReset<E> && detail::HasStep<E>;

namespace detail {

/// Whether an environment, and the one that it wraps, breaks no rule that a compiler can see.
template <class E>
consteval bool keeps_rules() {
    if constexpr (requires(const E& wrapper) { wrapper.wrapped(); }) {
        if constexpr (!keeps_rules<std::remove_cvref_t<decltype(std::declval<const E&>().wrapped())>>()) return false;
    }
    if constexpr (Env<E>) {
        return HasNoWrongActionMask<E> && HasNoWrongMetrics<E> &&
               (HasRender<E> || !MentionsRender<E>)&&!ResetsFromACopy<E> && !StepsFromACopy<E> && HasNoWrongState<E>;
    }
    return false;
}

/// Whether a wrapper holds an environment that breaks a rule: its own sentences would say the same again, or blame it.
template <class E>
consteval bool wraps_a_broken_env() {
    if constexpr (requires(const E& wrapper) { wrapper.wrapped(); }) {
        return !keeps_rules<std::remove_cvref_t<decltype(std::declval<const E&>().wrapped())>>();
    } else {
        return false;
    }
}

/// One sentence for each rule of `Env` that the type breaks, as a compile-time error.
template <class E>
consteval bool explain_env() {
    if constexpr (!wraps_a_broken_env<E>()) {
        static_assert(HasObservationSpace<E>, "gradiva: Env needs Box observation_space() const");
        static_assert(HasActionSpace<E>,
                      "gradiva: Env needs action_space() const that returns Discrete, Box, MultiDiscrete, MultiBinary "
                      "or HybridSpace");
        static_assert(HasReset<E>, "gradiva: Env needs void reset(Rng&, std::span<float> observation)");
        static_assert(!ResetsFromACopy<E>,
                      "gradiva: Env's reset takes its Rng by reference, as Rng&: a copy draws the same numbers in "
                      "every episode");
        if constexpr (HasActionSpace<E>) {  // without it the type of the action is unknown
            static_assert(HasStep<E>,
                          "gradiva: Env needs Outcome step(action, Rng&, std::span<float> observation), where action "
                          "is int for Discrete, std::span<const float> for Box, std::span<const int> for MultiDiscrete "
                          "and MultiBinary, HybridAction for HybridSpace");
            static_assert(!StepsFromACopy<E>,
                          "gradiva: Env's step takes its Rng by reference, as Rng&: a copy draws the same numbers in "
                          "every step");
        }
        static_assert(!MentionsActionMask<E> || HasActionMask<E>,
                      "gradiva: Env's action_mask needs the form void action_mask(std::span<std::uint8_t> legal) "
                      "const");
        if constexpr (HasActionSpace<E> && HasActionMask<E>) {
            static_assert(HasNoWrongActionMask<E>,
                          "gradiva: Env has an action_mask, but no choices to mask: that goes with Discrete, "
                          "MultiDiscrete and HybridSpace");
        }
        static_assert(HasRender<E> || !MentionsRender<E>,
                      "gradiva: Env's render needs the form void render(Canvas& canvas) const");
        explain_state_form<E>();
        explain_metrics<E>();
    }
    return Env<E>;
}

}  // namespace detail

/// `static_assert(gradiva::is_env<MyEnv>)` says which rule `MyEnv` breaks, if any; `Env` is the bare concept.
template <class E>
inline constexpr bool is_env = detail::explain_env<E>();

}  // namespace GRADIVA_NAMESPACE
