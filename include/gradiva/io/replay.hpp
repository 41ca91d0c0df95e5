#pragma once

#include <optional>
#include <string>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/io/detail/flight_file.hpp"
#include "gradiva/rollout/step_watch.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// What `replay` found.
struct Replay {
    std::string failure = {};                ///< the text of the exception that was thrown again
    bool is_same_failure = false;            ///< whether it is the text that was recorded
    bool is_of_this_build = false;           ///< whether compiler and target are those of the record
    std::optional<StepOfRollout> step = {};  ///< the step that failed; none where it was no step of an environment
};

/// The callback of `train` by which `replay` restores a training from a record, and lets it run up to the failure.
template <class TrainerT, class AtStep>
class Replayer {
public:
    static constexpr Episodes saves_run = Episodes::kept;

    Replayer(const detail::FlightFile& file, TrainerT& trainer, const AtStep& at_step)
        : file_(file), trainer_(trainer), at_step_(at_step) {}

    void on_start(Run& run) { restore(file_.who(), file_.image(), run, Episodes::kept); }

    void before_iteration(Run&) {
        ++iterations_;
        if constexpr (requires(StepWatch watch) { trainer_.watch(watch); }) {
            const auto& step = file_.flight().failure.step;
            if (iterations_ != file_.flight().iterations || !step) return;
            trainer_.watch({*step, [this](const StepOfRollout& now) { at_step_(now.environment, now.t); }});
        }
    }

    /// Whether the failure is still to come.
    bool operator()(const Progress&) const { return iterations_ < file_.flight().iterations; }

    /// How many iterations have begun.
    Index iterations() const { return iterations_; }

private:
    const detail::FlightFile& file_;
    TrainerT& trainer_;
    const AtStep& at_step_;
    Index iterations_ = 0;
};

/// Goes on from what a `FlightRecord` wrote, in a trainer that is built as the one that failed: same environments,
/// networks, options and seed; the number of threads may differ. Before the step of an environment that failed, calls
/// `at_step(Index environment, Index t)`, where a breakpoint or a look at the environment belongs; `t` is the time step
/// in the rollout. The step is then taken, and fails as it did.
///
///   const Replay replay = gradiva::replay("crash.safetensors", trainer, [&](Index environment, Index) {
///       fmt::print("{}\n", envs[environment].position());
///   });
///
/// `at_step` is called by the thread that steps the environment; not where a record names no step, such as a gradient
/// that is not finite. What it throws ends the replay as a failure. Callbacks take no part: a failure that they bring
/// about does not occur again. The same build of the program computes the same bits; another may differ
/// (`is_of_this_build`).
/// The trainer is left as after a failure. Throws `Error`, and calls nothing, where the file is damaged or that of
/// another training; and where the failure does not occur again.
template <class TrainerT, class AtStep>
Replay replay(const std::string& path, TrainerT& trainer, const AtStep& at_step) {
    const detail::FlightFile file(path);
    const detail::Flight& flight = file.flight();
    Replayer<TrainerT, AtStep> replayer(file, trainer, at_step);
    Replay result{.is_of_this_build = flight.is_of_this_build};
    const auto unwatch = [&] {
        if constexpr (requires(StepWatch watch) { trainer.watch(watch); }) trainer.watch(StepWatch{});
    };
    result.failure = failure_of([&] { trainer.train(file.options(), replayer); });
    unwatch();
    require(replayer.iterations() > 0, "{}", result.failure);  // nothing was restored
    require(!result.failure.empty(), "{}: the failure does not occur again{}: {}", file.who(),
            flight.is_of_this_build ? "" : "; the record is of another build, whose bits differ",
            printable(flight.failure.text));
    result.is_same_failure = printable(result.failure) == flight.failure.text;
    if constexpr (requires { trainer.failed_step(); }) result.step = trainer.failed_step();
    return result;
}

/// The same without a look at the step.
template <class TrainerT>
Replay replay(const std::string& path, TrainerT& trainer) {
    return replay(path, trainer, [](Index, Index) {});
}

}  // namespace GRADIVA_NAMESPACE
