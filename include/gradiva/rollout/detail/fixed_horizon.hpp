#pragma once

#include <limits>

#include "gradiva/rollout/detail/collect_core.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// `horizon` steps of every environment; see `Collector`.
template <class Core, class Scalar>
void collect_steps(Core& core, Rollout<Scalar>& rollout, Index horizon) {
    require(horizon >= 1, "collect: horizon is {}; give at least 1 step", horizon);
    core.begin(rollout, std::numeric_limits<Index>::max(), horizon / 4 + 1);
    rollout.whole_episodes = false;
    rollout.resize(horizon);
    core.run(rollout, 0);
    core.finish(rollout);
}

}  // namespace GRADIVA_NAMESPACE::detail
