#pragma once

#include <concepts>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/rng.hpp"

namespace gradiva {

/// A family of action distributions, on a batch. A network's output, the head (head_size x batch), and the family's own
/// parameters, such as a log standard deviation, select one distribution per column.
///
/// - `head_size()`, `parameter_count()`, `action_shape()`; `initialise(own)` writes the own parameters' first values.
/// - `forward(head, own, tape)`: prepares a batch in the tape; what follows reads the tape.
/// - `sample(tape, rng, actions)`: draws column j with `rng[j]`. `mode(tape, actions)`: the most probable action.
/// - `log_prob(tape, actions, out)`, `entropy(tape, out)`, `kl(from, to, out)`: one value per column, summed over the
///   parts of an action; kl is KL(from || to).
/// - `backward(tape, actions, d_log_prob, d_entropy, from, d_kl, d_head, d_own)`: given the loss's derivative by each
///   log-prob, by the entropy of each column and by KL(from || this) of each column (`from` may be null, then d_kl is
///   not read), writes dL/dhead and adds dL/down. A sample with a derivative of 0 by its log-prob adds exactly nothing
///   by it, also where that is minus infinity.
/// - `fisher(tape, head, own, out_head, out_own)`: the Fisher matrix of each column times a direction (head, own);
///   writes the head's part and adds the own parameters' part, summed over columns.
/// - Optional: `mask_size()`, for one that takes masks: so many of the head's first rows are logits; one of
///   `kernels::masked_logit`, minus infinity, is that of a choice that the mask forbids. `to_environment(stored, sent)` and
///   `from_environment(sent, stored)`, where environments take other numbers than those that are stored.
///   `bool project_gradient(own, d_own) const`, where own parameters have bounds: given a loss's whole derivative by
///   them, drops in place what descent would move further beyond a bound, and says whether it dropped anything
///   (`std::span<const Scalar>`, `std::span<Scalar>`).
template <class D>
concept Distribution = std::copyable<D> &&
    requires(const D& d, typename D::Tape& tape, const typename D::Tape& done, ConstMatrixRef<typename D::Scalar> head,
             std::span<const typename D::Scalar> own, std::span<typename D::Scalar> flat, std::span<Rng> rng,
             ActionView out, ConstActionView actions, VectorRef<typename D::Scalar> values,
             ConstVectorRef<typename D::Scalar> weights, typename D::Scalar weight,
             MatrixRef<typename D::Scalar> d_head) {
    { d.head_size() } -> std::convertible_to<Index>;
    { d.parameter_count() } -> std::convertible_to<Index>;
    { d.action_shape() } -> std::same_as<ActionShape>;
    d.initialise(flat);
    d.forward(head, own, tape);
    d.sample(done, rng, out);
    d.mode(done, out);
    d.log_prob(done, actions, values);
    d.entropy(done, values);
    d.kl(done, done, values);
    d.backward(done, actions, weights, weight, &done, weight, d_head, flat);
};

namespace detail {

/// A sentence for an optional member with the right name and a wrong signature, which would else go unnoticed.
template <class D>
consteval void explain_project_gradient() {
    static_assert(
        !requires { &D::project_gradient; } ||
            requires(const D& d, std::span<const typename D::Scalar> own, std::span<typename D::Scalar> d_own) {
                { d.project_gradient(own, d_own) } -> std::same_as<bool>;
            },
        "gradiva: a Distribution's project_gradient is bool project_gradient(std::span<const Scalar> own, "
        "std::span<Scalar> d_own) const");
}

}  // namespace detail
}  // namespace gradiva
