#pragma once

#include <string_view>

#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE {

/// Why a call of `train` ends.
enum class Stop {
    steps,      ///< all steps are done, whatever callbacks return
    callback,   ///< a callback, or its `on_start`, returned false
    exception,  ///< an environment, the update or a callback threw; `train` rethrows the exception
};

/// A call of `train`, as its callbacks see it. A callback is called after each iteration, with `(const Progress&)` or
/// `(const Progress&, const Trainer&)`, and may have these members; callbacks are called in the order in which they
/// were given to `train`:
///
/// - `on_start(Run&)`, once before the first iteration; if it returns false, no iteration runs;
/// - `after_iteration(Run&)`, after all callbacks were called with the report of an iteration;
/// - `on_stop(const Run&, Stop)`, once at the end, also after an exception; not if the `on_start` of this callback, or
///   of one before it, threw. What it throws while an exception propagates is dropped.
class Run {
public:
    Run(std::string_view name, const Progress& progress) : name_(name), progress_(progress) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    /// The name of the trainer.
    std::string_view name() const { return name_; }
    /// The report of the last complete iteration; before the first one of this call, the state of the trainer.
    const Progress& progress() const { return progress_; }

private:
    std::string_view name_;
    const Progress& progress_;
};

}  // namespace GRADIVA_NAMESPACE
