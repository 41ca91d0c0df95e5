#pragma once

#include <concepts>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/rng.hpp"

namespace gradiva {

/// What acts: chooses actions for a batch of observations and says how probable they were. Any policy, and whatever
/// else collects data, such as a `Controller`. `Tape::head` holds what selects the action's distribution, column by
/// column. Optional: `to_environment(stored, sent)`, where environments take other numbers than those that are stored.
template <class B>
concept Behaviour = requires(const B& fixed, typename B::Tape& tape, ConstMatrixRef<typename B::Scalar> batch,
                             ActionMask legal, std::span<Rng> rng, ActionView out, ConstActionView actions,
                             VectorRef<typename B::Scalar> values) {
    { tape.head } -> std::convertible_to<ConstMatrixMap<typename B::Scalar>>;
    { fixed.observation_size() } -> std::convertible_to<Index>;
    { fixed.head_size() } -> std::convertible_to<Index>;
    { fixed.action_shape() } -> std::same_as<ActionShape>;
    { fixed.own_parameters() } -> std::convertible_to<std::span<const typename B::Scalar>>;
    fixed.forward(batch, legal, tape);
    fixed.sample(tape, rng, out);
    fixed.log_prob(tape, actions, values);
};

/// Whether a behaviour says, by a `static constexpr bool column_by_column = true`, that forward, sample and log-prob
/// give each column the same bits in a batch of any width. Then any part of the environments may act as one batch.
template <class B>
inline constexpr bool acts_column_by_column = false;
template <class B>
requires requires { B::column_by_column; }
inline constexpr bool acts_column_by_column<B> = B::column_by_column;

/// What is trained: a behaviour with weights in one span, which takes back the derivatives by its log-probs, its
/// entropy and its KL divergence from an older policy. Modelled by `Actor`, whose comments state each call's contract.
/// A copy is a snapshot. Optional: `bool project_gradient(gradient) const`, see `Actor`.
template <class P>
concept Policy = Behaviour<P> && std::copy_constructible<P> &&
    requires(P policy, const P& fixed, typename P::Tape& tape, typename P::DistributionTape& old,
             ConstMatrixRef<typename P::Scalar> batch, ActionView out, ConstActionView actions,
             VectorRef<typename P::Scalar> values, ConstVectorRef<typename P::Scalar> d_log_prob,
             typename P::Scalar weight, std::span<const typename P::Scalar> own,
             std::span<typename P::Scalar> gradient) {
    { policy.weights() } -> std::convertible_to<std::span<typename P::Scalar>>;
    fixed.recall(batch, own, old);
    fixed.mode(tape, out);
    fixed.entropy(tape, values);
    fixed.kl_from(old, tape, values);
    fixed.add_fisher_product(tape, own, gradient);
    fixed.backward(tape, actions, d_log_prob, weight, &old, weight, gradient);
};

/// Lets a policy drop from a loss's whole derivative what would move weights further beyond their bounds, where it has
/// such weights. Returns whether anything was dropped.
template <Policy P>
bool project_gradient(const P& policy, std::span<typename P::Scalar> gradient) {
    if constexpr (requires { policy.project_gradient(gradient); }) {
        return policy.project_gradient(gradient);
    } else {
        return false;
    }
}

/// Estimates the value of states, from weights in one span. Modelled by `Critic`.
template <class C>
concept ValueFunction = std::copy_constructible<C> &&
    requires(C critic, const C& fixed, typename C::Tape& tape, ConstMatrixRef<typename C::Scalar> batch,
             ConstVectorRef<typename C::Scalar> d_value, std::span<typename C::Scalar> gradient) {
    { critic.weights() } -> std::convertible_to<std::span<typename C::Scalar>>;
    { fixed.observation_size() } -> std::convertible_to<Index>;
    { fixed.forward(batch, tape) } -> std::convertible_to<ConstVectorMap<typename C::Scalar>>;
    fixed.backward(tape, d_value, gradient);
};

}  // namespace gradiva
