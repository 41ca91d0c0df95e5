#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "gradiva/policy/explain.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/column_passes.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "gradiva/rollout/sample_batch.hpp"

namespace GRADIVA_NAMESPACE {

/// How much a policy pi differs from the behaviour mu that acted, on a rollout's samples, rho = pi(a | s) / mu(a | s).
struct OffPolicyReport {
    double effective_sample_size = 0;  ///< (sum rho)^2 / sum rho^2, from 0 to the number of samples
    double kl = 0;                     ///< KL(mu, pi), estimated by mean(rho - 1 - log rho)
};

/// Computes importance ratios: fills a rollout's `log_ratio` with log rho = log pi(a | s) - log_prob for the policy pi.
/// Throws `Error` when there is no sample, when a behaviour's log-prob is not finite, and on real actions that the
/// policy cannot give. Borrows policy and threads. A policy with memory starts from the states of the behaviour, and
/// from 0 where that had no memory, as in recorded files. Source: Espeholt et al., "IMPALA", 2018, section 4.
template <ExplainedPolicy P>
class Reweigher {
public:
    using Scalar = typename P::Scalar;

    Reweigher(const P& policy, Threads& threads) : policy_(policy), threads_(threads) {}

    OffPolicyReport operator()(Rollout<Scalar>& rollout) {
        require(rollout.sample_count() >= 1,
                "reweigh: the rollout holds no sample; collect one, again after an exception");
        check_log_probs(rollout);
        rollout.clear_absent();
        if constexpr (HasMemory<P>) {
            if (rollout.actor_state_size == 0) rollout.assume_actor_states(policy_.state_size());
            sequences_.order.reset(rollout, rollout.steps_of_sequence());
            sequences_.passes.run(
                sequences_.order.size(), threads_,
                [&](SequenceShard& shard, Range positions) { compare_sequences(rollout, positions, shard); },
                sequences_.order.pass_size());
        } else {
            passes_.run(rollout.horizon * rollout.environments, threads_,
                        [&](Shard& shard, Range range) { compare(rollout, range, shard); });
        }
        rollout.for_each_absent([&](Index t, Range range) {
            for (Index n = range.begin; n < range.end; ++n) rollout.log_ratio(n, t) = 0;
        });
        return report(rollout);
    }

private:
    struct Shard {
        typename P::Tape tape;
        NetworkInput<Scalar> input;
    };

    struct SequenceShard {
        typename P::Tape tape;
        SampleBatch<Scalar> batch;
        Buffer<Scalar> log_prob;
    };

    /// What a policy with memory needs.
    struct OfSequences {
        Minibatches order;
        ColumnPasses<SequenceShard> passes;
    };
    struct OfSamples {};

    void compare_sequences(Rollout<Scalar>& rollout, Range positions, SequenceShard& shard) {
        const Buffer<Scalar> no_advantage;
        const OrderedSamples<Scalar> samples{rollout, sequences_.order, no_advantage, positions};
        shard.batch.gather_observations(samples);
        shard.batch.gather_actor_states(samples);
        shard.batch.gather_masks(samples);
        shard.batch.gather_actions(samples);
        shard.batch.forward(policy_, shard.tape);
        shard.log_prob.resize(samples.size());
        policy_.log_prob(shard.tape, std::as_const(shard.batch.action).all(), shard.log_prob.vector());
        const Index* const sample = shard.batch.layout.samples();
        for (Index j = 0; j < samples.size(); ++j) {
            rollout.log_ratio.data()[sample[j]] = shard.log_prob[j] - rollout.log_prob.data()[sample[j]];
        }
    }

    void compare(Rollout<Scalar>& rollout, Range range, Shard& shard) {
        const Rollout<Scalar>& read = rollout;
        policy_.forward(shard.input(read.observation.columns(range)), read.mask.columns(range), shard.tape);
        VectorMap<Scalar> ratio(rollout.log_ratio.data() + range.begin, range.size());
        policy_.log_prob(shard.tape, rollout.action.columns(range), ratio);
        ratio -= VectorMap<Scalar>(rollout.log_prob.data() + range.begin, range.size());
    }

    static void check_log_probs(const Rollout<Scalar>& rollout) {
        for (Index n = 0; n < rollout.environments; ++n) {
            for (Index t = 0; t < rollout.horizon; ++t) {
                require(!rollout.holds(t, n) || std::isfinite(rollout.log_prob(n, t)),
                        "reweigh: the behaviour's log-prob of environment {} at step {} is {}; record the finite "
                        "log-probability with which each action was chosen",
                        n, t, rollout.log_prob(n, t));
            }
        }
    }

    /// A choice may have probability 0; a real action outside the distribution's support has no gradient.
    static void check_ratio(const Rollout<Scalar>& rollout, Index n, Index t, double log_ratio) {
        const bool never_taken =
            log_ratio == -std::numeric_limits<double>::infinity() && rollout.action_shape.reals == 0;
        require(std::isfinite(log_ratio) || never_taken,
                "reweigh: the policy gives the action of environment {} at step {} the log-prob {}; record actions "
                "that it can choose: within the bounds, and as its `from_environment` gives them",
                n, t, log_ratio + static_cast<double>(rollout.log_prob(n, t)));
    }

    static OffPolicyReport report(const Rollout<Scalar>& rollout) {
        double largest = -std::numeric_limits<double>::infinity(), kl = 0;
        for_each_log_ratio(rollout, [&](Index n, Index t, double log_rho) {
            check_ratio(rollout, n, t, log_rho);
            largest = std::max(largest, log_rho);
            kl += std::exp(log_rho) - 1 - log_rho;
        });
        // Relative to the largest ratio, so that squares do not overflow, nor underflow all together.
        double sum = 0, squares = 0;
        for_each_log_ratio(rollout, [&](Index, Index, double log_rho) {
            const double share = std::exp(log_rho - largest);
            sum += share;
            squares += share * share;
        });
        return {.effective_sample_size = squares > 0 ? sum * sum / squares : 0,
                .kl = kl / static_cast<double>(rollout.sample_count())};
    }

    template <class Body>
    static void for_each_log_ratio(const Rollout<Scalar>& rollout, const Body& body) {
        for (Index t = 0; t < rollout.horizon; ++t) {
            for (Index n = 0; n < rollout.environments; ++n) {
                if (rollout.holds(t, n)) body(n, t, static_cast<double>(rollout.log_ratio(n, t)));
            }
        }
    }

    const P& policy_;
    Threads& threads_;
    ColumnPasses<Shard> passes_;
    std::conditional_t<HasMemory<P>, OfSequences, OfSamples> sequences_;
};

}  // namespace GRADIVA_NAMESPACE
