#pragma once

#include <concepts>
#include <cstdint>
#include <span>
#include <type_traits>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/env/env.hpp"
#include "gradiva/env/env_state.hpp"
#include "gradiva/env/metrics.hpp"
#include "gradiva/env/space.hpp"

namespace GRADIVA_NAMESPACE {

/// What `step` writes for a range of n environments; column and element j belong to environment `range.begin + j`.
struct StepView {
    MatrixRef<float> observation;        ///< D x n: what follows the step; the first of a new episode where one ended
    MatrixRef<float> final_observation;  ///< D x n: written only where an episode ended: its last observation
    std::span<double> reward;            ///< n
    std::span<std::uint8_t> terminated;  ///< n, 0 or 1
    std::span<std::uint8_t> truncated;   ///< n, 0 or 1; never together with terminated
    MatrixMap<std::uint8_t> final_mask{nullptr, 0, 0};  ///< choices x n: where an episode was truncated, its last mask
    MatrixMap<double> metrics{nullptr, 0, 0};  ///< K x n: written only where an episode ended; no rows: not asked for
};

/// An episode of one of N environments, up to its last step so far.
struct FinishedEpisode {
    Index environment = 0;
    double reward_sum = 0;  ///< undiscounted, from the episode's start
    Index length = 0;       ///< steps, from the episode's start

