#pragma once

#include <concepts>
#include <span>
#include <string_view>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/column_by_column.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/visit_part.hpp"
#include "gradiva/nn/observation_moments.hpp"
#include "gradiva/nn/sequences.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class B>
concept HasActingTape = requires(typename B::Tape& tape) {
    typename B::Scalar;
    { tape.head } -> std::convertible_to<ConstMatrixMap<typename B::Scalar>>;
};

template <class B>
concept HasBehaviourSizes = HasActingTape<B> && requires(const B& fixed) {
    { fixed.observation_size() } -> std::convertible_to<Index>;
    { fixed.head_size() } -> std::convertible_to<Index>;
    { fixed.action_shape() } -> std::same_as<ActionShape>;
    { fixed.own_parameters() } -> std::convertible_to<std::span<const typename B::Scalar>>;
};

template <class B>
concept HasForwardWithoutMemory = requires(const B& fixed, typename B::Tape& tape,
                                           ConstMatrixRef<typename B::Scalar> batch, ActionMask legal) {
    fixed.forward(batch, legal, tape);
};

template <class B>
concept HasForwardWithMemory = requires(const B& fixed, typename B::Tape& tape,
                                        ConstMatrixRef<typename B::Scalar> batch, ActionMask legal,
                                        const Sequences<typename B::Scalar>& sequences) {
    fixed.forward(batch, legal, sequences, tape);
    { fixed.state_after(tape, Index{}) } -> std::convertible_to<ConstMatrixMap<typename B::Scalar>>;
};

template <class B>
concept HasActingForward = (HasMemory<B> && HasForwardWithMemory<B>) || (!HasMemory<B> && HasForwardWithoutMemory<B>);

template <class B>
concept HasActs = HasActingTape<B> && HasActingForward<B> &&
    requires(const B& fixed, typename B::Tape& tape, std::span<Rng> rng, ActionView out, ConstActionView actions,
             VectorRef<typename B::Scalar> values) {
    fixed.sample(tape, rng, out);
    fixed.log_prob(tape, actions, values);
};

template <class C>
concept HasWeights = requires(C& part) {
    typename C::Scalar;
    { part.weights() } -> std::convertible_to<std::span<typename C::Scalar>>;
};

}  // namespace detail

/// A behaviour policy: chooses actions for a batch of observations and gives their log-probabilities. Any `Policy`, or
/// another source of data, such as a `Controller`. `Tape::head` holds the parameters of each column's action
/// distribution (head_size x batch). Optional, const: `to_environment(stored, sent)`, where the stored representation
/// of an action is not the one that environments take: stored integers are legal choices of the space all the same, and
/// stored numbers finite; `mask_size()`, the rows of the action masks that it supports, 0 for none. With memory:
/// `state_size()`, `forward(observation, legal, sequences, tape)` in place of the one without `sequences`, and
/// `state_after(tape, step)`, see `RecurrentModule`.
template <class B>
concept Behaviour = detail::HasActingTape<B> && detail::HasBehaviourSizes<B> && detail::HasActs<B>;

/// Whether a behaviour says, by a `static constexpr bool column_by_column = true`, that forward, sample and log-prob
/// give each column the same bits in a batch of any width. Then any part of the environments may act as one batch.
template <class B>
inline constexpr bool acts_column_by_column = false;
template <SaysColumnByColumn B>
inline constexpr bool acts_column_by_column<B> = B::column_by_column;

namespace detail {

template <class P>
concept HasRecall = requires(const P& fixed, typename P::DistributionTape& old,
                             ConstMatrixRef<typename P::Scalar> batch, std::span<const typename P::Scalar> own) {
    fixed.recall(batch, own, old);
};

template <class P>
concept HasStatistics = requires(const P& fixed, typename P::Tape& tape, typename P::DistributionTape& old,
                                 ActionView out, VectorRef<typename P::Scalar> values) {
    fixed.mode(tape, out);
    fixed.entropy(tape, values);
    fixed.kl_from(old, tape, values);
};

template <class P>
concept HasPolicyBackward = requires(const P& fixed, typename P::Tape& tape, typename P::DistributionTape& old,
                                     ConstActionView actions, ConstVectorRef<typename P::Scalar> d_log_prob,
                                     typename P::Scalar weight, std::span<typename P::Scalar> gradient) {
    fixed.backward(tape, actions, d_log_prob, weight, &old, weight, gradient);
};

}  // namespace detail

