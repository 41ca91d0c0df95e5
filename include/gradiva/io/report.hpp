#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/env/wrapper.hpp"
#include "gradiva/io/detail/durable_file.hpp"
#include "gradiva/io/detail/report/recorded_evaluation.hpp"
#include "gradiva/io/detail/report/run_groups.hpp"
#include "gradiva/io/record_episodes.hpp"
#include "gradiva/io/recorded_run.hpp"
#include "gradiva/io/write_report.hpp"
#include "gradiva/train/evaluate.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `Report`.
struct ReportOptions {
    std::string title = "Training report";  ///< of the page, in UTF-8
    Index episodes = 20;                    ///< of the evaluation at the end, at least 1; without an environment: none
    Index played = 3;                       ///< of these, how many the page plays; of environments without render: none
    bool greedy = true;                     ///< the most probable action in these; false: a sampled one
    std::uint64_t seed = 0;                 ///< of their random streams, which training does not use
    Index most_steps_per_episode = 100'000;  ///< an episode that has not ended by then ends the evaluation
};

namespace detail {

/// In place of an environment, of a report without an evaluation.
struct NoEnvironment {};

template <Env E>
consteval bool draws_itself(const Vectorized<E>*) {
    return HasRender<E>;
}

}  // namespace detail

/// Callback of `train` that writes one HTML file at the end, which shows the whole training (see `write_report`); also
/// after an exception, a callback or a signal that ended it early, which the page says. With an environment, or a
/// factory of them, the trainer's actor is evaluated in it at the end, and where the environment draws itself the page
/// plays some of the episodes; neither after an exception. Where the evaluation or the recording throws, the page says
/// so, and the file is written nevertheless.
///
///   trainer.train({.steps = 100'000}, Report("report.html", cart_pole), ProgressBar{});
///
/// What it collects is saved with the training: the report of one that is resumed shows all of it. A report that is
/// given to several trainings of one trainer shows all of them behind each other.
template <class Source = detail::NoEnvironment>
class Report {
public:
    static constexpr bool describes_run = true;
    static constexpr bool evaluates = !std::is_same_v<Source, detail::NoEnvironment>;

    /// Nothing is written before the end of `train`. Throws `Error` on options out of range.
    explicit Report(std::string path, const ReportOptions& options = {}) requires(!evaluates)
        : Report(std::move(path), Source{}, options) {}
    Report(std::string path, const Source& source, const ReportOptions& options = {})
        : path_(std::move(path)), source_(source), options_(options) {
        require(options.episodes >= 1, "Report: episodes is {}; give at least 1", options.episodes);
        require(options.played >= 0 && options.played <= options.episodes,
                "Report: played is {}; give a number from 0 to episodes, which is {}", options.played,
                options.episodes);
        require(options.most_steps_per_episode >= 1, "Report: most_steps_per_episode is {}; give at least 1",
                options.most_steps_per_episode);
    }

    const std::string& path() const { return path_; }
    /// What was collected so far.
    const RecordedRun& run() const { return run_; }

    /// Throws `Error` when the file could not be written, now rather than after the training.
    void on_start(const Run&) const { const detail::DurableFile probe("Report", path_); }

    void operator()(const Progress& progress) requires(!evaluates) { add(progress); }
    template <class Trainer>
    void operator()(const Progress& progress, const Trainer& trainer) requires evaluates {
        add(progress);
        trainer_ = &trainer;
        play_ = [](Report& self) { self.play(static_cast<const Trainer*>(self.trainer_)->actor()); };
    }

    /// Writes the file, if there was an iteration.
    void on_stop(const Run& run, Stop why) {
        if (run_.series.table().rows() == 0) return;
        run_.description = run.description();
        const std::string seed = detail::seed_of(run_);
        run_.name = fmt::format("{}{}{}", run.name(), seed.empty() ? "" : ", seed ", seed);
        run_.notes.clear();
        if (why != Stop::steps) {
            run_.notes.push_back(fmt::format("{} ended the training after iteration {}.",
                                             why == Stop::exception ? "An error" : "A callback",
                                             run.progress().iteration));
        }
        run_.evaluation.reset();
        run_.recording = {};
        if (play_ != nullptr && why != Stop::exception) play_(*this);
        write_report(path_, std::span(&run_, 1), {.title = options_.title});
    }

    static constexpr std::string_view state_name = "report";
    void visit_state(State& state) {
        state("series", run_.series);
        if (state.restores()) columns_.clear();
    }

private:
    void add(const Progress& progress) {
        if (columns_.empty()) {
            for_each_number(progress,
                            [&](std::string_view name, auto) { columns_.push_back(run_.series.column(name)); });
            numbers_.assign(run_.series.table().columns().size(), std::numeric_limits<double>::quiet_NaN());
        }
        std::size_t i = 0;
        for_each_number(progress,
                        [&](std::string_view, auto number) { numbers_[columns_[i++]] = static_cast<double>(number); });
        run_.series.add(numbers_);
    }

    template <class P>
    void play(const P& actor) {
        if (!attempt("The evaluation", [&] { evaluate_actor(actor); })) return;
        using Envs = decltype(Vectorized(source_, {.count = 1}));
        if constexpr (detail::draws_itself(static_cast<const Envs*>(nullptr))) {
            if (options_.played > 0) attempt("The recording of episodes", [&] { record(actor); });
        }
    }

    /// Calls `body()`; returns whether it did not throw, and notes what it threw. The end of a training, such as its
    /// checkpoint, does not depend on what is only shown.
    template <class Body>
    bool attempt(const char* what, const Body& body) {
        const std::string failure = failure_of(body);
        if (!failure.empty()) run_.notes.push_back(fmt::format("{} failed: {}", what, failure));
        return failure.empty();
    }

    template <class P>
    void evaluate_actor(const P& actor) {
        const Evaluation e = evaluate(actor, source_,
                                      {.episodes = options_.episodes,
                                       .greedy = options_.greedy,
                                       .seed = options_.seed,
                                       .most_steps_per_episode = options_.most_steps_per_episode});
        run_.evaluation = detail::recorded_evaluation(e);
    }

    template <class P>
    void record(const P& actor) {
        const DescriptionValue* const name = run_.description.find("environment");
        run_.recording = record_episodes(actor, source_,
                                         {.episodes = options_.played,
                                          .greedy = options_.greedy,
                                          .seed = options_.seed,
                                          .most_steps_per_episode = options_.most_steps_per_episode,
                                          .name = name != nullptr ? detail::text_of(*name) : "episodes"});
    }

    std::string path_;
    Source source_;
    ReportOptions options_;
    RecordedRun run_;
    std::vector<std::size_t> columns_;  // of the series, for each number of a report
    std::vector<double> numbers_;
    const void* trainer_ = nullptr;
    void (*play_)(Report&) = nullptr;
};

Report(std::string, const ReportOptions& = {})->Report<>;
template <class Source>
Report(std::string, const Source&, const ReportOptions& = {}) -> Report<Source>;

}  // namespace GRADIVA_NAMESPACE
