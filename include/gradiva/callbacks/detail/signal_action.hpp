#pragma once

#include "gradiva/core/namespace.hpp"

#ifdef _WIN32
#include <csignal>
#else
#include <signal.h>
#endif

// What a program does at a signal. POSIX has sigaction, which also restores handlers of three arguments.

namespace GRADIVA_NAMESPACE::detail {

using SignalHandler = void (*)(int);

#ifdef _WIN32
using SignalAction = SignalHandler;
inline SignalAction action_of(SignalHandler handler) { return handler; }
inline SignalHandler handler_of(SignalAction action) { return action; }
inline void set_action(int number, SignalAction action) { std::signal(number, action); }
inline SignalAction present_action(int number) {
    const SignalAction action = std::signal(number, SIG_IGN);
    std::signal(number, action);
    return action;
}
#else
using SignalAction = struct sigaction;
inline SignalAction action_of(SignalHandler handler) {
    SignalAction action{};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    return action;
}
/// Null of a handler of three arguments.
inline SignalHandler handler_of(const SignalAction& action) {
    return (action.sa_flags & SA_SIGINFO) != 0 ? nullptr : action.sa_handler;
}
inline void set_action(int number, const SignalAction& action) { sigaction(number, &action, nullptr); }
inline SignalAction present_action(int number) {
    SignalAction action{};
    sigaction(number, nullptr, &action);
    return action;
}
#endif

/// Sets a handler, unless the program ignores the signal, such as one that runs in the background. Returns the former
/// action.
inline SignalAction handle_unless_ignored(int number, SignalHandler handler) {
    const SignalAction former = present_action(number);
    if (handler_of(former) != SIG_IGN) set_action(number, action_of(handler));
    return former;
}

}  // namespace GRADIVA_NAMESPACE::detail
