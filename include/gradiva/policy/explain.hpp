#pragma once

#include <concepts>
#include <span>
#include <type_traits>

#include "gradiva/env/vector_env.hpp"
#include "gradiva/nn/normalizer.hpp"
#include "gradiva/nn/observation_moments.hpp"
#include "gradiva/policy/policy.hpp"

// One sentence for each rule of `Behaviour`, `Policy` and `ValueFunction` that a type breaks, as a compile-time error.

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class B>
concept MentionsBehaviourToEnvironment = requires {
    &B::to_environment;
}
|| requires(B& behaviour, ConstActionView stored, ActionView sent) { behaviour.to_environment(stored, sent); };

template <class B>
concept HasBehaviourToEnvironment = requires(const B& fixed, ConstActionView stored, ActionView sent) {
    fixed.to_environment(stored, sent);
};

template <class B>
concept MentionsBehaviourMaskSize = requires {
    &B::mask_size;
}
|| requires(B& behaviour) { behaviour.mask_size(); };

template <class B>
concept HasBehaviourMaskSize = requires(const B& fixed) {
    { fixed.mask_size() } -> std::convertible_to<Index>;
};

template <class P>
concept MentionsPolicyProjectGradient = requires {
    &P::project_gradient;
}
|| requires(P& policy, std::span<typename P::Scalar> gradient) { policy.project_gradient(gradient); };

template <class P>
concept HasPolicyProjectGradient = requires(const P& fixed, std::span<typename P::Scalar> gradient) {
    { fixed.project_gradient(gradient) } -> std::same_as<bool>;
};

template <class P>
concept MentionsPartNormalizer = requires {
    &P::normalizer;
}
|| requires(const P& part) { part.normalizer(); };

template <class P>
concept HasPartNormalizer = requires(P& part) {
    { part.normalizer() } -> std::convertible_to<Normalizer<typename P::Scalar>*>;
};

template <class P>
concept MentionsFisherProduct = requires {
    &P::add_fisher_product;
};

template <class C>
concept MentionsMaskedValue = requires(C& critic, typename C::Tape& tape, ConstMatrixRef<typename C::Scalar> batch,
                                       ActionMask legal) {
    critic.forward(batch, legal, tape);
};

template <class C>
concept HasMaskedValue = requires(const C& fixed, typename C::Tape& tape, ConstMatrixRef<typename C::Scalar> batch,
                                  ActionMask legal) {
    { fixed.forward(batch, legal, tape) } -> std::convertible_to<ConstVectorMap<typename C::Scalar>>;
};

template <class C>
concept MentionsLearnsInActor = requires {
    &C::learns_in_actor;
};

template <class C>
concept SaysLearnsInActor = requires {
    requires std::same_as<decltype(C::learns_in_actor), const bool>;
    typename std::bool_constant<C::learns_in_actor>;
};

template <class B>
consteval void explain_optional_members_of_behaviour() {
    static_assert(
        !MentionsBehaviourToEnvironment<B> || HasBehaviourToEnvironment<B>,
        "gradiva: a Behaviour's to_environment is void to_environment(ConstActionView stored, ActionView sent) "
        "const");
    static_assert(!MentionsBehaviourMaskSize<B> || HasBehaviourMaskSize<B>,
                  "gradiva: a Behaviour's mask_size is Index mask_size() const");
    static_assert(!MentionsColumnByColumn<B> || SaysColumnByColumn<B>,
                  "gradiva: a Behaviour's column_by_column is static constexpr bool column_by_column = true");
}

