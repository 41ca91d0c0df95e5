#pragma once

#include <concepts>
#include <type_traits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/schedule.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE {

/// The sum over a batch of the loss of each sample, and how many samples were clipped, where the surrogate `clips`.
struct SurrogateSum {
    double loss = 0;
    Index clipped = 0;
};

namespace detail {

template <class S>
concept HasSurrogateCheck = requires(const S& surrogate) {
    surrogate.check();
};

template <class S, class Scalar>
concept HasSurrogateLoss = requires(const S& surrogate, ConstVectorRef<Scalar> values, VectorRef<Scalar> out) {
    { surrogate.template evaluate<Scalar>(values, values, values, out) } -> std::same_as<SurrogateSum>;
};

}  // namespace detail

/// The loss whose descent improves the policy, sample by sample.
///
/// - `check()` throws `Error` on options out of range.
/// - `evaluate(log_prob, old_log_prob, advantage, d_log_prob)`: the sum of the losses; writes the derivative of each
///   sample's loss by its log-prob. The trainer divides by the number of samples.
///
/// Where they exist: `set_progress(p)` is called before an update (p from 0 to 1, for schedules); `kl_coefficient()` is
/// the weight of the mean KL(pi_old || pi) in the loss; `after_update(kl)` is called with that mean over the whole
/// rollout after its last epoch; `per_episode` says that the loss is a sum over episodes divided by their number;
/// `static constexpr bool clips = true` that it counts clipped samples, of which reports then give the fraction.
template <class S>
concept Surrogate = std::copy_constructible<S> && detail::HasSurrogateCheck<S> && detail::HasSurrogateLoss<S, float>;

namespace detail {

template <class S>
concept SaysClips = requires {
    requires std::same_as<decltype(S::clips), const bool>;
    typename std::bool_constant<S::clips>;
};

template <class S>
concept HasPerEpisode = requires(const S& surrogate) {
    requires std::same_as < std::remove_cvref_t<decltype(surrogate.per_episode)>,
    bool > ;
};

template <class S>
concept HasKlCoefficient = requires(const S& surrogate) {
    { surrogate.kl_coefficient() } -> std::convertible_to<double>;
};

template <class S>
concept MentionsKlCoefficient = requires {
    &S::kl_coefficient;
}
|| requires(S& surrogate) { surrogate.kl_coefficient(); };

/// One sentence for each rule of `Surrogate` that the type breaks, optional members with the right name and a wrong
/// form included, which would else go unnoticed.
template <class S>
consteval bool explain_surrogate() {
    if constexpr (!HasSurrogateCheck<S> && !HasSurrogateLoss<S, float>) {
        static_assert(HasSurrogateLoss<S, float>, "gradiva: a Surrogate, such as Clip, belongs in this place");
    } else {
        static_assert(std::copy_constructible<S>, "gradiva: Surrogate needs a copy constructor");
        static_assert(HasSurrogateCheck<S>, "gradiva: Surrogate needs void check() const");
        static_assert(HasSurrogateLoss<S, float>,
                      "gradiva: Surrogate needs template <class Scalar> SurrogateSum evaluate(ConstVectorRef<Scalar> "
                      "log_prob, ConstVectorRef<Scalar> old_log_prob, ConstVectorRef<Scalar> advantage, "
                      "VectorRef<Scalar> d_log_prob) const");
    }
    static_assert(
        !requires { &S::set_progress; } || requires(S & s) { s.set_progress(0.0); },
        "gradiva: a Surrogate's set_progress takes (double progress)");
    static_assert(!MentionsKlCoefficient<S> || HasKlCoefficient<S>,
                  "gradiva: a Surrogate's kl_coefficient is double kl_coefficient() const");
    static_assert(
        !requires { &S::after_update; } || requires(S & s) { s.after_update(0.0); },
        "gradiva: a Surrogate's after_update takes (double mean_kl)");
    static_assert(
        !requires { &S::clips; } || SaysClips<S>, "gradiva: a Surrogate's clips is static constexpr bool clips");
    static_assert(
        !requires { &S::per_episode; } || HasPerEpisode<S>, "gradiva: a Surrogate's per_episode is bool per_episode");
    return Surrogate<S>;
}

/// A `Surrogate`; of what is none, a sentence says why.
template <class S>
concept ExplainedSurrogate = (explain_surrogate<S>());

/// Whether a surrogate counts clipped samples.
template <class S>
consteval bool clips() {
    if constexpr (SaysClips<S>) {
        return S::clips;
    } else {
        return false;
    }
}

}  // namespace detail

/// `static_assert(gradiva::is_surrogate<Mine>)` says which rule `Mine` breaks, if any.
template <class S>
inline constexpr bool is_surrogate = detail::explain_surrogate<S>();

}  // namespace GRADIVA_NAMESPACE
