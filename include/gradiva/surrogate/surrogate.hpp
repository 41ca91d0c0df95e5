#pragma once

#include <concepts>

#include "gradiva/core/check.hpp"
#include "gradiva/core/schedule.hpp"
#include "gradiva/core/types.hpp"

namespace gradiva {

/// The sum over a batch of the loss of each sample, and how many samples were clipped.
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
/// rollout after its last epoch; `per_episode` says that the loss is a sum over episodes divided by their number.
template <class S>
concept Surrogate = std::copy_constructible<S> &&
    requires(const S& surrogate, ConstVectorRef<float> values, VectorRef<float> out) {
    surrogate.check();
    { surrogate.template evaluate<float>(values, values, values, out) } -> std::same_as<SurrogateSum>;
};

}  // namespace gradiva
