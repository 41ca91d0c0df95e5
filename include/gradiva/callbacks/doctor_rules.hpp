#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>

#include "gradiva/callbacks/policy_measures.hpp"
#include "gradiva/callbacks/run_facts.hpp"
#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE {

/// How much a finding of a `Doctor` says: a fault keeps a training from learning, a hint may.
enum class Severity { hint, fault };

/// What of a training came before the present iteration, as rules need it.
struct RunHistory {
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();

    double best_return = none, worst_return = none;  ///< mean returns, once 20 episodes have ended
    double first_return = none;                      ///< the first mean return
    double return_varies = 0;                        ///< 1 once a mean return differed from the first one
    double first_entropy = none;                     ///< of the first iteration that has one
    double early_gradient = none;                    ///< log of the gradient's norm, mean over the first window
};

/// All that a rule may read.
struct DoctorView {
    const Progress& progress;
    const PolicyMeasures& measures;
    const RunFacts& facts;
    const RunHistory& history;
};

/// When a rule is judged; the names in docs/doctor.md.
enum DoctorGate : unsigned {
    gate_none = 0,
    gate_stalled = 1,   ///< the best mean return rose by less than 2 % of its range in the window, and the present one
                        ///< lies more than 2 % of the range below the best
    gate_updates = 2,   ///< epochs x minibatches > 1
    gate_early = 4,     ///< a finding begins in the first quarter of the steps only
    gate_fifth = 8,     ///< not before 20 % of the steps
    gate_not_last = 16  ///< not after 80 % of the steps, where schedules end
};

/// A rule: a number of each iteration whose mean over the window is on the wrong side of a threshold.
struct DoctorRule {
    std::string_view name;
    std::string_view column;             ///< of the log without which it cannot be judged
    std::string_view quantity;           ///< in words
    double (*value)(const DoctorView&);  ///< NaN where it does not apply or is unknown
    bool above;                          ///< whether it is found above the threshold, else below
    double threshold;
    unsigned gates;  ///< a sum of `DoctorGate`
    Severity severity;
    std::string_view cause, remedy;
};

namespace detail::doctor {

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

inline double indicator(double number, bool holds) { return std::isnan(number) ? unknown : holds ? 1.0 : 0.0; }

inline double kl(const DoctorView& v) {
    return std::isnan(v.progress.update.approximate_kl) ? v.progress.update.mean_kl : v.progress.update.approximate_kl;
}
inline double clip_fraction(const DoctorView& v) { return v.progress.update.clip_fraction; }
inline double entropy_left(const DoctorView& v) {
    const double now = v.progress.update.entropy, first = v.history.first_entropy;
    if (v.facts.continuous == 1) return std::exp((now - first) / v.facts.action_size);
    return v.facts.continuous == 0 && first > 0 ? now / first : unknown;
}
inline double explained_variance(const DoctorView& v) {
    return std::isnan(v.progress.explained_variance) ? unknown : std::clamp(v.progress.explained_variance, -1.0, 1.0);
}
/// The standard deviation of the value targets: 0.5 mean((V - target)^2) is (1 - explained variance) / 2 of its square.
inline double target_scale(const DoctorView& v) {
    const double unexplained = 1 - v.progress.explained_variance;
    return std::sqrt(2 * v.progress.update.value_loss / std::max(unexplained, 1e-3));
}
inline double gradient_growth(const DoctorView& v) {
    return (std::log(v.progress.update.gradient_norm) - v.history.early_gradient) / std::log(10.0);
}
inline double return_varies(const DoctorView& v) {
    return indicator(v.progress.mean_return, v.history.return_varies > 0);
}
inline double episodes(const DoctorView& v) { return static_cast<double>(v.progress.lifetime_episodes); }
inline double horizon_share(const DoctorView& v) {
    const double credit = 1 / (1 - v.facts.gamma * v.facts.lambda);
    return v.facts.horizon / (std::isnan(v.progress.mean_length) ? credit : std::min(credit, v.progress.mean_length));
}
inline double beta_at_bound(const DoctorView& v) {
    const double beta = v.progress.update.kl_coefficient;
    return indicator(beta, beta <= 1.001e-4 || beta >= 0.999e4);
}
inline double trpo_rejects(const DoctorView& v) {
    return indicator(v.progress.update.step_fraction, v.progress.update.step_fraction == 0);
}
inline double effective_share(const DoctorView& v) {
    return v.progress.update.effective_sample_size / (v.facts.horizon * v.facts.environments);
}
inline double left_out(const DoctorView& v) { return v.progress.update.left_out; }
inline double sequence_share(const DoctorView& v) { return v.facts.sequence / v.progress.mean_length; }
inline double dead_units(const DoctorView& v) { return v.measures.dead_units; }
inline double actions_at_bounds(const DoctorView& v) { return v.measures.actions_at_bounds; }
inline double observation_extreme(const DoctorView& v) {
    return v.facts.normalizes_observations ? unknown : v.measures.observation_extreme;
}
inline double observation_constant(const DoctorView& v) { return v.measures.observation_constant; }
inline double policy_information(const DoctorView& v) { return v.measures.policy_information; }

}  // namespace detail::doctor

