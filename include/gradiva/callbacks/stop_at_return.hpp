#pragma once

#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that stops once the mean return of the last 100 episodes that ended reaches `target`.
struct StopAtReturn {
    double target = 0;
    Index at_least_episodes = 100;  ///< not before so many have ended since the trainer was built

    bool operator()(const Progress& progress) const {
        return !(progress.lifetime_episodes >= at_least_episodes && progress.mean_return >= target);
    }
};

}  // namespace GRADIVA_NAMESPACE
