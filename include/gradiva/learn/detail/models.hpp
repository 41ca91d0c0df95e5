#pragma once

#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/env/differentiable_env.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Differentiable environments and the policy that acts in them, with the options of `AnalyticGradient`.
template <class E, class A>
struct Models {
    std::vector<E> envs;
    const A& actor;
    Index horizon;  ///< at most so many steps are differentiated through
    double gamma;
    bool sample;
    Box space{};  ///< of the actions
    std::vector<Rng> env_rngs{}, action_rngs{};
    Buffer<FinishedEpisode> running{};  ///< the episode of each environment
};

}  // namespace GRADIVA_NAMESPACE::detail
