#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "gradiva/advantage/advantage.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/explain.hpp"
#include "gradiva/surrogate/surrogate.hpp"

// Concepts and static_asserts for the constructor arguments of trainers: their messages precede the compiler's own
// errors.

namespace GRADIVA_NAMESPACE {

/// The Scalar of an actor; float for a type without one, so that a default template argument does not fail before a
/// static_assert has explained the error.
template <class A>
struct ScalarOfPart {
    using Type = float;
};
template <class A>
requires requires { typename A::Scalar; }
struct ScalarOfPart<A> {
    using Type = typename A::Scalar;
};
template <class A>
using ScalarOfActor = typename ScalarOfPart<A>::Type;

/// A `ValueFunction` or `NoCritic`; other types are a compile-time error that says why, except an advantage: in a call
/// without a critic it is in this place, and another overload takes it.
template <class C>
concept ExplainedCriticOrNone = !Advantage<C> && (!has_critic<C> || (explain_value_function<C>()));

/// A `PolicyWithFisher`; other types are a compile-time error that says why.
template <class A>
consteval bool explain_policy_with_fisher() {
    if constexpr (explain_policy<A>()) {
        if constexpr (requires(const A& actor) {
                          actor.network();
                          actor.distribution();
                      }) {
            using Network = std::remove_cvref_t<decltype(std::declval<const A&>().network())>;
            using Own = std::remove_cvref_t<decltype(std::declval<const A&>().distribution())>;
            static_assert(
                NetworkWithJvp<Network>,
                "gradiva: Trpo needs a network with ConstMatrixMap<Scalar> jvp(Tape&, std::span<const Scalar> "
                "v) const, the derivative of its outputs along a direction v of its parameters");
            static_assert(DistributionWithFisher<Own>,
                          "gradiva: Trpo needs a distribution with void fisher(const Tape&, ConstMatrixRef<Scalar> "
                          "head, std::span<const Scalar> own, MatrixRef<Scalar> out_head, std::span<Scalar> out_own) "
                          "const, its Fisher matrix times a direction");
        } else {
            static_assert(PolicyWithFisher<A>,
                          "gradiva: Trpo needs a Policy with void add_fisher_product(Tape&, std::span<const Scalar> v, "
                          "std::span<Scalar> out) const");
        }
    }
    return PolicyWithFisher<A>;
}
/// A `PolicyWithFisher`; other types are a compile-time error that says why.
template <class A>
concept ExplainedPolicyWithFisher = (explain_policy_with_fisher<A>());

namespace detail {

// For deduction guides that exist only for their static_assert: their types never exist, so that they are never chosen.

/// Whether an argument is an lvalue, or an advantage, which is copied and in a call without a critic in its place.
template <class Given>
inline constexpr bool may_be_borrowed = std::is_lvalue_reference_v<Given> || Advantage<Given>;

}  // namespace detail

/// The error of environments, actor or critic given as temporaries: a trainer borrows them.
template <class... Given>
consteval bool explain_borrowing() {
    static_assert(
        (detail::may_be_borrowed<Given> && ...),
        "gradiva: a trainer borrows environments, actor and critic: give each as an lvalue, a variable of its "
        "own that outlives the trainer");
    return false;
}
template <bool all_lvalues, class... Given>
struct Borrowed {};
template <class... Given>
requires(explain_borrowing<Given...>()) struct Borrowed<false, Given...> {
    using Type = void;
};
template <class... Given>
using MustBeLvalues = typename Borrowed<(detail::may_be_borrowed<Given> && ...), Given...>::Type;

/// The error of an advantage in the place of the critic.
template <class Given>
consteval bool explain_missing_critic() {
    static_assert(!Advantage<Given>,
                  "gradiva: a critic is missing: environments come first, then the actor, the critic, the advantage, "
                  "the options");
    return false;
}
template <bool advantage, class Given>
struct InPlaceOfCritic {};
template <class Given>
requires(explain_missing_critic<Given>()) struct InPlaceOfCritic<true, Given> {
    using Type = void;
};
template <class Given>
using CriticIsMissing = typename InPlaceOfCritic<Advantage<Given>, Given>::Type;

/// The error of options, or no argument, in the place of the advantage.
template <class Critic>
consteval bool explain_missing_advantage() {
    static_assert(
        !ValueFunction<Critic>,
        "gradiva: an Advantage, such as Gae, belongs in this place: environments come first, then the actor, the "
        "critic, the advantage, the options");
    return false;
}
template <class Critic>
struct InPlaceOfAdvantage {};
template <class Critic>
requires(explain_missing_advantage<Critic>()) struct InPlaceOfAdvantage<Critic> {
    using Type = void;
};
template <class Critic>
using AdvantageIsMissing = typename InPlaceOfAdvantage<Critic>::Type;

/// An `Advantage`; no type, and no error message, for others.
template <class Given>
struct AdvantageOrNothing {};
template <Advantage Given>
struct AdvantageOrNothing<Given> {
    using Type = Given;
};

/// The advantage's discount, which reward normalisation uses. With `normalize_rewards` throws an `Error` that begins
/// with `who` unless the advantage has one from 0 to 1.
template <class Adv>
double discount_of(std::string_view who, const Adv& advantage, bool normalize_rewards) {
    double discount = 1;
    if constexpr (HasDiscountFunction<Adv>) {
        discount = static_cast<double>(advantage.discount());
    } else if constexpr (HasDiscountMember<Adv>) {
        discount = static_cast<double>(advantage.discount);
    } else if constexpr (HasGamma<Adv>) {
        discount = static_cast<double>(advantage.gamma);
    } else {
        require(!normalize_rewards,
                "{}: normalize_rewards is true, and the advantage says no discount; give it double discount() const, "
                "or a number gamma, 1 where it does not discount",
                who);
    }
    require(!normalize_rewards || (discount >= 0 && discount <= 1),
            "{}: the advantage's discount is {}; give a number from 0 to 1", who, discount);
    return discount;
}

}  // namespace GRADIVA_NAMESPACE
