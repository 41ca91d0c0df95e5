#pragma once

#include <ctime>
#include <gradiva/train/progress.hpp>

namespace gradiva_bench {

/// Callback that notes the processor's time from the report of the first iteration to that of the last one.
struct ProcessorTime {
    static double now() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
    void operator()(const gradiva::Progress& progress) {
        if (progress.iteration == 1) first = now();
        last = now();
    }
    double seconds() const { return last - first; }

    double first = 0, last = 0;
};

}  // namespace gradiva_bench
