#pragma once

#include <concepts>
#include <span>
#include <utility>

#include "gradiva/core/column_by_column.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/nn/observation_moments.hpp"

namespace GRADIVA_NAMESPACE {

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

template <class M>
concept MentionsParameterName = requires {
    &M::parameter_name;
}
|| requires(M& module) { module.parameter_name(Index{}); };

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
    static_assert(!MentionsParameterName<M> || HasParameterName<M>,
                  "gradiva: a Module's parameter_name is std::string parameter_name(Index) const");
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
