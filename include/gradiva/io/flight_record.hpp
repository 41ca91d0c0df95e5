#pragma once

#include <cstdio>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/state_snapshot.hpp"
#include "gradiva/io/detail/flight_file.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `FlightRecord`.
struct FlightRecordOptions {
    Index every = 1;  ///< iterations between two copies of the state; more cost less, and `replay` runs as many more
};

/// Callback of `train` that makes a failure repeatable: it copies the whole state of the training, but for callbacks,
/// to memory at the beginning of each iteration, and when an iteration throws, such as an `Error` on a number that is
/// not finite or an exception of an environment, writes the copy to a safetensors file.
///
///   trainer.train({.steps = 1'000'000}, FlightRecord("crash.safetensors"));
///
/// `replay` in the same program goes on from the file to the step that failed. The text of an `Error` that `train`
/// throws names the file then, and where it was a step of an environment, the environment and the time step in the
/// rollout; for other exceptions a line on stderr does. The file is replaced as a whole. Where it cannot be written,
/// the text says so.
///
/// Copies use the same memory again and again, as large as the state. Environments, optimisers and updates must show
/// their state, as for a `Checkpoint`. One record serves one call of `train` at a time.
class FlightRecord {
public:
    static constexpr Episodes saves_run = Episodes::kept;

    /// Nothing is written before a failure. Throws `Error` on an empty path, and unless `every` is at least 1.
    explicit FlightRecord(std::string path, const FlightRecordOptions& options = {})
        : path_(std::move(path)), every_(options.every) {
        require(!path_.empty(), "FlightRecord: the path is empty; give that of a file");
        require(every_ >= 1, "FlightRecord: every is {}; give a number of iterations of at least 1", every_);
    }

    const std::string& path() const { return path_; }

    void on_start(Run&) { snapshot_.clear(); }

    void before_iteration(Run& run) {
        if (!snapshot_.is_taken() || iterations_ >= every_) {
            snapshot_.take([&](State& state) { run.visit_training(state); });
            iterations_ = 0;
        }
        ++iterations_;
    }

    void operator()(const Progress&) const {}

    void on_stop(const Run& run, Stop why) {
        if (why != Stop::exception || !run.failure() || !snapshot_.is_taken()) return;
        const IterationFailure& failure = *run.failure();
        std::string note = fmt::format("FlightRecord: '{}' has the state from which replay runs to iteration {}{}",
                                       path_, run.progress().iteration + 1, detail::text_of(failure.step));
        const std::string failed = failure_of([&] {
            detail::write_flight(path_, snapshot_.image(),
                                 {.algorithm = std::string(run.name()), .iterations = iterations_, .failure = failure});
        });
        if (!failed.empty()) note = fmt::format("FlightRecord: '{}' could not be written: {}", path_, failed);
        run.add_to_error(note);
        if (!failure.is_error) std::fprintf(stderr, "gradiva: %s\n", note.c_str());
    }

private:
    std::string path_;
    Index every_;
    StateSnapshot snapshot_;
    Index iterations_ = 0;  // that have begun since the snapshot
};

}  // namespace GRADIVA_NAMESPACE
