#pragma once

#include <string_view>

#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE {

/// A compile-time error for a `visit_state` of another form, which would be ignored.
template <class T>
consteval bool explain_visit_state() {
    static_assert(!MentionsVisitState<T> || HasVisitState<T>,
                  "gradiva: visit_state has the form void visit_state(gradiva::State& state)");
    return true;
}

/// Visits a part that may be without state: where its type has `visit_state` or `saved_as_bytes`.
template <class T>
void visit_part(State& state, std::string_view name, T& part) {
    static_assert(explain_visit_state<T>());
    if constexpr (HasVisitState<T> || SavedAsBytes<T>) state(name, part);
}

}  // namespace GRADIVA_NAMESPACE
