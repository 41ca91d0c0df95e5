#pragma once

#include "../common/stopwatch.hpp"

namespace pendulum_reference {

using gradiva_bench::median;
using gradiva_bench::Stopwatch;

/// Seconds of the stages of one iteration.
struct Laps {
    double environment = 0, actor = 0, sampling = 0;                        // of collecting
    double value_pass = 0, advantage = 0;                                   // of estimating
    double gather = 0, forward = 0, loss = 0, backward = 0, optimiser = 0;  // of updating
};

}  // namespace pendulum_reference
