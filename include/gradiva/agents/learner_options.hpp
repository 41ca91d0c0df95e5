#pragma once

#include <cstdint>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `Learner`, whatever its algorithm.
struct LearnerOptions {
    Index streams = 1;         ///< columns of a rollout: how many agents are learned from at a time; at least 1
    std::uint64_t seed = 0;    ///< names all random streams
    Index threads = 0;         ///< threads that learn; no result depends on it; 0: as the algorithm's options say
    bool masked = false;       ///< whether each action needs an action mask, see `Agent::mask`
    Index schedule_steps = 0;  ///< learned steps over which schedules run; needed where one is not constant
    Index samples = 0;         ///< a rollout also closes once it has so many; at most streams x horizon; 0: never

    /// Throws `Error`, which begins with `who`, on a value out of range.
    void check(std::string_view who) const {
        require(streams >= 1, "{}: streams is {}; give at least 1 agent", who, streams);
        require(threads >= 0, "{}: threads is {}; give at least 1, or 0 for those of the algorithm's options", who,
                threads);
        require(schedule_steps >= 0, "{}: schedule_steps is {}; give at least 1, or 0 where all schedules are constant",
                who, schedule_steps);
        require(samples >= 0, "{}: samples is {}; give at least 1, or 0 for rollouts that close once columns are full",
                who, samples);
    }
};

}  // namespace GRADIVA_NAMESPACE
