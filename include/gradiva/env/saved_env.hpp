#pragma once

#include <type_traits>
#include <utility>

#include "gradiva/env/env_state.hpp"
#include "gradiva/env/vector_env.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class V>
concept NamesEnvironment = requires {
    requires Env<typename V::Environment>;
};

/// Whether the environments that V names, if it does, can be saved.
template <class V>
consteval bool has_saved_environments() {
    if constexpr (NamesEnvironment<V>) return HasSavedState<typename V::Environment>;
    return true;
}

}  // namespace detail

/// Whether the whole state of a `VectorEnv` can be saved, that of each of its environments included.
template <class V>
concept HasSavedVectorState = HasSavedState<V> && detail::has_saved_environments<V>();

namespace detail {

/// Says, as a compile-time error, why the state of environments of this type cannot be saved, if so: that of the one
/// which a wrapper holds, where that is the reason.
template <class E>
consteval bool explain_saved_env() {
    explain_state_form<E>();
    if constexpr (!HasSavedState<E> && HasNoWrongState<E>) {
        if constexpr (InheritsVisitState<E>) {
            static_assert(!InheritsVisitState<E>,
                          "gradiva: this class adds members to one whose visit_state it inherits, which does not know "
                          "them; give it void visit_state(State&) that calls the inherited one and shows its own");
        } else if constexpr (requires(const E& wrapper) { wrapper.wrapped(); }) {
            return explain_saved_env<std::remove_cvref_t<decltype(std::declval<const E&>().wrapped())>>();
        } else {
            static_assert(HasSavedState<E>,
                          "gradiva: a training that is saved needs the state of its environments; give this one void "
                          "visit_state(State&), or static constexpr bool saved_as_bytes = true where its bytes are its "
                          "whole state; or save with restart_episodes");
        }
    }
    return HasSavedState<E>;
}

}  // namespace detail

/// Says, as a compile-time error, why the state of a `VectorEnv`, or that of its environments, cannot be saved, if so.
template <class V>
consteval bool explain_saved_vector_env() {
    if constexpr (!detail::has_saved_environments<V>()) {
        return detail::explain_saved_env<typename V::Environment>();
    } else {
        return detail::explain_saved_env<V>();
    }
}

}  // namespace GRADIVA_NAMESPACE