    void visit_state(State& state) {
        state("environment", environment);
        state("reward_sum", reward_sum);
        state("length", length);
    }
};

/// Whether a type has the numbers of a `VectorEnv`: `size()`, `seed()` and `shards()`.
template <class V>
concept HasVectorSizes = requires(const V& fixed) {
    { fixed.size() } -> std::convertible_to<Index>;
    { fixed.seed() } -> std::convertible_to<std::uint64_t>;
    { fixed.shards() } -> std::convertible_to<Index>;
};

namespace detail {

template <class V>
concept HasVectorReset = requires(V& envs, Range range, MatrixRef<float> observation) {
    envs.reset(range, observation);
};

template <class V>
concept HasVectorStep = requires(V& envs, Range range, ConstActionView actions, StepView& out) {
    envs.step(range, actions, out);
};

}  // namespace detail

/// N environments as one.
///
/// - `size()`: N; `seed()`: names the random streams of whoever acts in them; the two spaces.
/// - `shards()`: into how many parts the N may be split at most. Part i of k is `piece(size(), k, i)`, for any k up to
///   that; parts may be stepped at the same time from different threads. Environments that cannot be stepped
///   concurrently, such as remote ones, return 1.
/// - `reset(range, observation)`: starts an episode in each environment of the range, which lies within one part.
/// - `step(range, actions, out)`: one step of each environment of the range; one that ends is reset in the same step.
///   Actions of a Box are as they were sampled, and may lie outside its bounds: `SentActions` clips them.
/// - Optional, const: `action_mask(range, legal)` writes a 1 for each legal and a 0 for each illegal choice of the
///   present state of each environment of the range (choices x n); see `Env`.
/// - Optional: `static constexpr bool fails_one_by_one = true` promises that an environment which throws in `reset` or
///   `step` keeps none of the range from being reset or stepped, that what it observes is NaN then, and that the
///   exception of the first is thrown at the end. After an exception training then goes on with the same bits for any
///   number of threads; without it, how far the others had come depends on how they were split among threads.
/// - Optional: `Index& holders()`, the number of collectors that have used the environments, 0 at first: each counts
///   itself, and throws once another has come after it. Without it a first collector does not notice that a second one,
///   or a trainer, has stepped the environments, and learns from observations that are not their present ones.
/// - Optional: `void visit_state(State& state)`, or `static constexpr bool saved_as_bytes = true`, as for `Env`: the
///   state of all N and of their random streams, N and the seed as fixed. Where `state.restarts_episodes()`, the state
///   of running episodes is left out: a `reset` of all follows. One whose state is complete only if that of its
///   environments can be saved names their type as `Environment`. A training that is saved needs it; with
///   `restart_episodes` it does not, and the streams of one without it begin anew.
/// - Optional: `static constexpr std::array<std::string_view, K> metric_names`, for `StepView::metrics`; see `Env`.
template <class V>
concept VectorEnv = HasVectorSizes<V> && detail::HasObservationSpace<V> && detail::HasActionSpace<V> &&
    detail::HasVectorReset<V> && detail::HasVectorStep<V>;

/// The size D of these environments' observations.
template <VectorEnv V>
Index observation_size_of(const V& envs) {
    return envs.observation_space().size;
}

namespace detail {

template <class V>
concept MentionsVectorActionMask = requires {
    &V::action_mask;
}
|| requires(V& envs, Range range, MatrixMap<std::uint8_t> legal) { envs.action_mask(range, legal); };

}  // namespace detail

/// Whether a `VectorEnv` says which choices are legal, by `action_mask(Range, MatrixMap<std::uint8_t>) const`.
template <class V>
concept HasVectorActionMask = requires(const V& fixed, Range range, MatrixMap<std::uint8_t> legal) {
    { fixed.action_mask(range, legal) } -> std::same_as<void>;
};

namespace detail {

template <class V>
concept MentionsFailsOneByOne = requires {
    &V::fails_one_by_one;
};

template <class V>
concept SaysFailsOneByOne = requires {
    requires std::same_as<decltype(V::fails_one_by_one), const bool>;
    typename std::bool_constant<V::fails_one_by_one>;
};

template <class V>
concept MentionsHolders = requires {
    &V::holders;
}
|| requires(V& envs) { envs.holders(); };

}  // namespace detail

/// Whether a `VectorEnv` counts the collectors that have used it, in `Index& holders()`.
template <class V>
concept HasHolders = requires(V envs) {
    { envs.holders() } -> std::same_as<Index&>;
};

namespace detail {

/// A single environment in place of a `VectorEnv`: an `Env`, or what was meant for one.
template <class V>
concept IsSingleEnv = !HasVectorSizes<V> && (HasReset<V> || HasStep<V>);

}  // namespace detail

/// One sentence for each rule of `VectorEnv` that the type breaks, as a compile-time error; optional members with the
/// right name and a wrong form included.
template <class V>
consteval bool explain_vector_env() {
    if constexpr (std::is_const_v<V>) {
        static_assert(!std::is_const_v<V>, "gradiva: these environments are const, and cannot be reset or stepped");
    } else if constexpr (detail::IsSingleEnv<V>) {
        static_assert(!detail::IsSingleEnv<V>,
                      "gradiva: this is a single environment where environments as one are needed: write Vectorized "
                      "envs(env, {.count = 8}) and give envs");
    } else if constexpr (!HasVectorSizes<V> && !detail::HasVectorReset<V> && !detail::HasVectorStep<V>) {
        static_assert(HasVectorSizes<V>,
                      "gradiva: environments as one, a VectorEnv such as Vectorized, belong in this place, which comes "
                      "first");
    } else {
        static_assert(HasVectorSizes<V>,
                      "gradiva: VectorEnv needs Index size() const, std::uint64_t seed() const and Index shards() "
                      "const");
        static_assert(detail::HasObservationSpace<V>, "gradiva: VectorEnv needs Box observation_space() const");
        static_assert(detail::HasActionSpace<V>,
                      "gradiva: VectorEnv needs action_space() const that returns Discrete, Box, MultiDiscrete, "
                      "MultiBinary or HybridSpace");
        static_assert(detail::HasVectorReset<V>,
                      "gradiva: VectorEnv needs void reset(Range, MatrixRef<float> observation)");
        static_assert(detail::HasVectorStep<V>,
                      "gradiva: VectorEnv needs void step(Range, const ConstActionView& actions, StepView& out)");
    }
    if constexpr (VectorEnv<V>) {
        static_assert(!detail::MentionsVectorActionMask<V> || HasVectorActionMask<V>,
                      "gradiva: VectorEnv's action_mask needs the form void action_mask(Range, MatrixMap<std::uint8_t> "
                      "legal) const");
        static_assert(
            !detail::MentionsFailsOneByOne<V> || detail::SaysFailsOneByOne<V>,
            "gradiva: VectorEnv's fails_one_by_one needs the form static constexpr bool fails_one_by_one = true");
        static_assert(!detail::MentionsHolders<V> || HasHolders<V>,
                      "gradiva: VectorEnv's holders needs the form Index& holders()");
        detail::explain_state_form<V>();
        detail::explain_metric_names<V>();
        static_assert(!detail::MentionsMetrics<V>,
                      "gradiva: VectorEnv has no member metrics: its step writes them to StepView::metrics, and "
                      "metric_names names them");
    }
    return VectorEnv<V>;
}

/// A `VectorEnv`; of what is none, a sentence says why. For class templates only: a function of a common name, found
/// through its arguments, must not speak where another is called.
template <class V>
concept ExplainedVectorEnv = (explain_vector_env<V>());

/// `static_assert(gradiva::is_vector_env<MyEnvs>)` says which rule `MyEnvs` breaks, if any.
template <class V>
inline constexpr bool is_vector_env = explain_vector_env<V>();

/// Whether these environments promise that one which throws does not affect the others of its range; see `VectorEnv`.
template <class V>
inline constexpr bool fails_one_by_one = false;
template <detail::SaysFailsOneByOne V>
inline constexpr bool fails_one_by_one<V> = V::fails_one_by_one;

}  // namespace GRADIVA_NAMESPACE
