#pragma once

#include <concepts>
#include <type_traits>

#include "gradiva/core/check.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// Whether `advantage(rollout)` takes a `Rollout<Scalar>`.
template <class A, class Scalar>
concept HasAdvantageOf = requires(const A& advantage, Rollout<Scalar>& rollout) {
    advantage(rollout);
};

namespace detail {

template <class A>
concept HasAdvantageCheck = requires(const A& advantage, bool with_critic) {
    advantage.check(with_critic);
};

}  // namespace detail

/// An advantage estimator: how much better than expected each action was. Called with a rollout whose `value`,
/// `next_value` and `continues` were computed with the current critic; writes `advantage` and `value_target`, both
/// environments x horizon. `check(with_critic)` throws `Error` on options out of range, and where a critic is needed
/// and there is none.
///
/// Optional: the discount, as a number `gamma` or `discount`, or as `double discount() const`; reward normalisation
/// needs it. `static constexpr bool holds_ratio = true`, see `holds_ratio`.
template <class A>
concept Advantage = std::copy_constructible<A> && HasAdvantageOf<A, float> && detail::HasAdvantageCheck<A>;

namespace detail {

template <class A>
concept MentionsHoldsRatio = requires {
    &A::holds_ratio;
};

template <class A>
concept SaysHoldsRatio = requires {
    requires std::same_as<decltype(A::holds_ratio), const bool>;
    typename std::bool_constant<A::holds_ratio>;
};

template <class T>
concept Arithmetic = std::is_arithmetic_v<std::remove_cvref_t<T>>;

}  // namespace detail

/// Whether an advantage has a number `gamma`, its discount.
template <class A>
concept HasGamma = requires(const A& advantage) {
    { advantage.gamma } -> detail::Arithmetic;
};

/// Whether an advantage has a number `discount`.
template <class A>
concept HasDiscountMember = requires(const A& advantage) {
    { advantage.discount } -> detail::Arithmetic;
};

/// Whether an advantage has a const function `discount()` that returns a number.
template <class A>
concept HasDiscountFunction = requires(const A& advantage) {
    { advantage.discount() } -> detail::Arithmetic;
};

namespace detail {

template <class A>
concept MentionsGamma = requires {
    &A::gamma;
}
|| requires(A& advantage) { advantage.gamma(); };

template <class A>
concept MentionsDiscount = requires {
    &A::discount;
}
|| requires(A& advantage) { advantage.discount(); };

}  // namespace detail

/// Whether advantages of A already contain the importance ratio pi / mu as a factor: they then fit `PolicyGradient`
/// only.
template <class A>
constexpr bool holds_ratio() {
    if constexpr (detail::SaysHoldsRatio<A>) {
        return A::holds_ratio;
    } else {
        return false;
    }
}

namespace detail {

/// One sentence for each rule of `Advantage` that the type breaks, as a compile-time error.
template <class A>
consteval bool explain_advantage() {
    if constexpr (!HasAdvantageOf<A, float> && !HasAdvantageCheck<A>) {
        static_assert(HasAdvantageOf<A, float>,
                      "gradiva: an Advantage, such as Gae, belongs in this place: environments come first, then the "
                      "actor, the critic, the advantage, the options");
    } else {
        static_assert(std::copy_constructible<A>, "gradiva: Advantage needs a copy constructor");
        static_assert(HasAdvantageOf<A, float>,
                      "gradiva: Advantage needs template <class Scalar> void operator()(Rollout<Scalar>&) const");
        static_assert(HasAdvantageCheck<A>, "gradiva: Advantage needs void check(bool with_critic) const");
        if constexpr (Advantage<A>) {
            static_assert(!MentionsHoldsRatio<A> || SaysHoldsRatio<A>,
                          "gradiva: an Advantage's holds_ratio is static constexpr bool holds_ratio = true");
            static_assert(!MentionsGamma<A> || HasGamma<A>,
                          "gradiva: an Advantage's gamma is a number, double gamma; a function is called double "
                          "discount() const");
            static_assert(!MentionsDiscount<A> || HasDiscountMember<A> || HasDiscountFunction<A>,
                          "gradiva: an Advantage's discount is double discount, or double discount() const");
        }
    }
    return Advantage<A>;
}

}  // namespace detail

/// An `Advantage`; for other types a compile-time error says which rule they break.
template <class A>
concept ExplainedAdvantage = (detail::explain_advantage<A>());

namespace detail {

inline void check_fraction(const char* who, const char* field, double value) {
    require(value >= 0 && value <= 1, "{}: {} is {}; give a number from 0 to 1", who, field, value);
}

}  // namespace detail

/// `static_assert(gradiva::is_advantage<Mine>)` says which rule `Mine` breaks, if any.
template <class A>
inline constexpr bool is_advantage = detail::explain_advantage<A>();

}  // namespace GRADIVA_NAMESPACE
