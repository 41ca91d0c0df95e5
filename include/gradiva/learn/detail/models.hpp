#pragma once

#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/env/differentiable_env.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Differentiable environments, the policy that acts in them, and options of `AnalyticGradient`.
template <class E, class A>
struct Models {
    std::vector<E> envs;
    const A& actor;
    Index horizon;  ///< the largest number of steps of one gradient
    double gamma;   ///< discount
    bool sample;    ///< act by samples, else by the mean
    Box space{};    ///< the action space
    std::vector<Rng> env_rngs{}, action_rngs{};
    Buffer<FinishedEpisode> running{};  ///< the running episode of each environment

    /// Whether environments are stepped beside their models.
    static constexpr bool steps_envs = metric_count<E> != 0;
};

}  // namespace GRADIVA_NAMESPACE::detail
