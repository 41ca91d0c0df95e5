#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/description_writer.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/positional.hpp"
#include "gradiva/core/visit_part.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "gradiva/train/detail/callback_hooks.hpp"
#include "gradiva/train/detail/run_with_callbacks.hpp"
#include "gradiva/train/detail/saved_callbacks.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/progress.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

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
    /// `name` is the trainer's name in reports and error messages; `metric_names` those of its environments' metrics
    /// (see `metric_names_of`).
    explicit TrainLoop(std::string_view name, std::span<const std::string_view> metric_names = {})
        : name_(name), metric_names_(metric_names), metrics_(metric_names.size()) {}

    std::string_view name() const { return name_; }

    /// `iterate(progress)` runs one iteration with schedules at `progress.schedule_progress`, and calls `report`. An
    /// `Error` in it is prefixed with the trainer's name and the iteration. `Run` documents the calls of callbacks.
    template <class Trainer, class Iterate, class... Callbacks>
    Progress run(const TrainOptions& options, Trainer& trainer, const Iterate& iterate, Callbacks&... callbacks) {
        static_assert((detail::explain_callback<Callbacks, Trainer>() && ...));
        check(options);
        Progress progress = begin(options);
        Run run(name_, progress, options, calls_);
        // A template, so that it is compiled only for trainings that are saved.
        [[maybe_unused]] const auto visit = [&](auto& state, bool with_callbacks) {
            visit_training(state, options, progress, trainer);
            if (with_callbacks) detail::visit_callbacks(state, callbacks...);
        };
        if constexpr ((detail::saves_run<Callbacks> || ...)) {
            static_assert(MentionsVisitState<Trainer>,
                          "gradiva: a training that is saved needs a trainer with void visit_state(gradiva::State&)");
            static_assert(explain_saved<Trainer>());
            run.visit_by(visit);
        }
        run.count_steps_in(steps_);
        [[maybe_unused]] const auto add_pieces = [&](auto& description) {
            if constexpr (HasVisitState<Trainer>) add_description(description, trainer);
        };
        if constexpr ((detail::describes_run<Callbacks> || ...)) run.describe_by(add_pieces);
        if constexpr ((detail::saves_environments<Callbacks> || ...)) {
            if constexpr (requires { Trainer::explain_saved_environments(); }) {
                static_assert(Trainer::explain_saved_environments());
            }
        }
        const auto start = [&] { progress.schedule_progress = schedule_progress(options, progress.steps); };
        const auto next = [&](auto began) { progress = iterated(options, progress, iterate, began); };
        detail::run_with_callbacks(run, progress, trainer, start, next, callbacks...);
        ++calls_;
        // What was restored may be the progress of a later call.
        if (run.ends_at_once()) progress.steps = std::max(progress.steps, options.steps);
        return progress;
    }

    /// What the trainer, whose loop this is, shows as fixed, behind the name of the algorithm.
    template <class Trainer>
    Description describe(Trainer& trainer) const {
        Description description;
        description.set("algorithm", std::string(name_));
        add_description(description, trainer);
        return description;
    }

    // For loops that do not run `run`, such as those of programs that call their own step.

    /// The progress before the first iteration.
    Progress begin(const TrainOptions& options) const {
        return {.algorithm = name_,
                .iteration = iteration_,
                .total_steps = options.steps,
                .schedule_progress = schedule_progress(options, 0),
                .lifetime_episodes = episodes_,
                .mean_return = returns_.mean(),
                .mean_length = lengths_.mean(),
                .metrics = metric_means()};
    }

    /// Counts an iteration; returns the progress with which it starts. Counts continue from `last`, the progress after
    /// the iteration before; no other number of it is kept.
    Progress begin_iteration(const TrainOptions& options, const Progress& last) {
        return {.algorithm = name_,
                .iteration = ++iteration_,
                .steps = last.steps,
                .total_steps = options.steps,
                .schedule_progress = schedule_progress(options, last.steps),
                .episodes = last.episodes,
                .lifetime_episodes = episodes_};
    }

    /// Completes the progress of an iteration of which `report` was called, of a loop that runs since `start`.
    void end_iteration(const TrainOptions& options, std::chrono::steady_clock::time_point start,
                       Progress& progress) const {
        progress.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        progress.steps_per_second = static_cast<double>(progress.steps) / progress.seconds;
        progress.schedule_progress = schedule_progress(options, progress.steps);
    }

    /// Returns `body()`, a part of the present iteration: an `Error` in it is prefixed with the trainer's name and the
    /// iteration.
    template <class Body>
    decltype(auto) within_iteration(const Body& body) const {
        return with_prefix(body, [&] { return fmt::format("{}: iteration {}", name_, iteration_); });
    }

    /// Adds steps, of all environments together, and the episodes that finished in them with their metrics (K x
    /// finished), to `progress`.
    void report(Index steps, const Buffer<FinishedEpisode>& finished, const MatrixBuffer<double>& metrics,
                Progress& progress) {
        const auto count = static_cast<Index>(metrics_.size());
        GRADIVA_ASSERT(count == 0 || (metrics.rows() == count && metrics.cols() == finished.size()));
        for (Index k = 0; k < count; ++k) {
            for (Index i = 0; i < finished.size(); ++i) metrics_[to_size(k)].add(metrics(k, i));
        }
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
        progress.metrics = metric_means();
    }

    /// The same of environments without metrics.
    void report(Index steps, const Buffer<FinishedEpisode>& finished, Progress& progress) {
        report(steps, finished, MatrixBuffer<double>(), progress);
    }

    template <class Scalar>
    void report(const Rollout<Scalar>& rollout, Progress& progress) {
        report(rollout.sample_count(), rollout.finished, rollout.metrics, progress);
    }

