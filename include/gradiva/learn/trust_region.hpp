#pragma once

#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/kernels/importance_ratio.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/learn/saved_weights.hpp"
#include "gradiva/learn/trainer_parts.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/learn/update_report.hpp"
#include "gradiva/optim/conjugate_gradient.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/sample_batch.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `TrustRegion`: the trust region, the conjugate gradient method and the line search.
struct TrustRegionOptions {
    double delta = 0.01;                    ///< largest mean KL(pi_old || pi) of an update, in nats; above 0
    double damping = 0.1;                   ///< added to the Fisher matrix's diagonal; above 0
    Index conjugate_iterations = 15;        ///< largest number of conjugate gradient iterations, at least 1
    Index backtracks = 10;                  ///< largest number of trial steps of the line search, at least 1
    double backtrack_factor = 0.8;          ///< ratio of the lengths of consecutive trial steps, in (0, 1)
    bool normalize_advantage = true;        ///< over the rollout, to mean 0 and standard deviation 1
    Index sequence = 0;                     ///< steps of sequences of a policy with memory; 0: whole columns
    std::string_view name = "TrustRegion";  ///< prefix of error messages

    /// Throws `Error` on a value out of range.
    void check() const {
        require(std::isfinite(delta) && delta > 0, "{}: delta is {}; give a number above 0", name, delta);
        require(std::isfinite(damping) && damping > 0, "{}: damping is {}; give a number above 0", name, damping);
        require(conjugate_iterations >= 1, "{}: conjugate_iterations is {}; give at least 1", name,
                conjugate_iterations);
        require(backtracks >= 1, "{}: backtracks is {}; give at least 1", name, backtracks);
        require(backtrack_factor > 0 && backtrack_factor < 1,
                "{}: backtrack_factor is {}; give a number between 0 and 1", name, backtrack_factor);
    }

