#pragma once

#include <concepts>
#include <span>
#include <string>

#include "gradiva/core/types.hpp"
#include "gradiva/nn/packed_weights.hpp"

namespace GRADIVA_NAMESPACE {

/// Whether a module has a `Tape` that can be made by default.
template <class M>
concept HasTape = requires {
    typename M::Scalar;
    typename M::Tape;
};

namespace detail {

template <class M>
concept HasParameters = HasTape<M> && requires(M& module, const M& fixed) {
    { module.parameters() } -> std::convertible_to<std::span<typename M::Scalar>>;
    { fixed.parameters() } -> std::convertible_to<std::span<const typename M::Scalar>>;
    module.append_parameters(Index{});
};

template <class M>
concept HasSizes = requires(const M& fixed) {
    { fixed.inputs() } -> std::convertible_to<Index>;
    { fixed.outputs() } -> std::convertible_to<Index>;
};

template <class M>
concept HasForward = HasTape<M> &&
    requires(const M& fixed, typename M::Tape& tape, ConstMatrixRef<typename M::Scalar> batch) {
    { fixed.forward(batch, tape) } -> std::convertible_to<ConstMatrixMap<typename M::Scalar>>;
};

template <class M>
concept HasBackward = HasTape<M> &&
    requires(const M& fixed, typename M::Tape& tape, ConstMatrixRef<typename M::Scalar> batch,
             std::span<typename M::Scalar> flat) {
    fixed.backward(tape, batch, flat);
};

template <class M>
concept HasJvp = HasTape<M> &&
    requires(const M& fixed, typename M::Tape& tape, std::span<const typename M::Scalar> direction) {
    { fixed.jvp(tape, direction) } -> std::convertible_to<ConstMatrixMap<typename M::Scalar>>;
};

template <class M>
concept HasInputGradient = HasTape<M> &&
    requires(const M& fixed, typename M::Tape& tape, ConstMatrixRef<typename M::Scalar> batch,
             std::span<typename M::Scalar> flat, MatrixRef<typename M::Scalar> out) {
    fixed.backward(tape, batch, flat, out);
};

template <class M>
concept HasParameterName = requires(const M& fixed) {
    { fixed.parameter_name(Index{}) } -> std::convertible_to<std::string>;
};

}  // namespace detail

/// A differentiable function Y = f(X) of a batch, with flat parameters.
///
/// - `inputs()` and `outputs()`: rows of X and of Y. One sample is one column.
/// - `parameters()`: all parameters in one contiguous span, which the module owns; a copy of the module has its own.
/// - `append_parameters(n)`: appends n zeros to that span, which f does not read; an actor stores the parameters of its
///   distribution there.
/// - `forward(X, tape)`: Y (outputs x batch), a view into the tape. The tape may also refer to X, which must stay
///   valid while the tape is used. X and dY may have gaps between their columns; `contiguous` makes a copy then.
/// - `backward(tape, dY, gradient)`: adds dL/dparameters to `gradient`, which has the size of `parameters()`, given
///   dY = dL/dY at the point of the last forward pass.
///
/// Optional:
/// - `backward(tape, dY, gradient, dX)` also writes dL/dX (`ModuleWithInputGradient`), for analytic policy gradients.
/// - `jvp(tape, v)`: the derivative of Y along the direction v in parameter space, a view into the tape
///   (`ModuleWithJvp`), for trust regions.
/// - `normalizer()`: a pointer to the `Normalizer` of its inputs, or null while it has none. A module that normalises
///   in another way, such as some of its inputs only, has `bool normalizes() const` and
///   `void merge_observations(std::span<const kernels::Moments> rows)`, given the moments of each row of X, instead.
/// - `pack(PackedWeights&)` with that type and the tape's `use_packed(packed)`; the tape's `use_once()`. See the
///   functions `pack_weights`, `use_packed` and `use_once` (`nn/packed_weights.hpp`).
/// - `static constexpr bool column_by_column = true`, see `acts_column_by_column`.
/// - `visit_state(State&)`: shows all that is saved of the module, its parameters too. Without it these are the sizes,
///   the parameters and the normaliser.
/// - `std::string parameter_name(Index i) const`: what parameter i belongs to, such as "layer 1, bias 3", of all in
///   `parameters()`. `check_module` says it of a derivative that is wrong.
///
/// All but `append_parameters`, `normalizer`, `merge_observations` and the non-const `parameters` are const, so that
/// shards share one module with a tape each. A tape allocates only when its batch grows. A copy of a tape is for
/// reading results: `backward` and `jvp` take the tape of the forward pass itself, which may refer to its own parts.
template <class M>
concept Module = std::copy_constructible<M> && detail::HasParameters<M> && detail::HasSizes<M> &&
    detail::HasForward<M> && detail::HasBackward<M>;

/// A `Module` with forward-mode derivatives, as `TrustRegion` needs them: `jvp(tape, v) const` is the Jacobian-vector
/// product (dY/dparameters) v, outputs x batch, at the point of the last forward pass.
template <class M>
concept ModuleWithJvp = Module<M> && detail::HasJvp<M>;

/// A `Module` that says what its parameters belong to.
template <class M>
concept ModuleWithParameterNames = Module<M> && detail::HasParameterName<M>;

/// A `Module` whose `backward(tape, dY, gradient, dX) const` also writes dX = dL/dX, inputs x batch.
template <class M>
concept ModuleWithInputGradient = Module<M> && detail::HasInputGradient<M>;

}  // namespace GRADIVA_NAMESPACE
