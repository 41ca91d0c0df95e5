#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <utility>

#include "gradiva/core/failure.hpp"
#include "gradiva/train/detail/callback_hooks.hpp"
#include "gradiva/train/detail/saved_callbacks.hpp"
#include "gradiva/train/progress.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Of seconds that were restored, which may be any number.
inline std::chrono::steady_clock::duration clock_duration(double seconds) {
    const std::chrono::duration<double> passed(std::isfinite(seconds) ? std::clamp(seconds, 0.0, 1e9) : 0.0);
    return std::chrono::duration_cast<std::chrono::steady_clock::duration>(passed);
}

/// Keeps the exception that is being handled, of an iteration, for callbacks that save the training.
template <bool is_asked, class Trainer>
void note_failure([[maybe_unused]] Run& run, [[maybe_unused]] const Trainer& trainer) {
    if constexpr (is_asked) {
        IterationFailure failure{.text = text_of_failure(), .is_error = failure_is_error()};
        if constexpr (requires { trainer.failed_step(); }) failure.step = trainer.failed_step();
        run.fail(std::move(failure));
    }
}

/// The iterations of a call of `train` between the calls of its callbacks (see `Run`). `start()` is called once the
/// training may have been restored; `next(began)` runs an iteration, of a training that began at that time, after which
/// `progress` is its report.
template <class Trainer, class Start, class Next, class... Callbacks>
void run_with_callbacks(Run& run, const Progress& progress, const Trainer& trainer, const Start& start,
                        const Next& next, Callbacks&... callbacks) {
    bool continues = true;
    std::array<bool, sizeof...(Callbacks)> started{};
    const auto on_start = [&](auto& callback, std::size_t position) {
        continues = call_on_start(callback, run) && continues;
        started[position] = true;
    };
    CaughtException failure;
    failure.attempt([&] {
        for_each_callback<true>(on_start, callbacks...);
        if (run.ends_at_once()) return;
        start();
        for_each_callback<false>(on_start, callbacks...);
        const auto began = std::chrono::steady_clock::now() - clock_duration(progress.seconds);
        while (continues && !progress.finished()) {
            const auto before = [&](auto& callback, std::size_t) { call_before_iteration(callback, run); };
            for_each_callback<false>(before, callbacks...);
            for_each_callback<true>(before, callbacks...);
            undo_unless_done([&] { next(began); }, [&] { note_failure<(saves_run<Callbacks> || ...)>(run, trainer); });
            ((continues = call_with_report(callbacks, progress, trainer) && continues), ...);
            const auto after = [&](auto& callback, std::size_t) { call_after_iteration(callback, run); };
            for_each_callback<false>(after, callbacks...);
            for_each_callback<true>(after, callbacks...);
        }
    });
    Stop why = failure ? Stop::exception : progress.finished() ? Stop::steps : Stop::callback;
    const auto stop = [&](auto& callback, std::size_t position) {
        if (started[position]) failure.attempt([&] { call_on_stop(callback, run, why); });
    };
    if (!run.ends_at_once()) {
        for_each_callback<false>(stop, callbacks...);
        if (failure) why = Stop::exception;  // also of an on_stop
        for_each_callback<true>(stop, callbacks...);
    }
    with_suffix([&] { failure.rethrow(); }, [&] { return run.note(); });
}

}  // namespace GRADIVA_NAMESPACE::detail
