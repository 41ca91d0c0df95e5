#pragma once

#include "gradiva/rollout/column_passes.hpp"
#include "gradiva/rollout/ended_episodes.hpp"
#include "gradiva/rollout/rollout_part.hpp"

namespace gradiva::detail {

/// Environments that one thread steps, with all that it needs for it.
template <VectorEnv V, Behaviour P>
struct alignas(buffer_alignment) CollectShard {
    using Scalar = typename P::Scalar;

    CollectShard(const V& envs, const P& actor, Range environments)
        : range(environments), part(envs, actor, environments),
          final_observation(observation_size_of(envs), environments.size()),
          final_mask(mask_size_of(envs), environments.size()), reward(environments.size()) {
        for (Index n = range.begin; n < range.end; ++n) {
            rngs.push_back(Rng(envs.seed(), Purpose::action, static_cast<std::uint64_t>(n)));
        }
        running.assign(range.size(), FinishedEpisode{});
    }

    Range range;
    RolloutPart<Scalar> part;
    typename P::Tape tape;
    ActionBatch sent;  // actions as the environments take them, where the actor stores others
    NetworkInput<Scalar> input;
    MatrixBuffer<float> final_observation;
    MatrixBuffer<std::uint8_t> final_mask;
    Buffer<double> reward;
    Buffer<Rng> rngs;                 // of the actions, one per environment
    Buffer<FinishedEpisode> running;  // one per environment
    EndedEpisodes ended;
};

/// Where a step is written: a rollout that may hold some environments only, for some steps only.
template <class Scalar>
struct CollectTarget {
    Rollout<Scalar>& rollout;
    Index first_environment;
    Index first_step;

    Range columns(Index t, Range range) const {
        return rollout.columns(t - first_step, {range.begin - first_environment, range.end - first_environment});
    }
};

}  // namespace gradiva::detail
