#pragma once

#include <concepts>
#include <type_traits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/schedule.hpp"
#include "gradiva/core/types.hpp"

namespace gradiva {

/// The sum over a batch of the loss of each sample, and how many samples were clipped, where the surrogate `clips`.
struct SurrogateSum {
    double loss = 0;
    Index clipped = 0;
};

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
concept Surrogate = std::copy_constructible<S> &&
    requires(const S& surrogate, ConstVectorRef<float> values, VectorRef<float> out) {
    surrogate.check();
    { surrogate.template evaluate<float>(values, values, values, out) } -> std::same_as<SurrogateSum>;
};

namespace detail {

/// One sentence for each optional member with the right name and a wrong signature, which would else go unnoticed.
template <class S>
consteval bool explain_surrogate() {
    static_assert(
        !requires { &S::set_progress; } || requires(S & s) { s.set_progress(0.0); },
        "gradiva: a Surrogate's set_progress takes (double progress)");
    static_assert(
        !requires { &S::kl_coefficient; } || requires(const S& s) { double{s.kl_coefficient()}; },
        "gradiva: a Surrogate's kl_coefficient is double kl_coefficient() const");
    static_assert(
        !requires { &S::after_update; } || requires(S & s) { s.after_update(0.0); },
        "gradiva: a Surrogate's after_update takes (double mean_kl)");
    static_assert(
        !requires { &S::clips; } || requires { typename std::bool_constant<S::clips>; },
        "gradiva: a Surrogate's clips is static constexpr bool clips");
    return true;
}

/// Whether a surrogate counts clipped samples.
template <class S>
consteval bool clips() {
    if constexpr (requires { S::clips; }) {
        return S::clips;
    } else {
        return false;
    }
}

}  // namespace detail
}  // namespace gradiva
