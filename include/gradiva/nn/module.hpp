#pragma once

#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gradiva/core/column_by_column.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/core/visit_part.hpp"
#include "gradiva/nn/observation_moments.hpp"
#include "gradiva/nn/sequences.hpp"

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
/// in
///   another way, such as some of its inputs only, has `bool normalizes() const` and
///   `void merge_observations(std::span<const kernels::Moments> rows)`, given the moments of each row of X, instead.
/// - `pack(PackedWeights&)` with that type and the tape's `use_packed(packed)`; the tape's `use_once()`. See the
///   functions `pack_weights`, `use_packed` and `use_once` below.
/// - `static constexpr bool column_by_column = true`, see `acts_column_by_column`.
/// - `visit_state(State&)`: shows all that is saved of the module, its parameters too. Without it these are the sizes,
///   the parameters and the normaliser.
///
/// All but `append_parameters`, `normalizer`, `merge_observations` and the non-const `parameters` are const, so that
/// shards share one module with a tape each. A tape allocates only when its batch grows.
template <class M>
concept Module = std::copy_constructible<M> && detail::HasParameters<M> && detail::HasSizes<M> &&
    detail::HasForward<M> && detail::HasBackward<M>;

/// A `Module` with forward-mode derivatives, as `TrustRegion` needs them: `jvp(tape, v) const` is the Jacobian-vector
/// product (dY/dparameters) v, outputs x batch, at the point of the last forward pass.
template <class M>
concept ModuleWithJvp = Module<M> && detail::HasJvp<M>;

/// A `Module` whose `backward(tape, dY, gradient, dX) const` also writes dX = dL/dX, inputs x batch.
template <class M>
concept ModuleWithInputGradient = Module<M> && detail::HasInputGradient<M>;

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

namespace detail {

template <class M>
concept MentionsJvp = requires {
    &M::jvp;
}
|| requires(M& module, typename M::Tape& tape, std::span<const typename M::Scalar> v) { module.jvp(tape, v); };

template <class M>
concept MentionsInputGradient = requires(M& module, typename M::Tape& tape, ConstMatrixRef<typename M::Scalar> batch,
                                         std::span<typename M::Scalar> flat, MatrixRef<typename M::Scalar> out) {
    module.backward(tape, batch, flat, out);
};

template <class M>
concept MentionsNormalizer = requires {
    &M::normalizer;
}
|| requires(const M& module) { module.normalizer(); };

}  // namespace detail

/// Visits a module: by its `visit_state`, or where it has none, its sizes, parameters and normaliser.
template <class M>
void visit_module(State& state, std::string_view name, M& module) {
    visit_part(state, name, module);
    if constexpr (!HasVisitState<M>) {
        static_assert(
            !MergesObservations<M>,
            "gradiva: a Module with merge_observations has void visit_state(State&), too, which shows its parameters "
            "and what it learned of observations");
        state.within(name, [&] {
            state.fixed("inputs", static_cast<Index>(module.inputs()));
            state.fixed("outputs", static_cast<Index>(module.outputs()));
            state("parameters", module.parameters());
            if constexpr (HasNormalizer<M>) {
                if (module.normalizer() != nullptr) state("normalizer", *module.normalizer());
            }
        });
    }
}

namespace detail {

template <class M>
concept MentionsPack = requires {
    &M::pack;
}
|| requires { typename M::PackedWeights; };

template <class M>
concept HasPack = requires(const M& module, typename M::Tape& tape, typename M::PackedWeights& packed) {
    module.pack(packed);
    tape.use_packed(std::as_const(packed));
};

template <class Tape>
concept MentionsUseOnce = requires {
    &Tape::use_once;
};

/// A compile-time error, one sentence, for each optional member of the right name and a wrong signature, which would
/// otherwise be ignored.
template <class M>
consteval void explain_optional_members_of_module() {
    static_assert(!MentionsInputGradient<M> || HasInputGradient<M>,
                  "gradiva: a Module's backward(tape, dY, gradient, dX) is const too, and takes MatrixRef<Scalar> dX");
    static_assert(!MentionsJvp<M> || HasJvp<M>,
                  "gradiva: a Module's jvp is ConstMatrixMap<Scalar> jvp(Tape&, std::span<const Scalar> v) const");
    static_assert(!MentionsNormalizer<M> || HasNormalizer<M>,
                  "gradiva: a Module's normalizer is Normalizer<Scalar>* normalizer(), not const");
    static_assert(!MentionsObservations<M> || MergesObservations<M>,
                  "gradiva: a Module that takes the moments of observations has bool normalizes() const and void "
                  "merge_observations(std::span<const kernels::Moments> rows)");
    static_assert(!MentionsPack<M> || HasPack<M>,
                  "gradiva: a Module that packs its weights needs a type PackedWeights, void pack(PackedWeights&) "
                  "const, and in its Tape void use_packed(const PackedWeights&)");
    static_assert(
        !MentionsUseOnce<typename M::Tape> || requires(typename M::Tape & tape) { tape.use_once(); },
        "gradiva: the use_once of a Module's Tape is void use_once()");
    static_assert(!MentionsColumnByColumn<M> || SaysColumnByColumn<M>,
                  "gradiva: a Module's column_by_column is static constexpr bool column_by_column = true");
}

}  // namespace detail

/// One sentence for each rule of `Module` that the type breaks, as a compile-time error.
template <class M>
consteval bool explain_module() {
    if constexpr (!HasTape<M>) {
        static_assert(HasTape<M>, "gradiva: Module needs the types Scalar and Tape");
    } else {
        static_assert(std::copy_constructible<M>, "gradiva: Module needs a copy constructor: a copy is a snapshot");
        static_assert(detail::HasParameters<M>,
                      "gradiva: Module needs std::span<Scalar> parameters(), std::span<const Scalar> parameters() "
                      "const and void append_parameters(Index)");
        static_assert(detail::HasSizes<M>, "gradiva: Module needs Index inputs() const and Index outputs() const");
        static_assert(detail::HasForward<M>,
                      "gradiva: Module needs ConstMatrixMap<Scalar> forward(ConstMatrixRef<Scalar> x, Tape&) const");
        static_assert(detail::HasBackward<M>,
                      "gradiva: Module needs void backward(Tape&, ConstMatrixRef<Scalar> dy, std::span<Scalar> "
                      "gradient) const");
        if constexpr (Module<M>) detail::explain_optional_members_of_module<M>();
    }
    return Module<M>;
}

/// `static_assert(gradiva::is_module<MyNetwork>)` says which rule `MyNetwork` breaks, if any.
template <class M>
inline constexpr bool is_module = explain_module<M>();

}  // namespace GRADIVA_NAMESPACE
