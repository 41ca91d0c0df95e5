#pragma once

#include <cstddef>
#include <span>

#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/observation_moments.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// Merges the moments of a rollout's observations into the normalisers of actor and critic, where they have any. To be
/// called after the update: a change between collection and update would make the first probability ratios differ
/// from 1. No bit of the moments depends on the number of threads.
class ObservationStatistics {
public:
    explicit ObservationStatistics(Threads& threads) : threads_(threads) {}

    /// `critic` may be one without a normaliser, such as `NoCritic`.
    template <class Scalar, class A, class C>
    void operator()(const Rollout<Scalar>& rollout, A& actor, C& critic) {
        if (!normalizes(actor) && !normalizes(critic)) return;
        const std::span<const kernels::Moments> moments = measure(rollout);
        merge_observations(actor, moments);
        merge_observations(critic, moments);
    }

private:
    template <class Scalar>
    std::span<const kernels::Moments> measure(const Rollout<Scalar>& rollout) {
        const Index columns = rollout.horizon * rollout.environments;
        const Index shards = shard_count(columns);
        shards_.run(threads_, shards, [&](Buffer<kernels::Moments>& moments, Index s) {
            moments.assign(rollout.observation_size, {});
            add(rollout, piece(columns, shards, s), moments);
        });
        Buffer<kernels::Moments>& total = shards_[0];
        for (Index s = 1; s < shards; ++s) {
            for (Index i = 0; i < total.size(); ++i) total[i] += shards_[s][i];
        }
        return total.span();
    }

    template <class Scalar>
    static void add(const Rollout<Scalar>& rollout, Range columns, Buffer<kernels::Moments>& moments) {
        for (Index sample = columns.begin; sample < columns.end; ++sample) {
            if (!rollout.holds(sample / rollout.environments, sample % rollout.environments)) continue;
            const std::span<const float> observation = rollout.observation.column(sample);
            for (Index i = 0; i < moments.size(); ++i) {
                moments[i].add(static_cast<double>(observation[static_cast<std::size_t>(i)]));
            }
        }
    }

    Threads& threads_;
    ShardedSum<Buffer<kernels::Moments>> shards_;  // moments of each element of an observation
};

}  // namespace GRADIVA_NAMESPACE
