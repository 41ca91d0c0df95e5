#pragma once

#include <concepts>
#include <span>

#include "gradiva/core/types.hpp"
#include "gradiva/nn/explain_module.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/nn/sequences.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class M>
concept HasForwardOfSequences = HasTape<M> &&
    requires(const M& fixed, typename M::Tape& tape, ConstMatrixRef<typename M::Scalar> batch,
             const Sequences<typename M::Scalar>& sequences) {
    { fixed.forward(batch, sequences, tape) } -> std::convertible_to<ConstMatrixMap<typename M::Scalar>>;
};

template <class M>
concept HasStateAfter = HasTape<M> && requires(const M& fixed, const typename M::Tape& tape) {
    { fixed.state_after(tape, Index{}) } -> std::convertible_to<ConstMatrixMap<typename M::Scalar>>;
};

}  // namespace detail

/// A `Module` with memory, whose passes go over sequences. It has the members of a `Module`, but that X and Y are the
/// columns of all steps of a batch of sequences (see `Sequences`), and
///
/// - `state_size()`: rows S of the state, at least 1. Whoever steps owns states; the module is const.
/// - `forward(X, sequences, tape)`, in place of `forward(X, tape)`: Y, a view into the tape. A column of Y depends on
///   the columns of X of its sequence up to there from where an episode began, or else on `sequences.state` too. The
///   tape may refer to X and to `begins` and `width`, which must stay valid while it is used, and not to `state`.
/// - `state_after(tape, t)`: the state after step t, S x width[t], a view into the tape. Given as the state before
///   step 0 of another pass, also of the same tape, it goes on where this pass stopped.
///
/// `backward` goes back through time, `jvp` forward. No gradient passes to the state before step 0, nor to what was
/// before the beginning of an episode; the tangents of these states are 0.
///
/// With `column_by_column` a column has the same bits beside any other sequences, and wherever passes are cut.
template <class M>
concept RecurrentModule = std::copy_constructible<M> && detail::HasParameters<M> && detail::HasSizes<M> &&
    HasMemory<M> && detail::HasForwardOfSequences<M> && detail::HasStateAfter<M> && detail::HasBackward<M>;

/// One with forward-mode derivatives; see `ModuleWithJvp`.
template <class M>
concept RecurrentModuleWithJvp = RecurrentModule<M> && detail::HasJvp<M>;

/// One whose `backward` also writes dL/dX; see `ModuleWithInputGradient`.
template <class M>
concept RecurrentModuleWithInputGradient = RecurrentModule<M> && detail::HasInputGradient<M>;

/// One sentence for each rule of `RecurrentModule` that the type breaks, as a compile-time error.
template <class M>
consteval bool explain_recurrent_module() {
    if constexpr (!HasTape<M>) {
        static_assert(HasTape<M>, "gradiva: RecurrentModule needs the types Scalar and Tape");
    } else {
        static_assert(std::copy_constructible<M>,
                      "gradiva: RecurrentModule needs a copy constructor: a copy is a snapshot");
        static_assert(detail::HasParameters<M>,
                      "gradiva: RecurrentModule needs std::span<Scalar> parameters(), std::span<const Scalar> "
                      "parameters() const and void append_parameters(Index)");
        static_assert(detail::HasSizes<M>,
                      "gradiva: RecurrentModule needs Index inputs() const and Index outputs() const");
        static_assert(HasMemory<M>, "gradiva: RecurrentModule needs Index state_size() const");
        static_assert(detail::HasForwardOfSequences<M>,
                      "gradiva: RecurrentModule needs ConstMatrixMap<Scalar> forward(ConstMatrixRef<Scalar> x, const "
                      "Sequences<Scalar>&, Tape&) const");
        static_assert(detail::HasStateAfter<M>,
                      "gradiva: RecurrentModule needs ConstMatrixMap<Scalar> state_after(const Tape&, Index t) const");
        static_assert(detail::HasBackward<M>,
                      "gradiva: RecurrentModule needs void backward(Tape&, ConstMatrixRef<Scalar> dy, "
                      "std::span<Scalar> gradient) const");
        if constexpr (RecurrentModule<M>) detail::explain_optional_members_of_module<M>();
    }
    return RecurrentModule<M>;
}

/// A network of an actor or a critic.
template <class M>
concept Network = Module<M> || RecurrentModule<M>;

/// One with forward-mode derivatives; see `ModuleWithJvp`.
template <class M>
concept NetworkWithJvp = ModuleWithJvp<M> || RecurrentModuleWithJvp<M>;

/// One sentence for each rule of `Module`, or of `RecurrentModule` where it has a `state_size`, that the type breaks,
/// as a compile-time error.
template <class M>
consteval bool explain_network() {
    if constexpr (HasMemory<M>) {
        return explain_recurrent_module<M>();
    } else {
        return explain_module<M>();
    }
}

/// `static_assert(gradiva::is_recurrent_module<MyNetwork>)` says which rule `MyNetwork` breaks, if any.
template <class M>
inline constexpr bool is_recurrent_module = explain_recurrent_module<M>();

}  // namespace GRADIVA_NAMESPACE
