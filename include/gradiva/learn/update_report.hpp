#pragma once

#include "gradiva/core/namespace.hpp"

#include <limits>

namespace GRADIVA_NAMESPACE {

/// The statistics of an update: means over the samples of the last epoch that began, each minibatch measured before its
/// step; TRPO's surrogate_loss and entropy are those after the update. A number that an algorithm does not have, or
/// that this update did not compute, is NaN. To add a number, add a field here and a line to train/log_columns.hpp.
struct UpdateReport {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();  ///< in place of an absent number

    double surrogate_loss = none;  ///< the policy's loss without the entropy bonus
    double value_loss = none;      ///< 0.5 mean((V - value_target)^2), where there is a critic
    double entropy = none;         ///< mean entropy of the policy
    double approximate_kl = none;  ///< mean(rho - 1 - log rho), an estimate of KL(old policy, new policy)
    double mean_kl = none;         ///< PPO-KL and TRPO: exact mean KL(old policy, new policy) after the update
    double kl_coefficient = none;  ///< beta in this update's loss, where there is a KL penalty
    double clip_fraction = none;   ///< fraction of samples whose ratio was clipped, where the surrogate clips
    double gradient_norm = none;   ///< before clipping, mean over minibatches, one that ended the update included
    double learning_rate = none;   ///< of the update
    double step_fraction = none;   ///< TRPO: accepted fraction of the largest step in the trust region; 0: no step
    double rejected_steps = none;  ///< TRPO: rejected trial steps; 0 and no step: no positive, finite curvature
    double effective_sample_size = none;  ///< off policy: (sum rho)^2 / sum rho^2 of the last rollout compared
    double behaviour_kl = none;           ///< off policy: estimate of KL(behaviour, policy) on the same rollout
    double left_out = none;               ///< off policy: rollouts that were skipped, as their KL exceeded `max_kl`
};

}  // namespace GRADIVA_NAMESPACE
