#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/positional.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "gradiva/train/detail/callback_hooks.hpp"
#include "gradiva/train/progress.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Length and schedules of a `train` call.
struct TrainOptions {
    Index steps = 0;  ///< of all environments together, at least 1; rounded up to whole iterations
    /// 0: schedules run over this call. Else their progress is (steps since the trainer was built) / schedule_steps, at
    /// most 1, so that several calls follow one schedule.
    Index schedule_steps = 0;
};

/// The compile-time error of `train` for steps without their name.
template <Positional Steps>
Progress explain_positional_steps() {
    static_assert(!Positional<Steps>, "gradiva: train takes its options by name: trainer.train({.steps = 100'000})");
    return {};
}

/// The loop of `train` in every trainer: iterations until the steps are done or a callback returns false, with a report
/// after each.
class TrainLoop {
public:
    /// `name` is the trainer's name in reports and error messages.
    explicit TrainLoop(std::string_view name) : name_(name) {}

    std::string_view name() const { return name_; }

    /// `iterate(progress)` runs one iteration with schedules at `progress.schedule_progress`, and calls `report`. An
    /// `Error` in it is prefixed with the trainer's name and the iteration. `Run` documents the calls of callbacks.
    template <class Trainer, class Iterate, class... Callbacks>
    Progress run(const TrainOptions& options, const Trainer& trainer, const Iterate& iterate, Callbacks&... callbacks) {
        static_assert((detail::explain_callback<Callbacks, Trainer>() && ...));
        check(options);
        auto start = std::chrono::steady_clock::now();
        Progress progress = begin(options);
        Run run(name_, progress);
        bool continues = true;
        std::size_t started = 0;
        [[maybe_unused]] const auto start_callback = [&](auto& callback) {
            continues = detail::call_on_start(callback, run) && continues;
            ++started;
        };
        CaughtException failure;
        failure.attempt([&] {
            (start_callback(callbacks), ...);
            start = std::chrono::steady_clock::now();
            while (continues && !progress.finished()) {
                progress = iterated(options, progress, iterate, start);
                ((continues = detail::call_with_report(callbacks, progress, trainer) && continues), ...);
                (detail::call_after_iteration(callbacks, run), ...);
            }
        });
        const Stop why = failure ? Stop::exception : progress.finished() ? Stop::steps : Stop::callback;
        std::size_t position = 0;
        [[maybe_unused]] const auto stop = [&](auto& callback) {
            if (position++ < started) failure.attempt([&] { detail::call_on_stop(callback, run, why); });
        };
        (stop(callbacks), ...);
        failure.rethrow();
        return progress;
    }

    /// Adds steps, of all environments together, and the episodes that finished in them, to `progress`.
    void report(Index steps, const Buffer<FinishedEpisode>& finished, Progress& progress) {
        for (const FinishedEpisode& episode : finished) {
            returns_.add(episode.reward_sum);
            lengths_.add(static_cast<double>(episode.length));
        }
        steps_ += steps;
        episodes_ += finished.size();
        progress.steps += steps;
        progress.episodes += finished.size();
        progress.lifetime_episodes = episodes_;
        progress.mean_return = returns_.mean();
        progress.mean_length = lengths_.mean();
    }

    template <class Scalar>
    void report(const Rollout<Scalar>& rollout, Progress& progress) {
        report(rollout.sample_count(), rollout.finished, progress);
    }

private:
    void check(const TrainOptions& options) const {
        require(options.steps >= 1, "{}: steps is {}; train for at least 1 step", name_, options.steps);
        require(options.schedule_steps >= 0,
                "{}: schedule_steps is {}; give the steps that schedules run over, or 0 for those of this call", name_,
                options.schedule_steps);
    }

    /// The progress before a call's first iteration.
    Progress begin(const TrainOptions& options) const {
        return {.algorithm = name_,
                .iteration = iteration_,
                .total_steps = options.steps,
                .schedule_progress = schedule_progress(options, 0),
                .lifetime_episodes = episodes_,
                .mean_return = returns_.mean(),
                .mean_length = lengths_.mean()};
    }

    /// Runs an iteration; returns the progress after it. Counts continue from `last`; no other number of `last` is
    /// kept.
    template <class Iterate>
    Progress iterated(const TrainOptions& options, const Progress& last, const Iterate& iterate,
                      std::chrono::steady_clock::time_point start) {
        Progress progress{.algorithm = name_,
                          .iteration = ++iteration_,
                          .steps = last.steps,
                          .total_steps = options.steps,
                          .schedule_progress = schedule_progress(options, last.steps),
                          .episodes = last.episodes,
                          .lifetime_episodes = episodes_};
        with_prefix([&] { iterate(progress); }, [&] { return fmt::format("{}: iteration {}", name_, iteration_); });
        progress.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        progress.steps_per_second = static_cast<double>(progress.steps) / progress.seconds;
        progress.schedule_progress = schedule_progress(options, progress.steps);
        return progress;
    }

    /// The position in schedules after `steps` steps in this call.
    double schedule_progress(const TrainOptions& options, Index steps) const {
        const bool over_this_call = options.schedule_steps == 0;
        return std::min(1.0, static_cast<double>(over_this_call ? steps : steps_) /
                                 static_cast<double>(over_this_call ? options.steps : options.schedule_steps));
    }

    // Since the trainer was built, in complete iterations; `iteration_` also counts failed ones.
    std::string_view name_;
    Index iteration_ = 0;
    Index steps_ = 0;
    Index episodes_ = 0;
    RecentMean returns_;
    RecentMean lengths_;
};

}  // namespace GRADIVA_NAMESPACE
