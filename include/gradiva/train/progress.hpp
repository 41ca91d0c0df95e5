#pragma once

#include <array>
#include <limits>
#include <string_view>

#include "gradiva/core/index.hpp"
#include "gradiva/learn/update_options.hpp"

namespace GRADIVA_NAMESPACE {

/// Where training stands after an iteration: what callbacks get. A number that an algorithm does not have, or that did
/// not come about in the iteration, is NaN.
struct Progress {
    static constexpr double none = UpdateReport::none;

    std::string_view algorithm = {};
    Index iteration = 0;                 ///< since the trainer was built, from 1
    Index steps = 0;                     ///< of all environments together, in this call of `train`
    Index total_steps = 0;               ///< that were asked for
    double schedule_progress = 0;        ///< where the schedules stand for the next iteration, from 0 to 1
    double seconds = 0;                  ///< in this call of `train`
    double steps_per_second = 0;         ///< steps / seconds
    Index episodes = 0;                  ///< that ended, in this call of `train`
    Index lifetime_episodes = episodes;  ///< that ended since the trainer was built
    double mean_return = none;           ///< of the last 100 episodes that ended, undiscounted; NaN before the first
    double mean_length = none;           ///< of the same, in steps; NaN before the first
    double surrogate_loss = none;        ///< the policy's loss without the entropy bonus
    double value_loss = none;            ///< 0.5 mean((V - value_target)^2), where there is a critic
    double explained_variance = none;  ///< of the value targets by the critic: 1 perfect, 0 none; NaN without variance
    double entropy = none;             ///< mean entropy of the policy
    double approximate_kl = none;      ///< mean(rho - 1 - log rho) over the last epoch
    double mean_kl = none;             ///< exact mean KL(pi_old || pi) after the update: PPO-KL and TRPO
    double kl_coefficient = none;      ///< beta in this iteration's loss, where there is a penalty
    double clip_fraction = none;       ///< of samples whose ratio was clipped in the last epoch, where one clips
    double gradient_norm = none;       ///< before clipping, mean of the last epoch
    double learning_rate = none;       ///< of the iteration
    double step_fraction = none;       ///< TRPO: accepted part of the step that the trust region allows; 0: no step
    double rejected_steps = none;      ///< TRPO: trial steps turned down; none and no step: bad curvature
    double effective_sample_size = none;  ///< off policy: (sum rho)^2 / sum rho^2 of the last rollout looked at
    double behaviour_kl = none;           ///< off policy: KL(mu, pi) of the same, estimated
    double left_out = none;               ///< off policy: rollouts that were too far away to learn from

    bool finished() const { return steps >= total_steps; }
};

/// Every number of a `Progress` with its name: one place for all that print or save it. Calls `visit(name, value)`.
template <class Visitor>
void for_each_field(const Progress& p, Visitor&& visit) {
    visit("iteration", p.iteration);
    visit("steps", p.steps);
    visit("schedule_progress", p.schedule_progress);
    visit("seconds", p.seconds);
    visit("steps_per_second", p.steps_per_second);
    visit("episodes", p.episodes);
    visit("lifetime_episodes", p.lifetime_episodes);
    visit("mean_return", p.mean_return);
    visit("mean_length", p.mean_length);
    visit("surrogate_loss", p.surrogate_loss);
    visit("value_loss", p.value_loss);
    visit("explained_variance", p.explained_variance);
    visit("entropy", p.entropy);
    visit("approximate_kl", p.approximate_kl);
    visit("mean_kl", p.mean_kl);
    visit("kl_coefficient", p.kl_coefficient);
    visit("clip_fraction", p.clip_fraction);
    visit("gradient_norm", p.gradient_norm);
    visit("learning_rate", p.learning_rate);
    visit("step_fraction", p.step_fraction);
    visit("rejected_steps", p.rejected_steps);
    visit("effective_sample_size", p.effective_sample_size);
    visit("behaviour_kl", p.behaviour_kl);
    visit("left_out", p.left_out);
}

/// The mean over the last 100 numbers.
class RecentMean {
public:
    void add(double value) {
        values_[static_cast<std::size_t>(count_ % capacity)] = value;
        ++count_;
    }

    double mean() const {
        const Index present = count_ < capacity ? count_ : capacity;
        double sum = 0;
        for (Index i = 0; i < present; ++i) sum += values_[static_cast<std::size_t>(i)];
        return present > 0 ? sum / static_cast<double>(present) : std::numeric_limits<double>::quiet_NaN();
    }

private:
    static constexpr Index capacity = 100;
    std::array<double, capacity> values_{};
    Index count_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
