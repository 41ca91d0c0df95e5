#pragma once

#include <concepts>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/rng.hpp"

namespace gradiva {

/// What collects and is trained: acts on a batch of observations and takes back the derivatives by its log-probs, its
/// entropy and its KL divergence from an older policy. Modelled by `Actor`, whose comments state each call's contract.
/// Weights are one span; a copy is a snapshot.
template <class P>
concept Policy = std::copy_constructible<P> &&
    requires(P policy, const P& fixed, typename P::Tape& tape, typename P::DistributionTape& old,
             ConstMatrixRef<typename P::Scalar> batch, std::span<Rng> rng, ActionView out, ConstActionView actions,
             VectorRef<typename P::Scalar> values, ConstVectorRef<typename P::Scalar> d_log_prob,
             typename P::Scalar weight, std::span<const typename P::Scalar> own,
             std::span<typename P::Scalar> gradient) {
    { policy.weights() } -> std::convertible_to<std::span<typename P::Scalar>>;
    { fixed.own_parameters() } -> std::convertible_to<std::span<const typename P::Scalar>>;
    { fixed.observation_size() } -> std::convertible_to<Index>;
    { fixed.head_size() } -> std::convertible_to<Index>;
    { fixed.action_shape() } -> std::same_as<ActionShape>;
    fixed.forward(batch, tape);
    fixed.recall(batch, own, old);
    fixed.sample(tape, rng, out);
    fixed.mode(tape, out);
    fixed.log_prob(tape, actions, values);
    fixed.entropy(tape, values);
    fixed.kl_from(old, tape, values);
    fixed.backward(tape, actions, d_log_prob, weight, &old, weight, gradient);
};

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
