#pragma once

#include <string>

#include "gradiva/core/state.hpp"
#include "gradiva/core/type_name.hpp"
#include "gradiva/env/saved_env.hpp"
#include "gradiva/env/vector_env.hpp"

namespace GRADIVA_NAMESPACE {

/// Shows a visitor that describes what each `VectorEnv` has: the name of the environments' type, such as
/// "TimeLimit<CartPole>", as "environment"; their number, seed and spaces as "environments/count", "environments/seed",
/// "environments/observation_space/..." and "environments/action_space/...".
template <VectorEnv V>
void describe_environments(State& state, const V& envs) {
    if (!state.describes()) return;
    if constexpr (detail::NamesEnvironment<V>) {
        state.described("environment", type_name<typename V::Environment>());
    } else {
        state.described("environment", type_name<V>());
    }
    state.within("environments", [&] {
        state.described("count", envs.size());
        state.described("seed", envs.seed());
        state.described("observation_space", envs.observation_space());
        state.described("action_space", envs.action_space());
    });
}

}  // namespace GRADIVA_NAMESPACE
