#pragma once

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// Length and schedules of a `train` call.
struct TrainOptions {
    Index steps = 0;  ///< of all environments together, at least 1; rounded up to whole iterations
    /// 0: schedules run over this call. Else their progress is (steps since the trainer was built) / schedule_steps, at
    /// most 1, so that several calls follow one schedule.
    Index schedule_steps = 0;
};

}  // namespace GRADIVA_NAMESPACE
