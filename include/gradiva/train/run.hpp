#pragma once

#include <string_view>

#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE {

/// Why a call of `train` ends.
enum class Stop {
    steps,      ///< all steps are done, whatever callbacks return
    callback,   ///< a callback, or its `on_start`, returned false
    exception,  ///< an environment, the learning or a callback threw; the caller of `train` gets the exception
};

/// A call of `train`, as its callbacks see it. Besides being called after each iteration, with `(const Progress&)` or
/// `(const Progress&, const Trainer&)`, a callback may have these members; all callbacks have their turn in the order
/// in which `train` was given them:
///
/// - `on_start(Run&)`, once before the first iteration; it may return false: then no iteration runs;
/// - `after_iteration(Run&)`, once all callbacks were called after an iteration;
/// - `on_stop(const Run&, Stop)`, once at the end, also after an exception, if `on_start` did not throw. What it throws
///   while an exception is under way is dropped.
class Run {
public:
    Run(std::string_view name, const Progress& progress) : name_(name), progress_(progress) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    /// Of the trainer.
    std::string_view name() const { return name_; }
    /// After the last whole iteration; before the first one of this call, where the trainer stands.
    const Progress& progress() const { return progress_; }

private:
    std::string_view name_;
    const Progress& progress_;
};

}  // namespace GRADIVA_NAMESPACE