    void visit_state(State& state) {
        state("delta", delta);
        state("damping", damping);
        state("conjugate_iterations", conjugate_iterations);
        state("backtracks", backtracks);
        state("backtrack_factor", backtrack_factor);
        state("normalize_advantage", normalize_advantage);
        state("sequence", sequence);
    }
};

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
        : actor_(actor), options_(options), threads_(threads),
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
    struct Trial {
        double surrogate = 0, kl = 0, entropy = 0;  // sums over samples, or means
    };

    /// At most `pass_width` samples of the rollout, or some sequences for a policy with memory, with the tape and the results of the actor's passes over them; kept
    /// through the whole update.
    struct alignas(buffer_alignment) Pass {
        SampleBatch<Scalar> batch;
        typename A::Tape tape;
        typename A::DistributionTape old;
        Buffer<Scalar> log_prob, d_log_prob, per_sample;
        Trial sum;
    };

    struct alignas(buffer_alignment) Shard {
        Buffer<Scalar> gradient;
    };

    UpdateReport improve(const Rollout<Scalar>& rollout) {
        sums_.for_all([](Shard& shard) { shard.gradient.clear(); });  // what an exception may have left
        gather(rollout);
        const Trial start = evaluate();
        const double norm = policy_gradient();
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
        const auto multiply = [&](std::span<const Scalar> v, std::span<Scalar> out) { fisher_product(v, out); };
        if (!conjugate_gradient_.solve(multiply, std::as_const(gradient_).span(), direction_.span())) return report;
        product_.resize(gradient_.size());
        fisher_product(std::as_const(direction_).span(), product_.span());
        const double curvature =
            direction_.vector().template cast<double>().dot(product_.vector().template cast<double>());
        if (!(curvature > 0) || !std::isfinite(curvature)) return report;
        search(std::sqrt(2 * options_.delta / curvature), start, report);
        return report;
    }

    /// The backtracking line search along the direction: takes the first trial step that satisfies both conditions, or
    /// restores the weights.
    void search(double full_step, const Trial& start, UpdateReport& report) {
        double fraction = 1;
        for (Index i = 0; i < options_.backtracks; ++i, fraction *= options_.backtrack_factor) {
            saved_.restore(actor_.weights());
            as_vector(actor_.weights()) += static_cast<Scalar>(fraction * full_step) * direction_.vector();
            const Trial trial = evaluate();
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

    void gather(const Rollout<Scalar>& rollout) {
        order_.reset(rollout, steps_of_sequence(rollout));
        advantage_.resize(order_.sample_count());
        order_.for_each_sample({0, order_.size()}, [&](Index place, Index sample) {
            advantage_[place] = rollout.advantage.data()[sample];
        });
        rescale_advantages();
        const Index count = pieces_of(order_.size(), order_.pass_size());
        passes_.run(threads_, count, [&](Pass& pass, Index i) {
            const OrderedSamples<Scalar> from{rollout, order_, advantage_, piece(order_.size(), count, i)};
            pass.batch.gather_for_actor(from);
            pass.batch.gather_old_heads(from);
            for (auto* part : {&pass.log_prob, &pass.d_log_prob, &pass.per_sample}) part->resize(from.size());
            actor_.recall(pass.batch.old_head.matrix(), rollout.own_parameters.span(), pass.old);
        });
    }

    /// Sequences start where the rollout holds states.
    Index steps_of_sequence(const Rollout<Scalar>& rollout) const {
        if constexpr (!HasMemory<A>) return 1;
        if (options_.sequence == 0) return rollout.horizon;
        require(options_.sequence % rollout.steps_of_sequence() == 0,
                "{}: sequence is {}, and the rollout holds states every {} steps; give a multiple of that",
                options_.name, options_.sequence, rollout.steps_of_sequence());
        return options_.sequence;
    }

    /// The step does not depend on the scale of the advantages: they are multiplied by a power of two, exactly, so that
    /// squares neither overflow nor underflow. For normalisation it then suffices to subtract their mean.
    void rescale_advantages() {
        const auto scale = scale_to_one<Scalar>(norm_of<Scalar>(advantage_.span()));
        advantage_.vector() *= scale;
        unit_ = 1 / static_cast<double>(scale);
        if (!options_.normalize_advantage || advantage_.size() < 2) return;
        const kernels::Moments m = kernels::moments<Scalar>(advantage_.vector());
        for (Scalar& a : advantage_) a = static_cast<Scalar>(static_cast<double>(a) - m.mean);
        unit_ = 1 / (m.sample_deviation() + kernels::least_deviation * static_cast<double>(scale));
    }

    /// Returns mean(rho A), mean KL(pi_old || pi) and mean entropy at the current weights; leaves the tapes of these
    /// forward passes.
    Trial evaluate() {
        passes_.run(threads_, passes_.size(), [&](Pass& pass, Index) {
            const ConstActionView actions = std::as_const(pass.batch.action).all();
            const ConstVectorMap<Scalar> rho_advantage = std::as_const(pass.d_log_prob).vector();
            pass.batch.forward(actor_, pass.tape);
            actor_.log_prob(pass.tape, actions, pass.log_prob.vector());
            kernels::weigh_by_ratios<Scalar>(pass.log_prob.vector(), pass.batch.old_log_prob.vector(),
                                             pass.batch.advantage.vector(), pass.d_log_prob.vector());
            pass.sum.surrogate = rho_advantage.template cast<double>().sum();
            actor_.kl_from(pass.old, pass.tape, pass.per_sample.vector());
            pass.sum.kl = pass.per_sample.vector().template cast<double>().sum();
            actor_.entropy(pass.tape, pass.per_sample.vector());
            pass.sum.entropy = pass.per_sample.vector().template cast<double>().sum();
        });
        Trial sum;
        passes_.for_each([&](const Pass& pass) {
            sum.surrogate += pass.sum.surrogate;
            sum.kl += pass.sum.kl;
            sum.entropy += pass.sum.entropy;
        });
        const auto samples = static_cast<double>(order_.sample_count());
        return {unit_ * sum.surrogate / samples, sum.kl / samples, sum.entropy / samples};
    }

    /// gradient_ := g = d mean(rho A) / dtheta, scaled to a norm of about 1; d rho / dtheta = rho d log pi / dtheta,
    /// and d_log_prob holds rho A. Computed as the gradient of the loss -mean(rho A), of which policies drop what
    /// points beyond their bounds (`project_gradient`). Returns the norm of g before scaling.
    double policy_gradient() {
        accumulate(gradient_, [&](Pass& pass, std::span<Scalar> gradient) {
            pass.d_log_prob.vector() *= static_cast<Scalar>(-1 / static_cast<double>(order_.sample_count()));
            actor_.backward(pass.tape, std::as_const(pass.batch.action).all(), pass.d_log_prob.vector(), Scalar(0),
                            nullptr, Scalar(0), gradient);
        });
        project_gradient(std::as_const(actor_), gradient_.span());
        const double norm = norm_of<Scalar>(gradient_.span());
        gradient_.vector() *= -scale_to_one<Scalar>(norm);
        return unit_ * norm;
    }

    /// out := (F + damping I) v, where F is the mean Fisher matrix of the samples.
    void fisher_product(std::span<const Scalar> v, std::span<Scalar> out) {
        accumulate(sum_, [&](Pass& pass, std::span<Scalar> sum) { actor_.add_fisher_product(pass.tape, v, sum); });
        as_vector(out) = sum_.vector() * static_cast<Scalar>(1 / static_cast<double>(order_.sample_count())) +
                         static_cast<Scalar>(options_.damping) * as_vector(v);
    }

    /// total := the sum of what `add(pass, sum)` adds for each pass, in a fixed order.
    template <class Add>
    void accumulate(Buffer<Scalar>& total, const Add& add) {
        const auto size = static_cast<Index>(actor_.weights().size());
        const Index shards = shard_count(passes_.size() * pass_width);
        sums_.run(threads_, shards, [&](Shard& shard, Index s) {
            shard.gradient.resize(size);
            const Range mine = piece(passes_.size(), shards, s);
            for (Index i = mine.begin; i < mine.end; ++i) add(passes_[i], shard.gradient.span());
        });
        total.resize(size);
        add_up(sums_, total.span());
    }

    A& actor_;
    TrustRegionOptions options_;
    Threads& threads_;
    ConjugateGradient<Scalar> conjugate_gradient_;
    Minibatches order_;
    double unit_ = 1;  // converts rescaled advantages, and what is linear in them, to the numbers of the report
    ShardedSum<Pass> passes_;
    ShardedSum<Shard> sums_;
    Buffer<Scalar> advantage_, gradient_, direction_, product_, sum_;
    SavedWeights<Scalar> saved_;
};

}  // namespace GRADIVA_NAMESPACE
