#pragma once

#include <concepts>
#include <span>

#include "gradiva/core/types.hpp"

namespace gradiva {

/// A differentiable function Y = f(X) of a batch, with flat parameters.
///
/// - `parameters()`: all parameters in one contiguous span, which the module owns and copies with itself.
/// - `append_parameters(n)`: n further values, zero, at the end of that span, which f does not read; an actor keeps
///   there what belongs to its distribution.
/// - `forward(X, tape)`: Y (outputs x batch), a view into the tape; the tape also refers to X, which must stay.
///   X and dY may have gaps between their columns; `contiguous` makes a copy where they have.
/// - `backward(tape, dY, gradient)`: adds dL/dparameters to `gradient`, which has the shape of `parameters()`.
///   `backward(tape, dY, gradient, dX)` also writes dL/dX.
/// - `jvp(tape, v)`: the derivative of Y along the direction v in parameter space, a view into the tape.
///
/// Optional: `normalizer()`, a pointer to the `Normalizer` of its inputs, or null where it has none at the moment;
/// `pack(PackedWeights&)` with that type and the tape's `use_packed(packed)`; the tape's `use_once()`. See the
/// functions of these names below.
///
/// All but `append_parameters` and writing through `parameters()` are const, so that shards share one module and bring
/// a tape each. A tape allocates when its batch grows, and never again.
template <class M>
concept Module = std::copy_constructible<M> &&
    requires(M module, const M& fixed, typename M::Tape& tape, ConstMatrixRef<typename M::Scalar> batch,
             MatrixRef<typename M::Scalar> out, std::span<typename M::Scalar> flat,
             std::span<const typename M::Scalar> direction) {
    { module.parameters() } -> std::convertible_to<std::span<typename M::Scalar>>;
    { fixed.parameters() } -> std::convertible_to<std::span<const typename M::Scalar>>;
    module.append_parameters(Index{});
    { fixed.inputs() } -> std::convertible_to<Index>;
    { fixed.outputs() } -> std::convertible_to<Index>;
    { fixed.forward(batch, tape) } -> std::convertible_to<ConstMatrixMap<typename M::Scalar>>;
    fixed.backward(tape, batch, flat);
    fixed.backward(tape, batch, flat, out);
    { fixed.jvp(tape, direction) } -> std::convertible_to<ConstMatrixMap<typename M::Scalar>>;
};

/// Promises of a tape that after each forward pass comes one backward pass at most, after which only Y is looked at:
/// all else that the forward pass left may be written over, which keeps less memory busy. Without effect on other
/// tapes.
template <class Tape>
void use_once(Tape& tape) {
    if constexpr (requires { tape.use_once(); }) tape.use_once();
}

namespace detail {

template <class M>
struct PackedWeightsOf {
    struct Type {};
};

template <class M>
requires requires { typename M::PackedWeights; }
struct PackedWeightsOf<M> {
    using Type = typename M::PackedWeights;
};

}  // namespace detail

/// A copy of a module's weights in the order in which its passes read them; nothing for a module that makes none. An
/// actor and a critic have that of their network.
template <class M>
using PackedWeightsOf = typename detail::PackedWeightsOf<M>::Type;

/// Packs the weights of the moment. Whoever changes them packs anew before the next pass of a tape that uses them.
template <class M>
void pack_weights(const M& module, PackedWeightsOf<M>& packed) {
    if constexpr (requires { typename M::PackedWeights; }) module.pack(packed);
}

/// Lets the passes of a tape read packed weights, which must stay, where each would pack its own.
template <class Tape, class Packed>
void use_packed(Tape& tape, const Packed& packed) {
    if constexpr (requires { tape.use_packed(packed); }) tape.use_packed(packed);
}

}  // namespace gradiva
