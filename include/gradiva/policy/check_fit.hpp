#pragma once

#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// Throws an `Error` that begins with `who` unless the behaviour fits environments with observations of
/// `observation_size` elements, this action space and action masks of `mask_size` rows (0: no masks).
template <Behaviour B, ActionSpace Space>
void check_fit(const char* who, const B& actor, Index observation_size, const Space& space, Index mask_size) {
    require(actor.observation_size() == observation_size,
            "{}: the actor takes observations of {} numbers, the environments give {}; build the actor from these "
            "environments",
            who, actor.observation_size(), observation_size);
    const ActionShape needed = action_shape_of(space);
    require(actor.action_shape().integers == needed.integers && actor.action_shape().reals == needed.reals,
            "{}: the actor gives actions of {} integers and {} reals, the environments take {} and {}; build the actor "
            "from these environments",
            who, actor.action_shape().integers, actor.action_shape().reals, needed.integers, needed.reals);
    if constexpr (requires { actor.mask_size(); }) {
        // For spaces of choices, with masks or without: the head needs a row for each choice.
        require(choices_of(space) == 0 || actor.mask_size() == 0 || actor.mask_size() == choices_of(space),
                "{}: the actor chooses among {} actions, the environments take {}; build the actor from these "
                "environments",
                who, actor.mask_size(), choices_of(space));
        require(mask_size == 0 || actor.mask_size() > 0,
                "{}: the environments have action masks, and the actor's distribution takes none; give it one that "
                "does, such as Categorical",
                who);
    }
}

/// Throws an `Error` that begins with `who` unless the behaviour fits the environments `envs`.
template <Behaviour B, VectorEnv V>
void check_fit(const char* who, const B& actor, const V& envs) {
    check_fit(who, actor, observation_size_of(envs), envs.action_space(), mask_size_of(envs));
}

}  // namespace GRADIVA_NAMESPACE
