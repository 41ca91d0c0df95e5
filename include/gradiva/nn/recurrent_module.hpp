#pragma once

#include <concepts>
#include <span>

#include "gradiva/core/types.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/nn/sequences.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class M>
concept HasRecurrentForward = HasTape<M> &&
    requires(const M& fixed, typename M::Tape& tape, ConstMatrixRef<typename M::Scalar> batch,
             const Sequences<typename M::Scalar>& sequences) {
    { fixed.forward(batch, sequences, tape) } -> std::convertible_to<ConstMatrixMap<typename M::Scalar>>;
};

template <class M>
concept HasStateAfter = HasTape<M> && requires(const M& fixed, const typename M::Tape& tape) {
    { fixed.state_after(tape, Index{}) } -> std::convertible_to<ConstMatrixMap<typename M::Scalar>>;
};

}  // namespace detail

/// A `Module` with memory: it takes sequences, and carries a state from each of their steps to the next. The state
/// belongs to whoever steps; the module is const.
///
/// - `state_size()`: S, the numbers in the state of one column. A state of zeros is that before an episode.
/// - `forward(X, sequences, tape)`: Y (outputs x columns), see `Sequences`; the views in it and X must stay valid while
///   the tape is used.
/// - `state_after(tape, t)`: the states after time step t of the last forward pass, S x width[t], a view into the tape.
/// - The rest as `Module`: `backward` adds the gradient through all steps, for which the states before the first step
///   are constants, and no derivative passes an episode's begin.
///
/// Each column has the same bits however columns are ordered within a step and sequences are cut where the state is
/// handed on.
template <class M>
concept RecurrentModule = std::copy_constructible<M> && HasMemory<M> && detail::HasParameters<M> &&
    detail::HasSizes<M> && detail::HasRecurrentForward<M> && detail::HasStateAfter<M> && detail::HasBackward<M>;

/// A network of an actor or a critic.
template <class M>
concept Network = Module<M> || RecurrentModule<M>;

/// One sentence for each rule of `Module`, or of `RecurrentModule` where it has a `state_size`, that the type breaks, as
/// a compile-time error.
template <class M>
consteval bool explain_network() {
    if constexpr (HasMemory<M>) {
        static_assert(detail::HasRecurrentForward<M>,
                      "gradiva: a Module with state_size() needs ConstMatrixMap<Scalar> forward(ConstMatrixRef<Scalar> "
                      "x, const Sequences<Scalar>&, Tape&) const");
        static_assert(detail::HasStateAfter<M>,
                      "gradiva: a Module with state_size() needs ConstMatrixMap<Scalar> state_after(const Tape&, Index "
                      "step) const");
        return RecurrentModule<M>;
    } else {
        return explain_module<M>();
    }
}

}  // namespace GRADIVA_NAMESPACE
