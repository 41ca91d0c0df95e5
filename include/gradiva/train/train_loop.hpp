#pragma once

#include <chrono>
#include <concepts>
#include <string_view>
#include <type_traits>

#include "gradiva/core/check.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "gradiva/train/progress.hpp"
#include "gradiva/train/update_options.hpp"

namespace gradiva {

struct TrainOptions {
    Index steps = 0;  ///< of all environments together, at least 1; rounded up to whole iterations
};

/// What `train` is in every trainer: iterations until the steps are done or a callback returns false, a report after
/// each.
class TrainLoop {
public:
    /// `name` speaks in reports and error messages.
    explicit TrainLoop(std::string_view name) : name_(name) {}

    std::string_view name() const { return name_; }

    /// `iterate(progress)` does one iteration and reports it through `report`. Callbacks are called with
    /// `(const Progress&)` or `(const Progress&, trainer)`. An `Error` gets the trainer's name and the iteration.
    template <class Trainer, class Iterate, class... Callbacks>
    Progress run(const TrainOptions& options, const Trainer& trainer, const Iterate& iterate, Callbacks&... callbacks) {
        require(options.steps >= 1, "{}: steps is {}; train for at least 1 step", name_, options.steps);
        const auto start = std::chrono::steady_clock::now();
        Progress progress{.algorithm = name_, .total_steps = options.steps};
        bool go_on = true;
        while (go_on && !progress.finished()) {
            progress.iteration = ++iteration_;
            try {
                iterate(progress);
            } catch (const Error& error) {
                fail("{}: iteration {}: {}", name_, iteration_, error.what());
            }
            progress.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            progress.steps_per_second = static_cast<double>(progress.steps) / progress.seconds;
            ((go_on = call(callbacks, progress, trainer) && go_on), ...);
        }
        return progress;
    }

    /// Adds the steps and the ended episodes of a rollout to the progress.
    template <class Scalar>
    void report(const Rollout<Scalar>& rollout, Progress& progress) {
        for (const FinishedEpisode& episode : rollout.finished) report(episode, progress);
        progress.steps += rollout.sample_count();
        progress.mean_return = returns_.mean();
        progress.mean_length = lengths_.mean();
    }

    static void report(const UpdateReport& update, Progress& progress) {
        progress.surrogate_loss = update.surrogate_loss;
        progress.value_loss = update.value_loss;
        progress.entropy = update.entropy;
        progress.approximate_kl = update.approximate_kl;
        progress.mean_kl = update.mean_kl;
        progress.kl_coefficient = update.kl_coefficient;
        progress.clip_fraction = update.clip_fraction;
        progress.gradient_norm = update.gradient_norm;
        progress.learning_rate = update.learning_rate;
        progress.step_fraction = update.step_fraction;
        progress.rejected_steps = update.rejected_steps;
    }

private:
    void report(const FinishedEpisode& episode, Progress& progress) {
        returns_.add(episode.reward_sum);
        lengths_.add(static_cast<double>(episode.length));
        ++progress.episodes;
    }

    template <class Callback, class Trainer>
    static bool call(Callback& callback, const Progress& progress, const Trainer& trainer) {
        constexpr bool takes_both = std::invocable<Callback&, const Progress&, const Trainer&>;
        static_assert(takes_both || std::invocable<Callback&, const Progress&>,
                      "gradiva: a callback of train takes (const Progress&) or (const Progress&, const Trainer&)");
        const auto invoke = [&]() -> decltype(auto) {
            if constexpr (takes_both) {
                return callback(progress, trainer);
            } else {
                return callback(progress);
            }
        };
        if constexpr (std::is_void_v<decltype(invoke())>) {
            invoke();
            return true;
        } else {
            return invoke();
        }
    }

    std::string_view name_;
    Index iteration_ = 0;
    RecentMean returns_;
    RecentMean lengths_;
};

}  // namespace gradiva
