#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/core/schedule.hpp"
#include "gradiva/surrogate/numbers.hpp"

namespace GRADIVA_NAMESPACE {

/// The type of `SampleLoss::clipped` of a surrogate that does not clip.
struct NeverClipped {};

/// The loss of one sample, its derivative by the first argument of the surrogate's loss function, and, where a
/// surrogate clips, whether this sample was clipped; reports give the fraction. With V a register, all this for each
/// lane's sample.
template <class V, class Clipped = NeverClipped>
struct SampleLoss {
    V loss;
    V derivative;
    [[no_unique_address]] Clipped clipped{};
};
template <class V>
SampleLoss(V, V) -> SampleLoss<V>;
template <class V, class Clipped>
SampleLoss(V, V, Clipped) -> SampleLoss<V, Clipped>;

namespace detail {

template <class S>
concept HasSurrogateCheck = requires(const S& surrogate) {
    surrogate.check();
};

/// The result type of a comparison of two V: bool, or a mask.
template <class V>
using ComparisonOf = decltype(std::declval<const V&>() < std::declval<const V&>());

template <class Clipped, class V>
concept ClippedOf = std::same_as<Clipped, NeverClipped> || std::same_as<Clipped, ComparisonOf<V>>;

template <class Result, class V>
concept LossOf = requires(const Result& result) {
    { result.loss } -> std::same_as<const V&>;
    { result.derivative } -> std::same_as<const V&>;
    requires ClippedOf<std::remove_cvref_t<decltype(result.clipped)>, V>;
};

template <class S, class V>
concept TakesRatio = requires(const S& surrogate, const V& x) {
    { surrogate.ratio_loss(x, x) } -> LossOf<V>;
};

template <class S, class V>
concept TakesLogProb = requires(const S& surrogate, const V& x) {
    { surrogate.log_prob_loss(x, x) } -> LossOf<V>;
};

template <class S, class V>
concept HasOneLoss = TakesRatio<S, V>
!= TakesLogProb<S, V>;

template <class S>
concept MentionsLoss =
    TakesRatio<S, double> || TakesLogProb<S, double> || TakesRatio<S, float> || TakesLogProb<S, float>;

}  // namespace detail

/// A surrogate loss, minimised to improve the policy: a formula of one sample. Immutable during training.
///
/// - `check() const` throws `Error` on options out of range.
/// - Either `ratio_loss(rho, advantage) const`, with rho = exp(log_prob - old_log_prob), or
///   `log_prob_loss(log_prob, advantage) const`: a template of the number type V, which is float, double, or a register
///   of either (`Simd`). It returns `SampleLoss{loss, derivative}`, the derivative by its first argument; a third
///   element says whether the sample was clipped. The trainer takes the mean over the samples of a minibatch.
///
/// Optional:
/// - `S at(double progress) const`: the surrogate of one update, for schedules; progress is from 0 to 1.
/// - `double kl_coefficient() const`: the initial weight beta of mean KL(pi_old || pi) in the loss, and
///   `double after_update(double beta, double mean_kl) const`: the next beta, given that mean over the whole rollout
///   after an update.
/// - `bool per_episode`: whether the loss is the sum over samples divided by the number of episodes.
template <class S>
concept Surrogate = std::copy_constructible<S> && detail::HasSurrogateCheck<S> && detail::HasOneLoss<S, double> &&
    detail::HasOneLoss<S, Simd<float>> && detail::HasOneLoss<S, Simd<double>>;

/// Whether a surrogate has `per_episode`: its loss is then summed over samples and divided by the number of episodes.
template <class S>
concept HasPerEpisode = requires(const S& surrogate) {
    requires std::same_as < std::remove_cvref_t<decltype(surrogate.per_episode)>,
    bool > ;
};

/// Whether a surrogate has `at(progress)`, which returns the surrogate of an update.
template <class S>
concept HasAt = requires(const S& surrogate) {
    { surrogate.at(0.0) } -> std::same_as<S>;
};

/// Whether a surrogate has `kl_coefficient()`, the first beta of a KL penalty.
template <class S>
concept HasKlCoefficient = requires(const S& surrogate) {
    { surrogate.kl_coefficient() } -> std::convertible_to<double>;
};

namespace detail {

// Detects a member of a given name, whatever its signature: if S has one, the name is ambiguous in a class derived from
// both S and `SurrogateNames`. A final class, from which nothing derives, is checked directly.
struct SurrogateNames {
    int at, kl_coefficient, after_update;
};
template <class S>
struct WithSurrogateNames : S, SurrogateNames {};
template <class S>
using SurrogateNamesOf =
    std::conditional_t<std::is_class_v<S> && !std::is_final_v<S>, WithSurrogateNames<S>, SurrogateNames>;

// clang-format off
template <class S>
concept MentionsAt = !requires { &SurrogateNamesOf<S>::at; } || requires { &S::at; };
template <class S>
concept MentionsKlCoefficient = !requires { &SurrogateNamesOf<S>::kl_coefficient; } || requires { &S::kl_coefficient; };
template <class S>
concept MentionsAfterUpdate = !requires { &SurrogateNamesOf<S>::after_update; } || requires { &S::after_update; };
// clang-format on

}  // namespace detail

/// Whether a surrogate has `after_update(beta, mean_kl)`, the beta of the next update.
template <class S>
concept HasAfterUpdate = requires(const S& surrogate) {
    { surrogate.after_update(0.0, 0.0) } -> std::convertible_to<double>;
};

namespace detail {

/// A compile-time error, one sentence, for each rule of `Surrogate` that the type breaks, and for each optional member
/// of the right name and a wrong signature, which would otherwise be ignored.
template <class S>
consteval bool explain_surrogate() {
    if constexpr (!HasSurrogateCheck<S> && !MentionsLoss<S>) {
        static_assert(HasSurrogateCheck<S>, "gradiva: a Surrogate, such as Clip, belongs in this place");
    } else {
        static_assert(std::copy_constructible<S>, "gradiva: Surrogate needs a copy constructor");
        static_assert(HasSurrogateCheck<S>, "gradiva: Surrogate needs void check() const");
        static_assert(!(TakesRatio<S, double> && TakesLogProb<S, double>),
                      "gradiva: Surrogate has one loss, ratio_loss or log_prob_loss, and not both");
        static_assert(MentionsLoss<S>,
                      "gradiva: Surrogate needs template <class V> SampleLoss<V> ratio_loss(V rho, V advantage) const, "
                      "or the same of log_prob_loss(V log_prob, V advantage)");
        static_assert(
            !MentionsLoss<S> || (TakesRatio<S, double> && TakesLogProb<S, double>) ||
                (HasOneLoss<S, double> && HasOneLoss<S, Simd<float>> && HasOneLoss<S, Simd<double>>),
            "gradiva: a Surrogate's loss is a template of its number type, which is also a register of "
            "several numbers: template <class V>, with constants constant<V>(0.5), select(a < b, x, y) in "
            "place of if and ?:, and min, max, clamp, abs, exp and log of gradiva; the third element of SampleLoss is "
            "a comparison, such as rho > high");
    }
    static_assert(!MentionsAt<S> || HasAt<S>, "gradiva: a Surrogate's at is S at(double progress) const");
    static_assert(!HasAt<S> || std::is_copy_assignable_v<S>,
                  "gradiva: a Surrogate with at can be assigned: it has no members that are const or references");
    static_assert(!MentionsKlCoefficient<S> || HasKlCoefficient<S>,
                  "gradiva: a Surrogate's kl_coefficient is double kl_coefficient() const");
    static_assert(
        !MentionsAfterUpdate<S> || (HasAfterUpdate<S> && HasKlCoefficient<S>),
        "gradiva: a Surrogate's after_update is double after_update(double beta, double mean_kl) const, beside "
        "kl_coefficient");
    static_assert(
        !requires { &S::per_episode; } || HasPerEpisode<S>, "gradiva: a Surrogate's per_episode is bool per_episode");
    return Surrogate<S>;
}

}  // namespace detail

/// A `Surrogate`; for other types a compile-time error says which rule they break.
template <class S>
concept ExplainedSurrogate = (detail::explain_surrogate<S>());

/// `static_assert(gradiva::is_surrogate<Mine>)` says which rule `Mine` breaks, if any.
template <class S>
inline constexpr bool is_surrogate = detail::explain_surrogate<S>();

}  // namespace GRADIVA_NAMESPACE
