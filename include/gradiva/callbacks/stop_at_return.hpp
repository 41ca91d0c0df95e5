#pragma once

#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that stops the training when the mean return of the last 100 finished episodes reaches `target`.
struct StopAtReturn {
    double target = 0;              ///< undiscounted return
    Index at_least_episodes = 100;  ///< finished since the trainer was built, before it may stop

    bool operator()(const Progress& progress) const {
        return !(progress.lifetime_episodes >= at_least_episodes && progress.mean_return >= target);
    }
};

}  // namespace GRADIVA_NAMESPACE
