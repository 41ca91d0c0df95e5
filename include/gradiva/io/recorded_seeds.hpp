#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/description.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/io/recorded_run.hpp"

namespace GRADIVA_NAMESPACE {

/// The results of `run_seeds`, to be shown by `write_report` as one group of the name `experiment`. `description` says
/// what else is worth knowing, such as options that differ between several calls of `run_seeds`:
///
///   auto runs = recorded_seeds(run_seeds(10, train_with(0.9)), "gamma 0.9");
///   for (auto& run : recorded_seeds(run_seeds(10, train_with(0.99)), "gamma 0.99")) runs.push_back(std::move(run));
///   write_report("report.html", runs);
///
/// `Seeds` is a list of what has the members `seed`, `curve` (with `names()`, `rows()` and columns by their position;
/// its `description()`, if it has one, says what the training is) and `evaluation`. Throws `Error` where a curve is
/// none of a training.
template <class Seeds>
std::vector<RecordedRun> recorded_seeds(const Seeds& seeds, const std::string& experiment,
                                        const Description& description = {}) {
    std::vector<RecordedRun> runs;
    for (const auto& from : seeds) {
        RecordedRun& run = runs.emplace_back();
        run.name = fmt::format("{}, seed {}", experiment, from.seed);
        if constexpr (requires { from.curve.description(); }) run.description = from.curve.description();
        for (const Description::Entry& entry : description.entries) run.description.set(entry.path, entry.value);
        run.description.set("experiment", experiment);
        run.description.set("seed", std::uint64_t{from.seed});
        std::vector<std::size_t> columns;
        for (const auto& name : from.curve.names()) columns.push_back(run.series.column(name));
        std::vector<double> row(run.series.table().columns().size(), std::numeric_limits<double>::quiet_NaN());
        for (Index i = 0; i < from.curve.rows(); ++i) {
            for (std::size_t k = 0; k < columns.size(); ++k) row[columns[k]] = from.curve[k][to_size(i)];
            run.series.add(row);
        }
        if (from.evaluation.episodes == 0) continue;
        run.evaluation = RecordedEvaluation{.mean_return = from.evaluation.mean_return,
                                            .std_return = from.evaluation.std_return,
                                            .episodes = from.evaluation.episodes};
    }
    return runs;
}

}  // namespace GRADIVA_NAMESPACE
