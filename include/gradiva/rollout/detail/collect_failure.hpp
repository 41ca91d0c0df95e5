#pragma once

#include <utility>

#include "gradiva/core/failure.hpp"
#include "gradiva/env/checked_envs.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What failed first of all that failed in a shard: the same whatever environments it holds besides those that failed.
struct CollectFailure {
    CaughtException failure;
    std::pair<Index, StepStage> when = {};  ///< time and stage
    Range environments = {};                ///< in whose step it happened, one of them; empty: in none

    /// Calls `body()`, which steps the environments `stepped`, and keeps what it throws at time t and the stage that it
    /// came to; returns whether it threw nothing.
    template <class Body>
    bool attempt(Range stepped, Index t, const StepStage& stage, const Body& body) {
        CaughtException latest;
        if (latest.attempt(body)) return true;
        keep({std::move(latest), {t, stage}, stepped});
        return false;
    }

    /// Keeps the earlier of both.
    void keep(const CollectFailure& other) {
        if (other.failure && (!failure || other.when < when)) *this = other;
    }
};

}  // namespace GRADIVA_NAMESPACE::detail