template <class B>
consteval bool explain_behaviour() {
    if constexpr (!HasActingTape<B>) {
        static_assert(HasActingTape<B>,
                      "gradiva: what acts, such as an Actor or a Controller, belongs in this place: a Behaviour needs "
                      "the types Scalar and Tape, whose head is a ConstMatrixMap<Scalar>");
    } else {
        static_assert(HasBehaviourSizes<B>,
                      "gradiva: Behaviour needs Index observation_size() const, Index head_size() const, ActionShape "
                      "action_shape() const and std::span<const Scalar> own_parameters() const");
        static_assert(
            !HasMemory<B> || HasForwardWithMemory<B>,
            "gradiva: Behaviour with state_size() needs void forward(ConstMatrixRef<Scalar>, ActionMask, const "
            "Sequences<Scalar>&, Tape&) const and ConstMatrixMap<Scalar> state_after(const Tape&, Index step) "
            "const");
        static_assert(HasActs<B> || (HasMemory<B> && !HasForwardWithMemory<B>),
                      "gradiva: Behaviour needs void forward(ConstMatrixRef<Scalar>, ActionMask, Tape&) const, void "
                      "sample(const Tape&, std::span<Rng>, ActionView) const and void log_prob(const Tape&, "
                      "ConstActionView, VectorRef<Scalar> out) const");
        if constexpr (Behaviour<B>) explain_optional_members_of_behaviour<B>();
    }
    return Behaviour<B>;
}

}  // namespace detail

template <class P>
consteval bool explain_policy() {
    if constexpr (std::is_const_v<P>) {
        static_assert(!std::is_const_v<P>, "gradiva: this actor is const, and cannot be trained");
    } else if constexpr (ValueFunction<P> && !Behaviour<P>) {
        static_assert(Behaviour<P>,
                      "gradiva: this is a critic where the actor belongs: the actor comes before the critic");
    } else if constexpr (!detail::HasActingTape<P>) {
        static_assert(detail::HasActingTape<P>,
                      "gradiva: a Policy, such as an Actor, belongs in this place: environments come first, then the "
                      "actor, then the critic");
    } else if constexpr (detail::explain_behaviour<P>()) {
        static_assert(std::copy_constructible<P>, "gradiva: Policy needs a copy constructor: a copy is a snapshot");
        static_assert(detail::HasWeights<P>, "gradiva: Policy needs std::span<Scalar> weights()");
        static_assert(detail::HasRecall<P>,
                      "gradiva: Policy needs the type DistributionTape, and void recall(ConstMatrixRef<Scalar> head, "
                      "std::span<const Scalar> own, DistributionTape&) const");
        static_assert(detail::HasStatistics<P>,
                      "gradiva: Policy needs void mode(const Tape&, ActionView) const, void entropy(const Tape&, "
                      "VectorRef<Scalar> out) const and void kl_from(const DistributionTape&, const Tape&, "
                      "VectorRef<Scalar> out) const");
        static_assert(detail::HasPolicyBackward<P>,
                      "gradiva: Policy needs void backward(Tape&, ConstActionView, ConstVectorRef<Scalar> d_log_prob, "
                      "Scalar d_entropy, const DistributionTape* from, Scalar d_kl, std::span<Scalar> gradient) const");
        if constexpr (Policy<P>) {
            static_assert(!detail::MentionsPolicyProjectGradient<P> || detail::HasPolicyProjectGradient<P>,
                          "gradiva: a Policy's project_gradient is bool project_gradient(std::span<Scalar> gradient) "
                          "const");
            static_assert(!detail::MentionsPartNormalizer<P> || detail::HasPartNormalizer<P>,
                          "gradiva: a Policy's normalizer is Normalizer<Scalar>* normalizer(), not const");
            static_assert(!MentionsObservations<P> || MergesObservations<P>,
                          "gradiva: a Policy that takes the moments of observations has bool normalizes() const and "
                          "void merge_observations(std::span<const kernels::Moments> rows)");
            static_assert(!detail::MentionsFisherProduct<P> || PolicyWithFisher<P>,
                          "gradiva: a Policy's add_fisher_product is void add_fisher_product(Tape&, std::span<const "
                          "Scalar> v, std::span<Scalar> out) const");
        }
    }
    return Policy<P>;
}

