#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/check_thread_count.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/train/curve.hpp"
#include "gradiva/train/evaluate.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `run_seeds`.
struct SeedOptions {
    Index threads = 1;             ///< trainings side by side, each on a thread; no result depends on it
    std::uint64_t first_seed = 1;  ///< the others are the numbers that follow it
};

/// What the training of one seed gave.
struct SeedRun {
    std::uint64_t seed = 0;
    Curve curve = {};            ///< what was recorded, an iteration a row
    Evaluation evaluation = {};  ///< what the function returned; of 0 episodes where it returned nothing
};

namespace detail {

/// What a function for `run_seeds` returns; none where it cannot be called.
template <class MakeRun>
struct ResultOfSeed {
    using Type = std::nullptr_t;
};
template <class MakeRun>
requires std::invocable<const MakeRun&, std::uint64_t, Curve&>
struct ResultOfSeed<MakeRun> {
    using Type = std::invoke_result_t<const MakeRun&, std::uint64_t, Curve&>;
};

/// The error that follows from what went wrong in each run; nothing where all are empty.
inline void throw_failures(const std::vector<SeedRun>& runs, const std::vector<std::string>& failures) {
    std::string first, others;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (failures[i].empty()) continue;
        if (first.empty()) {
            first = fmt::format("run_seeds: seed {}: {}", runs[i].seed, failures[i]);
        } else {
            others += fmt::format("{} {}", others.empty() ? "; failed, too: seed" : ",", runs[i].seed);
        }
    }
    if (!first.empty()) fail("{}{}", first, others);
}

}  // namespace detail

/// Trains `count` seeds, some of them side by side, and returns what each gave, in the order of the seeds.
/// `make_run(seed, record)` builds environments, actor, critic and trainer of its own, trains on one thread with
/// `record`, a `Curve`, among the callbacks, and returns an `Evaluation`, or nothing:
///
///   const auto runs = run_seeds(10, [](std::uint64_t seed, Curve& record) {
///       Vectorized envs(TimeLimit(CartPole{}, 500), {.count = 8, .seed = seed});
///       ...
///       trainer.train({.steps = 100'000}, record);
///       return evaluate(actor, TimeLimit(CartPole{}, 500), {.episodes = 100});
///   }, {.threads = 4});
///
/// Each has the bits that it has alone, whatever the number of threads: the function is called from several threads,
/// and what it shares with others it must not change. Where it throws, all other seeds are trained nevertheless; then
/// an `Error` names the first seed that failed and what it threw, and the other seeds that failed. Throws `Error` on a
/// count below 1 and options out of range.
template <class MakeRun>
std::vector<SeedRun> run_seeds(Index count, const MakeRun& make_run, const SeedOptions& options = {}) {
    using Result = typename detail::ResultOfSeed<MakeRun>::Type;
    static_assert(std::is_void_v<Result> || std::same_as<Result, Evaluation>,
                  "gradiva: run_seeds needs a function of (std::uint64_t seed, Curve& record), const, that returns an "
                  "Evaluation or nothing");
    require(count >= 1, "run_seeds: the number of seeds is {}; give at least 1", count);
    require(options.first_seed <= std::numeric_limits<std::uint64_t>::max() - static_cast<std::uint64_t>(count - 1),
            "run_seeds: first_seed is {}, after which there are no {} seeds; give a smaller one", options.first_seed,
            count);
    Threads threads(check_thread_count("run_seeds", options.threads));
    std::vector<SeedRun> runs(to_size(count));
    std::vector<std::string> failures(runs.size());
    threads.run(count, [&](Index i) {
        SeedRun& run = runs[to_size(i)];
        run.seed = options.first_seed + static_cast<std::uint64_t>(i);
        failures[to_size(i)] = failure_of([&] {
            if constexpr (std::is_void_v<Result>) {
                make_run(run.seed, run.curve);
            } else if constexpr (std::same_as<Result, Evaluation>) {
                run.evaluation = make_run(run.seed, run.curve);
            }
        });
    });
    detail::throw_failures(runs, failures);
    return runs;
}

}  // namespace GRADIVA_NAMESPACE
