#pragma once

#include <csignal>

#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

/// The number of the signal that came, SIGINT or SIGTERM; 0 before. A signal handler may write this type only.
inline volatile std::sig_atomic_t stop_signal = 0;

/// Notes the signal; the next one has its default effect, which ends the program.
inline void note_stop_signal(int signal) {
    stop_signal = signal;
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
}

}  // namespace detail

/// Callback of `train` that stops the training after the iteration in which SIGINT (Ctrl-C) or SIGTERM came; a second
/// signal ends the program. Trainings of the same program that begin later, with this callback, run no iteration: one
/// signal stops all of them. It handles both signals while `train` runs, and restores the former handlers at the end.
/// One per program at a time.
class StopOnSignal {
public:
    /// False, by which no iteration runs, where a signal has come before.
    bool on_start(const Run&) {
        former_interrupt_ = std::signal(SIGINT, detail::note_stop_signal);
        former_terminate_ = std::signal(SIGTERM, detail::note_stop_signal);
        return detail::stop_signal == 0;
    }

    /// False, which stops the training, once a signal has come.
    bool operator()(const Progress&) const { return detail::stop_signal == 0; }

    void on_stop(const Run&, Stop) {
        std::signal(SIGINT, former_interrupt_);
        std::signal(SIGTERM, former_terminate_);
    }

    /// The signal that came; 0 without one.
    int signal() const { return detail::stop_signal; }

private:
    using Handler = void (*)(int);
    Handler former_interrupt_ = SIG_DFL;
    Handler former_terminate_ = SIG_DFL;
};

}  // namespace GRADIVA_NAMESPACE
