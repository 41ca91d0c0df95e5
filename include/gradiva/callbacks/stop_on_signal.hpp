#pragma once

#include <csignal>

#include "gradiva/callbacks/detail/signal_action.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

/// The number of the signal that came, SIGINT or SIGTERM; 0 before. A signal handler may write this type only.
inline volatile std::sig_atomic_t stop_signal = 0;

/// Notes the signal; the next one has its default effect, which ends the program.
inline void note_stop_signal(int signal) {
    stop_signal = signal;
    handle_unless_ignored(SIGINT, SIG_DFL);
    handle_unless_ignored(SIGTERM, SIG_DFL);
}

}  // namespace detail

/// Callback of `train` that stops the training after the iteration in which SIGINT (Ctrl-C) or SIGTERM came; a second
/// signal ends the program. Trainings of the same program that begin later, with this callback, run no iteration: one
/// signal stops all of them. It handles both signals while `train` runs, and restores the former handlers at the end; a
/// signal that the program ignores stays ignored. One per program at a time.
class StopOnSignal {
public:
    /// False, by which no iteration runs, where a signal has come before.
    bool on_start(const Run&) {
        former_interrupt_ = detail::handle_unless_ignored(SIGINT, detail::note_stop_signal);
        former_terminate_ = detail::handle_unless_ignored(SIGTERM, detail::note_stop_signal);
        return detail::stop_signal == 0;
    }

    /// False, which stops the training, once a signal has come.
    bool operator()(const Progress&) const { return detail::stop_signal == 0; }

    void on_stop(const Run&, Stop) {
        detail::set_action(SIGINT, former_interrupt_);
        detail::set_action(SIGTERM, former_terminate_);
    }

    /// The signal that came; 0 without one.
    int signal() const { return detail::stop_signal; }

private:
    detail::SignalAction former_interrupt_{};
    detail::SignalAction former_terminate_{};
};

}  // namespace GRADIVA_NAMESPACE
