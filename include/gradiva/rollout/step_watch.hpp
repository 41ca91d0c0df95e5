#pragma once

#include <functional>

#include "gradiva/core/index.hpp"
#include "gradiva/core/namespace.hpp"

namespace GRADIVA_NAMESPACE {

/// A step of an environment in a rollout.
struct StepOfRollout {
    Index environment = 0;
    Index t = 0;  ///< time step, from 0

    bool operator==(const StepOfRollout&) const = default;
};

/// What a `Collector` calls before a step.
struct StepWatch {
    StepOfRollout step = {};
    /// Called with `step` by the thread that steps the environment.
    std::function<void(const StepOfRollout&)> before = {};
};

}  // namespace GRADIVA_NAMESPACE
