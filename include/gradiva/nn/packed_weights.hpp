#pragma once

#include "gradiva/core/namespace.hpp"

// Optional members of a `Module` and of its tape that change the speed of passes and none of their numbers.

namespace GRADIVA_NAMESPACE {

/// Marks a tape as single-use: each forward pass is followed by at most one backward pass, after which only Y is read.
/// The backward pass may then overwrite the stored activations, which needs less memory traffic. No effect on tapes
/// without `use_once()`.
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

/// The type of a module's packed weights: a copy of them in the order in which its matrix products read them. Empty for
/// a module that does not pack. An actor and a critic have the type of their network.
template <class M>
using PackedWeightsOf = typename detail::PackedWeightsOf<M>::Type;

/// Packs the module's current weights; no effect on modules that do not pack. After each change of the weights they
/// must be packed again before the next pass of a tape that uses them.
template <class M>
void pack_weights(const M& module, PackedWeightsOf<M>& packed) {
    if constexpr (requires { typename M::PackedWeights; }) module.pack(packed);
}

/// Makes the passes of a tape read `packed`, which must outlive them, instead of packing the weights in each pass.
template <class Tape, class Packed>
void use_packed(Tape& tape, const Packed& packed) {
    if constexpr (requires { tape.use_packed(packed); }) tape.use_packed(packed);
}

}  // namespace GRADIVA_NAMESPACE
