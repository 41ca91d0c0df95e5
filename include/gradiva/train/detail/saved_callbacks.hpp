#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/state.hpp"
#include "gradiva/train/detail/callback_hooks.hpp"

// Callbacks that save the training, and the state of all callbacks.

namespace GRADIVA_NAMESPACE::detail {

template <class C>
concept SaysSavesRun = requires {
    { C::saves_run } -> std::convertible_to<Episodes>;
};
template <class Given>
inline constexpr bool saves_run = SaysSavesRun<typename CallbackWithin<Given>::Type>;

/// Whether it saves running episodes, too.
template <class Given>
inline constexpr bool saves_environments = false;
template <class Given>
requires saves_run<Given>
inline constexpr bool saves_environments<Given> = CallbackWithin<Given>::Type::saves_run == Episodes::kept;

/// Whether it asks `Run::description`.
template <class Given>
inline constexpr bool describes_run = false;
template <class Given>
requires requires { requires std::bool_constant<CallbackWithin<Given>::Type::describes_run>::value; }
inline constexpr bool describes_run<Given> = true;

/// Calls `use(callback, position)` for the callbacks that save the training, or for all others.
template <bool saving, class Use, class... Given>
void for_each_callback(const Use& use, Given&... given) {
    std::size_t position = 0;
    [[maybe_unused]] const auto visit = [&]<class G>(G& callback) {
        if constexpr (saves_run<G> == saving) use(callback, position);
        ++position;
    };
    (visit(given), ...);
}

/// The name of a callback's state: its `state_name`, or "callback".
template <class C>
constexpr std::string_view state_name_of() {
    if constexpr (requires { std::string_view(C::state_name); }) {
        return C::state_name;
    } else {
        return "callback";
    }
}

/// Visits the state of the callbacks that have one, as "callbacks/NAME", a second of the same name as "NAME_2".
template <class... Given>
void visit_callbacks(State& state, Given&... given) {
    std::vector<std::string_view> names;
    [[maybe_unused]] const auto visit = [&]<class C>(C& callback) {
        using Class = std::remove_const_t<C>;
        if constexpr (HasVisitState<Class>) {
            static_assert(HasVisitState<C>,
                          "gradiva: in a training that is saved a callback with visit_state must not be const");
            constexpr std::string_view name = state_name_of<Class>();
            names.push_back(name);
            const auto count = std::count(names.begin(), names.end(), name);
            state(count == 1 ? std::string(name) : fmt::format("{}_{}", name, count), callback);
        }
    };
    state.within("callbacks", [&] { (use_callback(given, visit), ...); });
}

}  // namespace GRADIVA_NAMESPACE::detail
