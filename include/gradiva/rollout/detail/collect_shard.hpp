#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gradiva/core/failure.hpp"
#include "gradiva/rollout/column_passes.hpp"
#include "gradiva/rollout/detail/ended_episodes.hpp"
#include "gradiva/rollout/detail/rollout_part.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What can fail in a step, in the order in which it is done for many environments side by side.
enum class CollectStage { choice, step, observation, mask, legality, outcome };

/// What failed first of all that failed in a shard: the same whatever environments it holds beside those that failed.
struct CollectFailure {
    CaughtException failure;
    std::pair<Index, CollectStage> place;  ///< time and stage

    /// Keeps the earlier of both.
    void keep(const CollectFailure& other) {
        if (other.failure && (!failure || other.place < place)) *this = other;
    }
};

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
        for (auto* part_of : {&episodes_left, &length}) part_of->assign(range.size(), 0);
    }

    /// Gives every environment so many episodes to play.
    void start(Index episodes) {
        std::fill(episodes_left.begin(), episodes_left.end(), episodes);
        all_play = true;
    }

    /// Lets an environment stand still, counted from the shard's first.
    void stop(Index own) {
        episodes_left[own] = 0;
        all_play = false;
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
    Buffer<Index> episodes_left;      // one per environment, which stands still when it has none left
    bool all_play = true;             // no environment stands still
    Buffer<Index> length;             // one per environment: steps until it had none left
    EndedEpisodes ended;
    CollectFailure failure;
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

}  // namespace GRADIVA_NAMESPACE::detail
