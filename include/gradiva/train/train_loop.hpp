#pragma once

#include <algorithm>
#include <chrono>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/positional.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE {

struct TrainOptions {
    Index steps = 0;  ///< of all environments together, at least 1; rounded up to whole iterations
    /// 0: schedules run over this call. Else they stand at (steps since the trainer was built) / schedule_steps, at
    /// most at 1, so that several calls follow one schedule.
    Index schedule_steps = 0;
};

namespace detail {

/// What `train` says of steps without their name.
template <Positional Steps>
Progress explain_positional_steps() {
    static_assert(!Positional<Steps>, "gradiva: train takes its options by name: trainer.train({.steps = 100'000})");
    return {};
}

}  // namespace detail

/// What `train` is in every trainer: iterations until the steps are done or a callback returns false, a report after
/// each.
class TrainLoop {
public:
    /// `name` speaks in reports and error messages.
    explicit TrainLoop(std::string_view name) : name_(name) {}

    std::string_view name() const { return name_; }

    /// `iterate(progress)` does one iteration with its schedules at `progress.schedule_progress`, and reports it
    /// through `report`. Callbacks are called with `(const Progress&)` or `(const Progress&, trainer)`. An `Error` gets
    /// the trainer's name and the iteration.
    template <class Trainer, class Iterate, class... Callbacks>
    Progress run(const TrainOptions& options, const Trainer& trainer, const Iterate& iterate, Callbacks&... callbacks) {
        require(options.steps >= 1, "{}: steps is {}; train for at least 1 step", name_, options.steps);
        require(options.schedule_steps >= 0,
                "{}: schedule_steps is {}; give the steps that schedules run over, or 0 for those of this call", name_,
                options.schedule_steps);
        const auto start = std::chrono::steady_clock::now();
        Progress progress{.total_steps = options.steps};
        bool go_on = true;
        while (go_on && !progress.finished()) {
            progress = next(options, progress);
            detail::with_prefix([&] { iterate(progress); },
                                [&] { return fmt::format("{}: iteration {}", name_, iteration_); });
            progress.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            progress.steps_per_second = static_cast<double>(progress.steps) / progress.seconds;
            progress.schedule_progress = schedule_progress(options, progress.steps);
            ((go_on = call(callbacks, progress, trainer) && go_on), ...);
        }
        return progress;
    }

    /// Adds steps of all environments together, and the episodes that ended in them.
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
    /// Where the next iteration begins: counts go on, and nothing else is left of the one before.
    Progress next(const TrainOptions& options, const Progress& last) {
        return {.algorithm = name_,
                .iteration = ++iteration_,
                .steps = last.steps,
                .total_steps = options.steps,
                .schedule_progress = schedule_progress(options, last.steps),
                .episodes = last.episodes,
                .lifetime_episodes = episodes_};
    }

    /// After so many steps in this call.
    double schedule_progress(const TrainOptions& options, Index steps) const {
        const bool over_this_call = options.schedule_steps == 0;
        return std::min(1.0, static_cast<double>(over_this_call ? steps : steps_) /
                                 static_cast<double>(over_this_call ? options.steps : options.schedule_steps));
    }

    template <class Callback, class Trainer>
    static bool call(Callback& callback, const Progress& progress, const Trainer& trainer) {
        constexpr bool takes_both = std::invocable<Callback&, const Progress&, const Trainer&>;
        constexpr bool takes_one = std::invocable<Callback&, const Progress&>;
        static_assert(takes_both || takes_one,
                      "gradiva: a callback of train takes (const Progress&) or (const Progress&, const Trainer&)");
        if constexpr (takes_both) {
            return go_on_after([&]() -> decltype(auto) { return callback(progress, trainer); });
        } else if constexpr (takes_one) {
            return go_on_after([&]() -> decltype(auto) { return callback(progress); });
        } else {
            return false;
        }
    }

    template <class Invoke>
    static bool go_on_after(const Invoke& invoke) {
        using Result = decltype(invoke());
        constexpr bool says_nothing = std::is_void_v<Result>;
        constexpr bool says_whether = std::same_as<std::remove_cvref_t<Result>, bool>;
        static_assert(says_nothing || says_whether,
                      "gradiva: a callback of train returns void, or bool: false stops the training");
        if constexpr (says_whether) {
            return invoke();
        } else {
            invoke();
            return true;
        }
    }

    // Since the trainer was built, in iterations that came to their end; `iteration_` counts the others too.
    std::string_view name_;
    Index iteration_ = 0;
    Index steps_ = 0;
    Index episodes_ = 0;
    RecentMean returns_;
    RecentMean lengths_;
};

}  // namespace GRADIVA_NAMESPACE
