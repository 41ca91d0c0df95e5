#pragma once

#include <concepts>
#include <type_traits>

#include "gradiva/core/state.hpp"

// The optional member of `Env` and `VectorEnv` by which a run that is saved goes on in the same episodes.

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class T>
concept MentionsSavedAsBytes = requires {
    &T::saved_as_bytes;
}
|| requires { T::saved_as_bytes; };

template <class T>
concept SaysSavedAsBytes = requires {
    requires std::same_as<decltype(T::saved_as_bytes), const bool>;
    typename std::bool_constant<T::saved_as_bytes>;
};

/// Whether what a type says of its state, if anything, has the right form.
template <class T>
concept HasNoWrongState = (HasVisitState<T> || !MentionsVisitState<T>)&&(
    SaysSavedAsBytes<T> || !MentionsSavedAsBytes<T>)&&(!SavedAsBytes<T> ||
                                                       (std::is_trivially_copyable_v<T> && !HasVisitState<T>));

/// One sentence for each rule that the type breaks, as a compile-time error.
template <class T>
consteval bool explain_state_form() {
    static_assert(HasVisitState<T> || !MentionsVisitState<T>,
                  "gradiva: an environment's visit_state needs the form void visit_state(State&)");
    static_assert(
        SaysSavedAsBytes<T> || !MentionsSavedAsBytes<T>,
        "gradiva: an environment's saved_as_bytes needs the form static constexpr bool saved_as_bytes = true");
    static_assert(!SavedAsBytes<T> || std::is_trivially_copyable_v<T>,
                  "gradiva: an environment that is saved_as_bytes must be trivially copyable; give this one void "
                  "visit_state(State&) instead");
    static_assert(!SavedAsBytes<T> || !HasVisitState<T>,
                  "gradiva: an environment has visit_state or saved_as_bytes, not both: say which is its whole state");
    return HasNoWrongState<T>;
}

}  // namespace detail

/// Whether the state of environments of this type can be saved: by `visit_state`, as their bytes, or because an empty
/// type has none. A class that adds members to a base class must not inherit its `visit_state`: it has one of its own,
/// which calls that of the base class.
template <class E>
concept HasSavedState = std::is_empty_v<E> || SavedAsBytes<E> ||(HasVisitState<E> && !InheritsVisitState<E>);

/// Visits the pieces of an environment that another object holds; an empty one has none.
template <HasSavedState E>
void visit_env_state(State& state, E& env) {
    if constexpr (HasVisitState<E>) env.visit_state(state);
    if constexpr (SavedAsBytes<E>) state("bytes", env);
}

}  // namespace GRADIVA_NAMESPACE
