#pragma once

#include "gradiva/env/action_access.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/policy/policy.hpp"

namespace gradiva {

/// Throws `Error` in the name of `who` unless the behaviour was made for environments of these sizes.
template <Behaviour B, VectorEnv V>
void check_fit(const char* who, const B& actor, const V& envs) {
    require(actor.observation_size() == envs.observation_space().size,
            "{}: the actor takes observations of {} numbers, the environments give {}; build the actor from these "
            "environments",
            who, actor.observation_size(), envs.observation_space().size);
    const auto space = envs.action_space();
    const ActionShape needed = action_shape_of(space);
    require(actor.action_shape().integers == needed.integers && actor.action_shape().reals == needed.reals,
            "{}: the actor gives actions of {} integers and {} reals, the environments take {} and {}; build the actor "
            "from these environments",
            who, actor.action_shape().integers, actor.action_shape().reals, needed.integers, needed.reals);
    if constexpr (requires { actor.distribution().choices() == space.n; }) {
        require(actor.distribution().choices() == space.n,
                "{}: the actor chooses among {} actions, the environments take {}; build the actor from these "
                "environments",
                who, actor.distribution().choices(), space.n);
    }
}

}  // namespace gradiva