private:
    template <class Trainer>
    static void add_description(Description& description, Trainer& trainer) {
        DescriptionWriter writer(description);
        trainer.visit_state(writer);
    }

    template <class Trainer>
    void visit_training(State& state, const TrainOptions& options, Progress& progress, Trainer& trainer) {
        visit_state(state, options, progress);
        trainer.visit_state(state);
    }

    /// The state of the loop and the progress of this call. The steps to be done are saved, not restored: a larger
    /// number extends a training.
    void visit_state(State& state, const TrainOptions& options, Progress& progress) {
        state.within("loop", [&] {
            state.fixed("algorithm", name_);
            // Of this call: `resume` compares them.
            Index call = calls_, total_steps = options.steps, schedule_steps = options.schedule_steps;
            state("call", call);
            state("total_steps", total_steps);
            state("schedule_steps", schedule_steps);
            state("iteration", iteration_);
            state("steps", steps_);
            state("episodes", episodes_);
            state("returns", returns_);
            state("lengths", lengths_);
            if (metrics_.empty()) return;
            std::string names;
            for (const std::string_view name : metric_names_) names.append(name).append(" ");
            state.fixed("metric_names", names);
            state.each("metrics", static_cast<Index>(metrics_.size()),
                       [&](Index k) { metrics_[to_size(k)].visit_state(state); });
        });
        state.within("progress", [&] {
            for (const LogColumn& column : log_columns) {
                column.visit(progress, [&](auto& field) { state(column.name(), field); });
            }
            if (!metrics_.empty()) state("metrics", progress.metrics);
        });
    }

    void check(const TrainOptions& options) const {
        require(options.steps >= 1, "{}: steps is {}; train for at least 1 step", name_, options.steps);
        require(options.schedule_steps >= 0,
                "{}: schedule_steps is {}; give the steps that schedules run over, or 0 for those of this call", name_,
                options.schedule_steps);
    }

    /// Runs an iteration; returns the progress after it.
    template <class Iterate>
    Progress iterated(const TrainOptions& options, const Progress& last, const Iterate& iterate,
                      std::chrono::steady_clock::time_point start) {
        Progress progress = begin_iteration(options, last);
        within_iteration([&] { iterate(progress); });
        end_iteration(options, start, progress);
        return progress;
    }

    MetricMeans metric_means() const {
        MetricMeans means(metric_names_);
        for (std::size_t k = 0; k < metrics_.size(); ++k) means.values()[k] = metrics_[k].mean();
        return means;
    }

    /// The position in schedules after `steps` steps in this call.
    double schedule_progress(const TrainOptions& options, Index steps) const {
        const bool over_this_call = options.schedule_steps == 0;
        return std::min(1.0, static_cast<double>(over_this_call ? steps : steps_) /
                                 static_cast<double>(over_this_call ? options.steps : options.schedule_steps));
    }

    // Since the trainer was built, in complete iterations; `iteration_` also counts failed ones.
    std::string_view name_;
    Index calls_ = 0;  // that ended without an exception
    Index iteration_ = 0;
    Index steps_ = 0;
    Index episodes_ = 0;
    RecentMean returns_;
    RecentMean lengths_;
    std::span<const std::string_view> metric_names_;
    std::vector<RecentMean> metrics_;  // one for each name
};

}  // namespace GRADIVA_NAMESPACE