/// A trainable behaviour: its weights are one span, and `backward` computes the gradient of a loss given its
/// derivatives by log-probs, entropy and KL divergence from an older policy. Modelled by `Actor`, whose comments define
/// each member. A copy is a snapshot. Optional: `bool project_gradient(gradient) const`, see `Actor`.
template <class P>
concept Policy = Behaviour<P> && std::copy_constructible<P> && detail::HasWeights<P> && detail::HasRecall<P> &&
    detail::HasStatistics<P> && detail::HasPolicyBackward<P>;

/// A policy with products by its Fisher matrix, as `TrustRegion` needs them: an `Actor` of a `ModuleWithJvp` and a
/// `DistributionWithFisher`.
template <class P>
concept PolicyWithFisher = Policy<P> &&
    requires(const P& fixed, typename P::Tape& tape, std::span<const typename P::Scalar> v,
             std::span<typename P::Scalar> out) {
    fixed.add_fisher_product(tape, v, out);
};

/// Given the gradient of a whole loss, sets to 0 the elements by which descent would move a weight further beyond its
/// bounds, where the policy has bounded weights. Returns whether it set any.
template <Policy P>
bool project_gradient(const P& policy, std::span<typename P::Scalar> gradient) {
    if constexpr (requires { policy.project_gradient(gradient); }) {
        return policy.project_gradient(gradient);
    } else {
        return false;
    }
}

/// Numbers in the state of a policy or a value function with memory; 0 for one without.
template <class P>
Index state_size_of([[maybe_unused]] const P& part) {
    if constexpr (HasMemory<P>) {
        return part.state_size();
    } else {
        return 0;
    }
}

/// Visits a policy or a value function: by its `visit_state`, or where it has none, its weights and normaliser.
template <class P>
void visit_policy(State& state, std::string_view name, P& policy) {
    visit_part(state, name, policy);
    if constexpr (!HasVisitState<P>) {
        static_assert(!MergesObservations<P>,
                      "gradiva: a Policy or ValueFunction with merge_observations has void visit_state(State&), too, "
                      "which shows its weights and what it learned of observations");
        state.within(name, [&] {
            state("weights", std::span<typename P::Scalar>(policy.weights()));
            if constexpr (requires { policy.normalizer()->visit_state(state); }) {
                if (policy.normalizer() != nullptr) state("normalizer", *policy.normalizer());
            }
        });
    }
}

namespace detail {

template <class C>
concept HasValueWithoutMemory = requires(const C& fixed, typename C::Tape& tape,
                                         ConstMatrixRef<typename C::Scalar> batch) {
    { fixed.forward(batch, tape) } -> std::convertible_to<ConstVectorMap<typename C::Scalar>>;
};

template <class C>
concept HasValueWithMemory = requires(const C& fixed, typename C::Tape& tape, ConstMatrixRef<typename C::Scalar> batch,
                                      const Sequences<typename C::Scalar>& sequences) {
    { fixed.forward(batch, sequences, tape) } -> std::convertible_to<ConstVectorMap<typename C::Scalar>>;
    { fixed.state_after(tape, Index{}) } -> std::convertible_to<ConstMatrixMap<typename C::Scalar>>;
};

template <class C>
concept HasValueForward = (HasMemory<C> && HasValueWithMemory<C>) || (!HasMemory<C> && HasValueWithoutMemory<C>);

template <class C>
concept HasValueBackward = requires(const C& fixed, typename C::Tape& tape, ConstVectorRef<typename C::Scalar> d_value,
                                    std::span<typename C::Scalar> gradient) {
    fixed.backward(tape, d_value, gradient);
};

template <class C>
concept HasObservationSize = requires(const C& fixed) {
    { fixed.observation_size() } -> std::convertible_to<Index>;
};

}  // namespace detail

/// A trainable state value function, with weights in one span. Modelled by `Critic`, whose comments define each member.
/// Optional: `forward(observation, legal, tape)` const, called in place of `forward(observation, tape)` where it
/// exists, for values that depend on the action mask; `static constexpr bool learns_in_actor = true`, see
/// `SharedCritic`. With memory: `state_size()`, `forward(observation, sequences, tape)` and `state_after(tape, step)`,
/// see `RecurrentModule`; `static constexpr bool reads_actor_state = true` where its state is the actor's.
template <class C>
concept ValueFunction = std::copy_constructible<C> && detail::HasWeights<C> && detail::HasObservationSize<C> &&
    detail::HasValueForward<C> && detail::HasValueBackward<C>;

}  // namespace GRADIVA_NAMESPACE
