// A clean end on Ctrl-C, of loops that are not `train`.
#pragma once

#include <csignal>

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

}  // namespace example