template <class C>
consteval bool explain_value_function() {
    if constexpr (std::is_const_v<C>) {
        static_assert(!std::is_const_v<C>, "gradiva: this critic is const, and cannot be trained");
    } else if constexpr (Behaviour<C> && !ValueFunction<C>) {
        static_assert(ValueFunction<C>,
                      "gradiva: this is an actor where the critic belongs: the actor comes before the critic");
    } else if constexpr (!detail::HasWeights<C> && !detail::HasObservationSize<C>) {
        static_assert(detail::HasWeights<C>,
                      "gradiva: a ValueFunction, such as a Critic, belongs in this place: environments come first, "
                      "then the actor, then the critic");
    } else {
        static_assert(std::copy_constructible<C>,
                      "gradiva: ValueFunction needs a copy constructor: a copy is a snapshot");
        static_assert(detail::HasWeights<C>,
                      "gradiva: ValueFunction needs the type Scalar and std::span<Scalar> weights()");
        static_assert(detail::HasObservationSize<C>, "gradiva: ValueFunction needs Index observation_size() const");
        static_assert(
            !HasMemory<C> || detail::HasValueWithMemory<C>,
            "gradiva: ValueFunction with state_size() needs ConstVectorMap<Scalar> "
            "forward(ConstMatrixRef<Scalar>, const Sequences<Scalar>&, Tape&) const and ConstMatrixMap<Scalar> "
            "state_after(const Tape&, Index step) const");
        static_assert(HasMemory<C> || detail::HasValueForward<C>,
                      "gradiva: ValueFunction needs the type Tape, and ConstVectorMap<Scalar> "
                      "forward(ConstMatrixRef<Scalar>, Tape&) const");
        static_assert(detail::HasValueBackward<C>,
                      "gradiva: ValueFunction needs void backward(Tape&, ConstVectorRef<Scalar> d_value, "
                      "std::span<Scalar> gradient) const");
        if constexpr (ValueFunction<C>) {
            static_assert(!detail::MentionsMaskedValue<C> || detail::HasMaskedValue<C>,
                          "gradiva: a ValueFunction's forward with a mask is ConstVectorMap<Scalar> "
                          "forward(ConstMatrixRef<Scalar>, ActionMask, Tape&) const");
            static_assert(!detail::MentionsLearnsInActor<C> || detail::SaysLearnsInActor<C>,
                          "gradiva: a ValueFunction's learns_in_actor is static constexpr bool learns_in_actor = true");
            static_assert(!detail::MentionsPartNormalizer<C> || detail::HasPartNormalizer<C>,
                          "gradiva: a ValueFunction's normalizer is Normalizer<Scalar>* normalizer(), not const");
            static_assert(!MentionsObservations<C> || MergesObservations<C>,
                          "gradiva: a ValueFunction that takes the moments of observations has bool normalizes() const "
                          "and void merge_observations(std::span<const kernels::Moments> rows)");
        }
    }
    return ValueFunction<C>;
}

// The concepts as class templates require them: a type that does not model one is a compile-time error that says why.
// Not for function templates: found by argument-dependent lookup, they would cause errors where another function is
// meant.
/// A `Behaviour`; other types are a compile-time error that says why.
template <class B>
concept ExplainedBehaviour = (detail::explain_behaviour<B>());
/// A `Policy`; other types are a compile-time error that says why.
template <class P>
concept ExplainedPolicy = (explain_policy<P>());
/// A `ValueFunction`; other types are a compile-time error that says why.
template <class C>
concept ExplainedValueFunction = (explain_value_function<C>());

namespace detail {

/// Whether V is a `VectorEnv` and B a `Behaviour`; otherwise a compile-time error says why not.
template <class V, class B>
consteval bool explain_acting_in() {
    if constexpr (explain_vector_env<V>()) return explain_behaviour<B>();
    return false;
}

}  // namespace detail

/// The Scalar of behaviour B, for deduction guides; without a type where `explain_acting_in` failed.
template <class V, class B, bool fits = detail::explain_acting_in<V, B>()>
struct ActingIn {};
template <class V, class B>
struct ActingIn<V, B, true> {
    using Scalar = typename B::Scalar;
};

/// `static_assert(gradiva::is_policy<Mine>)` says which rule `Mine` breaks, if any; `is_behaviour` and
/// `is_value_function` likewise.
template <class B>
inline constexpr bool is_behaviour = detail::explain_behaviour<B>();
template <class P>
inline constexpr bool is_policy = explain_policy<P>();
template <class C>
inline constexpr bool is_value_function = explain_value_function<C>();

}  // namespace GRADIVA_NAMESPACE
