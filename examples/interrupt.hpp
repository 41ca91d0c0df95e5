// A clean end on Ctrl-C.
#pragma once

#include <csignal>
#include <gradiva/train/progress.hpp>

namespace example {

/// Whether Ctrl-C was pressed since `stop_on_interrupt`.
inline volatile std::sig_atomic_t interrupted = 0;

/// From now on a first Ctrl-C is remembered, for whoever looks at `interrupted`; a second one ends the program.
inline void stop_on_interrupt() {
    std::signal(SIGINT, [](int) {
        interrupted = 1;
        std::signal(SIGINT, SIG_DFL);
    });
}

/// Callback of `train` that ends it after the iteration in which Ctrl-C was pressed.
struct StopOnInterrupt {
    StopOnInterrupt() { stop_on_interrupt(); }
    bool operator()(const gradiva::Progress&) const { return interrupted == 0; }
};

}  // namespace example
