#pragma once

#include "gradiva/core/namespace.hpp"

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "gradiva/train/run.hpp"

// Calls of the optional members of callbacks, and compile-time errors for members of a wrong signature.

namespace GRADIVA_NAMESPACE::detail {

/// The type of the callback in a `std::optional`, where it may be absent, or in a `std::reference_wrapper`.
template <class C>
struct CallbackWithin {
    using Type = C;
};
template <class C>
struct CallbackWithin<std::optional<C>> {
    using Type = C;
};
template <class C>
struct CallbackWithin<const std::optional<C>> {
    using Type = const C;
};
template <class C>
struct CallbackWithin<std::reference_wrapper<C>> {
    using Type = C;
};
template <class C>
struct CallbackWithin<const std::reference_wrapper<C>> {
    using Type = C;
};

// Detects a member of a given name, whatever its signature, also a template or a private one: if C has one, the name is
// ambiguous in a class derived from both C and `HookNames`. A final class, from which nothing derives, is checked
// directly.
struct HookNames {
    int on_start, before_iteration, after_iteration, on_stop, visit_state;
};
template <class C>
struct WithHookNames : C, HookNames {};
template <class C>
inline constexpr bool can_be_base = std::is_class_v<C> && !std::is_final_v<C>;
template <class C>
using HookNamesOf = std::conditional_t<can_be_base<C>, WithHookNames<C>, HookNames>;

// clang-format off
template <class C>
concept MentionsOnStart = !requires { &HookNamesOf<C>::on_start; } || requires { &C::on_start; };
template <class C>
concept MentionsBeforeIteration =
    !requires { &HookNamesOf<C>::before_iteration; } || requires { &C::before_iteration; };
template <class C>
concept MentionsAfterIteration =
    !requires { &HookNamesOf<C>::after_iteration; } || requires { &C::after_iteration; };
template <class C>
concept MentionsOnStop = !requires { &HookNamesOf<C>::on_stop; } || requires { &C::on_stop; };
template <class C>
concept NamesVisitState = !requires { &HookNamesOf<C>::visit_state; } || requires { &C::visit_state; };
// clang-format on

template <class Result>
inline constexpr bool is_void_or_bool = std::is_void_v<Result> || std::same_as<std::remove_cvref_t<Result>, bool>;

template <class C>
concept HasOnStart = requires(C& callback, Run& run) {
    requires is_void_or_bool<decltype(callback.on_start(run))>;
};
template <class C>
concept HasBeforeIteration = requires(C& callback, Run& run) {
    { callback.before_iteration(run) } -> std::same_as<void>;
};
template <class C>
concept HasAfterIteration = requires(C& callback, Run& run) {
    { callback.after_iteration(run) } -> std::same_as<void>;
};
template <class C>
concept HasOnStop = requires(C& callback, const Run& run) {
    { callback.on_stop(run, Stop::steps) } -> std::same_as<void>;
};

/// Returns `body()`, or true where it returns void.
template <class Body>
bool true_if_void(const Body& body) {
    if constexpr (std::is_void_v<decltype(body())>) {
        body();
        return true;
    } else {
        return body();
    }
}

/// Calls the callback with the report of an iteration; false stops the training.
template <class C, class Trainer>
decltype(auto) call(C& callback, const Progress& progress, const Trainer& trainer) {
    if constexpr (std::invocable<C&, const Progress&, const Trainer&>) {
        return callback(progress, trainer);
    } else {
        return callback(progress);
    }
}

/// One sentence for each rule that a callback of `train` breaks, as a compile-time error.
template <class Given, class Trainer>
consteval bool explain_callback() {
    using C = typename CallbackWithin<Given>::Type;
    using Class = std::remove_const_t<C>;
    constexpr bool callable =
        std::invocable<C&, const Progress&, const Trainer&> || std::invocable<C&, const Progress&>;
    static_assert(callable,
                  "gradiva: a callback of train takes (const Progress&) or (const Progress&, const Trainer&)");
    static_assert(
        !MentionsOnStart<Class> || HasOnStart<C>,
        "gradiva: a callback's on_start takes (Run&) and returns void, or bool: false, and no iteration runs");
    static_assert(!MentionsBeforeIteration<Class> || HasBeforeIteration<C>,
                  "gradiva: a callback's before_iteration is void before_iteration(Run&)");
    static_assert(!MentionsAfterIteration<Class> || HasAfterIteration<C>,
                  "gradiva: a callback's after_iteration is void after_iteration(Run&)");
    static_assert(!MentionsOnStop<Class> || HasOnStop<C>,
                  "gradiva: a callback's on_stop is void on_stop(const Run&, Stop)");
    static_assert(!NamesVisitState<Class> || HasVisitState<Class>,
                  "gradiva: a callback's visit_state is void visit_state(State&), and public");
    if constexpr (callable) {
        using Result =
            decltype(call(std::declval<C&>(), std::declval<const Progress&>(), std::declval<const Trainer&>()));
        static_assert(is_void_or_bool<Result>,
                      "gradiva: a callback of train returns void, or bool: false stops the training");
        return is_void_or_bool<Result>;
    }
    return callable;
}

/// Calls `use(callback)` unless it is an empty optional; returns whether the training continues.
template <class Given, class Use>
bool use_callback(Given& callback, const Use& use) {
    if constexpr (std::same_as<typename CallbackWithin<Given>::Type, Given>) {
        return true_if_void([&]() -> decltype(auto) { return use(callback); });
    } else if constexpr (requires { callback.get(); }) {
        return true_if_void([&]() -> decltype(auto) { return use(callback.get()); });
    } else {
        return !callback || true_if_void([&]() -> decltype(auto) { return use(*callback); });
    }
}

template <class Given>
bool call_on_start(Given& given, Run& run) {
    return use_callback(given, [&]<class C>(C& callback) -> decltype(auto) {
        if constexpr (HasOnStart<C>) return callback.on_start(run);
    });
}

template <class Given, class Trainer>
bool call_with_report(Given& given, const Progress& progress, const Trainer& trainer) {
    return use_callback(given, [&](auto& callback) -> decltype(auto) { return call(callback, progress, trainer); });
}

template <class Given>
void call_before_iteration(Given& given, Run& run) {
    use_callback(given, [&]<class C>(C& callback) {
        if constexpr (HasBeforeIteration<C>) callback.before_iteration(run);
    });
}

template <class Given>
void call_after_iteration(Given& given, Run& run) {
    use_callback(given, [&]<class C>(C& callback) {
        if constexpr (HasAfterIteration<C>) callback.after_iteration(run);
    });
}

template <class Given>
void call_on_stop(Given& given, const Run& run, Stop why) {
    use_callback(given, [&]<class C>(C& callback) {
        if constexpr (HasOnStop<C>) callback.on_stop(run, why);
    });
}

}  // namespace GRADIVA_NAMESPACE::detail
