#pragma once

#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/kernels/importance_ratio.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/learn/trust_region_options.hpp"
#include "gradiva/optim/clip_norm.hpp"
#include "gradiva/optim/conjugate_gradient.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/minibatches.hpp"
#include "gradiva/rollout/sample_batch.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What a trial step of `TrustRegion` gives: sums over samples, or means.
struct TrialStep {
    double surrogate = 0, kl = 0, entropy = 0;
};

/// The objective of `TrustRegion` and its constraint on the samples of a rollout, by the actor's present weights:
/// their values, the gradient of the one and the curvature of the other. Borrows actor and threads.
template <class A>
class TrustRegionObjective {
public:
    using Scalar = typename A::Scalar;

    TrustRegionObjective(const A& actor, const TrustRegionOptions& options, Threads& threads)
        : actor_(actor), options_(options), threads_(threads) {}

    /// Takes the samples of a rollout, which holds the heads of the policy that acted.
    void gather(const Rollout<Scalar>& rollout) {
        sums_.for_all([](Shard& shard) { shard.gradient.clear(); });  // what an exception may have left
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

    /// Returns mean(rho A), mean KL(pi_old || pi) and mean entropy at the current weights; leaves the tapes of these
    /// forward passes.
    TrialStep evaluate() {
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
        TrialStep sum;
        passes_.for_each([&](const Pass& pass) {
            sum.surrogate += pass.sum.surrogate;
            sum.kl += pass.sum.kl;
            sum.entropy += pass.sum.entropy;
        });
        const auto samples = static_cast<double>(order_.sample_count());
        return {unit_ * sum.surrogate / samples, sum.kl / samples, sum.entropy / samples};
    }

    /// g := d mean(rho A) / dtheta, scaled to a norm of about 1, after `evaluate`, whose tapes it goes back through; d
    /// rho / dtheta = rho d log pi / dtheta, and d_log_prob holds rho A. Computed as the gradient of the loss -mean(rho
    /// A), of which policies drop what points beyond their bounds (`project_gradient`). Returns the norm of g before
    /// scaling.
    double policy_gradient(Buffer<Scalar>& g) {
        accumulate(g, [&](Pass& pass, std::span<Scalar> gradient) {
            pass.d_log_prob.vector() *= static_cast<Scalar>(-1 / static_cast<double>(order_.sample_count()));
            actor_.backward(pass.tape, std::as_const(pass.batch.action).all(), pass.d_log_prob.vector(), Scalar(0),
                            nullptr, Scalar(0), gradient);
        });
        project_gradient(actor_, g.span());
        const double norm = norm_of<Scalar>(g.span());
        g.vector() *= -scale_to_one<Scalar>(norm);
        return unit_ * norm;
    }

    /// out := (F + damping I) v, where F is the mean Fisher matrix of the samples; after `evaluate`.
    void fisher_product(std::span<const Scalar> v, std::span<Scalar> out) {
        accumulate(sum_, [&](Pass& pass, std::span<Scalar> sum) { actor_.add_fisher_product(pass.tape, v, sum); });
        as_vector(out) = sum_.vector() * static_cast<Scalar>(1 / static_cast<double>(order_.sample_count())) +
                         static_cast<Scalar>(options_.damping) * as_vector(v);
    }

private:
    /// At most `pass_width` samples of the rollout, or some sequences for a policy with memory, with the tape and the
    /// results of the actor's passes over them; kept through the whole update.
    struct alignas(buffer_alignment) Pass {
        SampleBatch<Scalar> batch;
        typename A::Tape tape;
        typename A::DistributionTape old;
        Buffer<Scalar> log_prob, d_log_prob, per_sample;
        TrialStep sum;
    };

    struct alignas(buffer_alignment) Shard {
        Buffer<Scalar> gradient;
    };

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

    const A& actor_;
    TrustRegionOptions options_;
    Threads& threads_;
    Minibatches order_;
    double unit_ = 1;  // converts rescaled advantages, and what is linear in them, to the numbers of the report
    ShardedSum<Pass> passes_;
    ShardedSum<Shard> sums_;
    Buffer<Scalar> advantage_, sum_;
};

}  // namespace GRADIVA_NAMESPACE::detail
