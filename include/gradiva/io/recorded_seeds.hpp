#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/description.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/io/detail/report/recorded_evaluation.hpp"
#include "gradiva/io/recorded_run.hpp"
#include "gradiva/train/curve.hpp"
#include "gradiva/train/run_seeds.hpp"

namespace GRADIVA_NAMESPACE {

/// The results of `run_seeds`, to be shown by `write_report` as one group of the name `experiment`. `description` says
/// what else is worth knowing, such as options that differ between several calls of `run_seeds`:
///
///   auto runs = recorded_seeds(run_seeds(10, train_with(0.9)), "gamma 0.9");
///   for (auto& run : recorded_seeds(run_seeds(10, train_with(0.99)), "gamma 0.99")) runs.push_back(std::move(run));
///   write_report("report.html", runs);
///
/// A run's description is that of its curve, with `description` and the seed in place of what it says of these. Throws
/// `Error` where a curve is none of a training.
inline std::vector<RecordedRun> recorded_seeds(std::span<const SeedRun> seeds, const std::string& experiment,
                                               const Description& description = {}) {
    std::vector<RecordedRun> runs;
    for (const SeedRun& from : seeds) {
        RecordedRun& run = runs.emplace_back();
        run.name = fmt::format("{}, seed {}", experiment, from.seed);
        run.description = from.curve.description();
        for (const Description::Entry& entry : description.entries) run.description.set(entry.path, entry.value);
        run.description.set("experiment", experiment);
        run.description.set("seed", from.seed);
        std::vector<std::size_t> columns;
        for (const std::string& name : from.curve.names()) columns.push_back(run.series.column(name));
        std::vector<double> row(run.series.table().columns().size(), std::numeric_limits<double>::quiet_NaN());
        for (Index i = 0; i < from.curve.rows(); ++i) {
            for (std::size_t k = 0; k < columns.size(); ++k) row[columns[k]] = from.curve[k][to_size(i)];
            run.series.add(row);
        }
        if (from.evaluation.episodes > 0) run.evaluation = detail::recorded_evaluation(from.evaluation);
    }
    return runs;
}

}  // namespace GRADIVA_NAMESPACE
