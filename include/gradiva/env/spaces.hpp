#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "gradiva/core/state.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/space.hpp"
#include "gradiva/env/vector_env.hpp"

namespace GRADIVA_NAMESPACE {

/// An action space of any kind.
using AnyActionSpace = std::variant<Discrete, Box, MultiDiscrete, MultiBinary, HybridSpace>;

/// The name of the kind of a space, such as "Discrete".
inline std::string_view kind_of(const AnyActionSpace& space) {
    constexpr std::string_view names[] = {"Discrete", "Box", "MultiDiscrete", "MultiBinary", "HybridSpace"};
    return names[space.index()];
}

inline std::string describe(const AnyActionSpace& any) {
    return std::visit([](const auto& space) { return describe(space); }, any);
}

/// What environments give to a policy and take from it.
struct Spaces {
    Box observation = {};
    AnyActionSpace action = {};
    bool masked = false;  ///< whether they have action masks

    bool operator==(const Spaces&) const = default;

    void visit_state(State& state) {
        state("observation", observation);
        state.fixed("action/kind", kind_of(action));
        std::visit([&](auto& space) { state("action/space", space); }, action);
        state("masked", masked);
    }
};

/// The spaces of environments; null where their action space is none of the library's.
template <VectorEnv V>
std::shared_ptr<const Spaces> spaces_of(const V& envs) {
    using Action = std::remove_cvref_t<decltype(envs.action_space())>;
    if constexpr (std::constructible_from<AnyActionSpace, std::in_place_type_t<Action>, Action>) {
        return std::make_shared<const Spaces>(
            Spaces{envs.observation_space(), envs.action_space(), HasVectorActionMask<V>});
    } else {
        return nullptr;
    }
}

}  // namespace GRADIVA_NAMESPACE
