#pragma once

#include <cmath>
#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/learn/detail/trust_region_objective.hpp"
#include "gradiva/learn/saved_weights.hpp"
#include "gradiva/learn/trainer_parts.hpp"
#include "gradiva/learn/trust_region_options.hpp"
#include "gradiva/learn/update_report.hpp"
#include "gradiva/optim/conjugate_gradient.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// One natural gradient step of the actor within a trust region:
///   maximise L(theta) = mean(rho A)  subject to  mean KL(pi_old || pi) <= delta.
/// With g = dL/dtheta and the Fisher matrix F, conjugate gradients solve (F + damping I) x = g. The full step is
/// sqrt(2 delta / x.(F + damping I)x) x; a backtracking line search shortens it until the KL is at most delta and L has
/// increased; where no trial step does, the weights stay. No bit depends on the number of threads.
/// Source: Schulman, Levine, Moritz, Jordan and Abbeel, "Trust Region Policy Optimization", 2015, appendix C.
template <ExplainedPolicyWithFisher A>
class TrustRegion {
public:
    using Scalar = typename A::Scalar;

    /// Borrows actor and threads. Throws `Error` on options out of range.
    TrustRegion(A& actor, TrustRegionOptions options, Threads& threads)
        : actor_(actor), options_(options), objective_(actor, options, threads),
          conjugate_gradient_({.iterations = options.conjugate_iterations}) {
        options_.check();
    }

    /// One update. Throws `Error` when the rollout's head_size is not the actor's, and, with the weights restored, when
    /// the gradient is not finite.
    UpdateReport operator()(const Rollout<Scalar>& rollout) {
        require(
            rollout.head_size == actor_.head_size(),
            "{}: the rollout has heads of {} numbers, the actor of {}; a KL divergence needs the heads of the policy "
            "that acted",
            options_.name, rollout.head_size, actor_.head_size());
        return saved_.restore_on_failure(actor_.weights(), [&] { return improve(rollout); });
    }

    void visit_state(State& state) { state.fixed("options", options_); }

private:
    UpdateReport improve(const Rollout<Scalar>& rollout) {
        objective_.gather(rollout);
        const detail::TrialStep start = objective_.evaluate();
        const double norm = objective_.policy_gradient(gradient_);
        require(std::isfinite(norm),
                "update: the actor's gradient is not finite; check rewards and observations for "
                "extreme values");
        UpdateReport report{.surrogate_loss = -start.surrogate,
                            .entropy = start.entropy,
                            .mean_kl = start.kl,
                            .gradient_norm = norm,
                            .step_fraction = 0,
                            .rejected_steps = 0};
        direction_.resize(gradient_.size());
        const auto multiply = [&](std::span<const Scalar> v, std::span<Scalar> out) {
            objective_.fisher_product(v, out);
        };
        if (!conjugate_gradient_.solve(multiply, std::as_const(gradient_).span(), direction_.span())) return report;
        product_.resize(gradient_.size());
        objective_.fisher_product(std::as_const(direction_).span(), product_.span());
        const double curvature =
            direction_.vector().template cast<double>().dot(product_.vector().template cast<double>());
        if (!(curvature > 0) || !std::isfinite(curvature)) return report;
        search(std::sqrt(2 * options_.delta / curvature), start, report);
        return report;
    }

    /// The backtracking line search along the direction: takes the first trial step that satisfies both conditions, or
    /// restores the weights.
    void search(double full_step, const detail::TrialStep& start, UpdateReport& report) {
        double fraction = 1;
        for (Index i = 0; i < options_.backtracks; ++i, fraction *= options_.backtrack_factor) {
            saved_.restore(actor_.weights());
            as_vector(actor_.weights()) += static_cast<Scalar>(fraction * full_step) * direction_.vector();
            const detail::TrialStep trial = objective_.evaluate();
            if (trial.kl <= options_.delta && trial.surrogate > start.surrogate) {
                report.surrogate_loss = -trial.surrogate;
                report.mean_kl = trial.kl;
                report.entropy = trial.entropy;
                report.step_fraction = fraction;
                return;
            }
            ++report.rejected_steps;
        }
        saved_.restore(actor_.weights());
    }

    A& actor_;
    TrustRegionOptions options_;
    detail::TrustRegionObjective<A> objective_;
    ConjugateGradient<Scalar> conjugate_gradient_;
    Buffer<Scalar> gradient_, direction_, product_;
    SavedWeights<Scalar> saved_;
};

}  // namespace GRADIVA_NAMESPACE
