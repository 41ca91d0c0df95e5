#pragma once

#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/type_name.hpp"

namespace GRADIVA_NAMESPACE {

/// A compile-time error for a `visit_state` of another form, which would be ignored.
template <class T>
consteval bool explain_visit_state() {
    static_assert(!MentionsVisitState<T> || HasVisitState<T>,
                  "gradiva: visit_state has the form void visit_state(gradiva::State& state)");
    return true;
}

/// What keeps an object from being saved, as a compile-time error: its type may say it by `static consteval bool
/// explain_saved()`, since its `visit_state` serves to describe it, too. `image_of`, `restore` and trainings that are
/// saved ask.
template <class T>
consteval bool explain_saved() {
    if constexpr (requires { T::explain_saved(); }) return T::explain_saved();
    return true;
}

/// The same of a part.
template <class T>
consteval bool explain_saved_part() {
    static_assert(!InheritsVisitState<T>,
                  "gradiva: this class inherits the visit_state of one that does not know its members; give it void "
                  "visit_state(State&) that calls the inherited one and shows its own");
    return explain_saved<T>();
}

/// Visits a part that may be without state: where its type has `visit_state` or `saved_as_bytes`. One without
/// `visit_state` is described by the name of its type. Throws `Error`, unless the visitor describes, where the type
/// inherits the `visit_state` of one that does not know its members.
template <class T>
void visit_part(State& state, std::string_view name, T& part) {
    static_assert(explain_visit_state<T>());
    if constexpr (InheritsVisitState<T>) {
        require(state.describes(),
                "{}: this class inherits the visit_state of one that does not know its members; "
                "give it void visit_state(State&) that calls the inherited one and shows its own",
                name);
        state.within(name, [&] { part.visit_state(state); });
    } else if constexpr (HasVisitState<T> || SavedAsBytes<T>) {
        state(name, part);
    }
    if constexpr (!HasVisitState<T> || InheritsVisitState<T>) {
        state.within(name, [&] { state.described("type", type_name<T>()); });
    }
}

}  // namespace GRADIVA_NAMESPACE
