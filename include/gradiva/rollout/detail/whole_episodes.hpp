#pragma once

#include <algorithm>

#include "gradiva/rollout/detail/collect_core.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// `quota` whole episodes of every environment, in rounds: a first one of so many steps as the last rollout had, then
/// as many steps again as there are. See `Collector`.
template <class Core, class Scalar>
void collect_episodes(Core& core, Rollout<Scalar>& rollout, Index quota, Index most_steps) {
    constexpr Index first_round = 64;
    require(quota >= 1, "collect: episodes is {}; give at least 1 episode per environment", quota);
    core.drop_unfinished_episodes();
    core.begin(rollout, quota, quota);
    rollout.whole_episodes = rollout.starts_anew = true;
    rollout.resize(std::min(std::max(rollout.horizon, first_round), most_steps));
    core.run(rollout, 0);
    while (core.runs()) {
        const Index steps = rollout.horizon;
        if (steps >= most_steps) {
            core.abandon(rollout);
            fail("collect: an environment did not finish {} episodes within {} steps; wrap it in a TimeLimit", quota,
                 steps);
        }
        rollout.resize(std::min(2 * steps, most_steps));
        core.run(rollout, steps);
    }
    rollout.resize(*std::max_element(rollout.length.begin(), rollout.length.end()));
    rollout.clear_absent();
    core.finish(rollout);
}

}  // namespace GRADIVA_NAMESPACE::detail