/// The rules of a `Doctor`; docs/doctor.md has a row for each.
inline constexpr DoctorRule doctor_rules[] = {
    {"kl_large", "approximate_kl", "KL of an update", detail::doctor::kl, true, 0.1, gate_stalled | gate_updates,
     Severity::fault, "updates go further than the data of one rollout can justify",
     "a lower learning rate, fewer epochs or a target_kl"},
    {"kl_zero", "approximate_kl", "KL of an update", detail::doctor::kl, false, 1e-7,
     gate_stalled | gate_updates | gate_not_last, Severity::fault, "the policy does not move",
     "a higher learning rate; look whether advantages are 0"},
    {"clip_fraction_large", "clip_fraction", "share of clipped ratios", detail::doctor::clip_fraction, true, 0.5,
     gate_stalled | gate_updates, Severity::hint, "most samples are beyond the clip range and teach nothing",
     "a lower learning rate or fewer epochs"},
    {"clip_fraction_zero", "clip_fraction", "share of clipped ratios", detail::doctor::clip_fraction, false, 1e-6,
     gate_stalled | gate_updates | gate_not_last, Severity::hint, "updates are much smaller than the clip range allows",
     "a higher learning rate or more epochs"},
    {"entropy_collapsed", "entropy", "entropy left of the first policy's (of real actions: standard deviation left)",
     detail::doctor::entropy_left, false, 0.05, gate_stalled | gate_early, Severity::fault,
     "the policy has become certain before it has seen what is good",
     "a lower learning rate, an entropy bonus, or larger rollouts"},
    {"critic_worse_than_mean", "explained_variance", "explained variance, at least -1",
     detail::doctor::explained_variance, false, 0, gate_stalled | gate_fifth, Severity::hint,
     "the critic predicts worse than a constant would",
     "another learning rate or network of the critic; normalised rewards"},
    {"value_targets_extreme", "value_loss", "standard deviation of the value targets", detail::doctor::target_scale,
     true, 300, gate_stalled, Severity::fault, "returns are far from the scale at which a network learns",
     "normalize_rewards, or rewards divided by their usual sum"},
    {"gradients_exploding", "gradient_norm", "powers of ten of the gradient's norm above that of the first window",
     detail::doctor::gradient_growth, true, 2, gate_stalled, Severity::fault, "the weights diverge",
     "a lower learning rate, max_gradient_norm, normalised observations"},
    {"no_signal", "mean_return", "1 if mean returns have ever differed", detail::doctor::return_varies, false, 0.5,
     gate_fifth, Severity::fault, "every episode has had the same return, so that no action is better than another",
     "a reward that tells nearer states from farther ones, other starts, or more exploration"},
    {"no_episode", "lifetime_episodes", "episodes that have ended", detail::doctor::episodes, false, 0.5, gate_fifth,
     Severity::hint, "no episode has ended, so that no return is known", "a TimeLimit around the environment"},
    {"horizon_short", "mean_length", "horizon as a share of min(1 / (1 - gamma lambda), episode length)",
     detail::doctor::horizon_share, false, 0.1, gate_stalled, Severity::hint,
     "advantages see far less of what follows an action than counts for it", "a longer horizon"},
    {"kl_coefficient_at_bound", "kl_coefficient", "share of iterations with beta at 1e-4 or 1e4",
     detail::doctor::beta_at_bound, true, 0.9, gate_stalled | gate_not_last, Severity::hint,
     "the penalty cannot keep the KL at its target", "another target, or another learning rate"},
    {"trpo_rejects", "step_fraction", "share of iterations without a step", detail::doctor::trpo_rejects, true, 0.5,
     gate_stalled, Severity::fault, "the line search finds no step that improves the surrogate",
     "larger rollouts, more damping or a smaller delta"},
    {"rollouts_stale", "effective_sample_size", "effective share of a rollout's samples",
     detail::doctor::effective_share, false, 0.1, gate_stalled, Severity::hint,
     "the policy has left the one that acted; few samples still count",
     "fewer replays, a smaller store, or a lower learning rate"},
    {"rollouts_left_out", "left_out", "rollouts left out of an update", detail::doctor::left_out, true, 0.999,
     gate_stalled, Severity::hint, "stored rollouts are of policies too far from the present one",
     "a smaller store, or a lower learning rate"},
    {"sequence_short", "mean_length", "steps of a sequence as a share of the episode length",
     detail::doctor::sequence_share, false, 0.1, gate_stalled, Severity::hint,
     "gradients reach back over a small part of what the memory may need",
     "a longer sequence, and a horizon to hold it"},
    {"dead_units", "dead_units", "share of hidden units that never change", detail::doctor::dead_units, true, 0.5,
     gate_stalled, Severity::hint, "most units of the actor are saturated or off",
     "a lower learning rate, normalised observations, tanh in place of relu"},
    {"actions_at_bounds", "actions_at_bounds", "share of real actions at or beyond their bounds",
     detail::doctor::actions_at_bounds, true, 0.5, gate_stalled, Severity::hint,
     "the policy asks for more than the actuators give", "a SquashedGaussian or Beta, a smaller first deviation"},
    {"observation_extreme", "observation_extreme", "largest factor between an element's root mean square and 1",
     detail::doctor::observation_extreme, true, 100, gate_stalled, Severity::hint,
     "an element of the observation is far from unit scale", "normalize_observations in both networks"},
    {"observation_constant", "observation_constant", "elements of the observation that never change",
     detail::doctor::observation_constant, true, 0.5, gate_stalled, Severity::hint,
     "an element of the observation says nothing", "look whether the environment writes it"},
    {"policy_ignores_observation", "policy_information", "mean KL of the policy to that of the mean head",
     detail::doctor::policy_information, false, 1e-6, gate_stalled | gate_fifth, Severity::hint,
     "the policy acts alike in all states", "normalised observations, another learning rate; look what is observed"},
};

}  // namespace GRADIVA_NAMESPACE
