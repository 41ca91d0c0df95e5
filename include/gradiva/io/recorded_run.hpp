#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/io/recording.hpp"
#include "gradiva/io/series_table.hpp"

namespace GRADIVA_NAMESPACE {

/// The numbers of a training, a row for each iteration. The first columns are `iteration`, `steps`, `seconds` and
/// `episodes`; the last three, which each call of `train` counts anew, are summed over calls.
class RunSeries {
public:
    static constexpr std::array<std::string_view, 4> axes = {"iteration", "steps", "seconds", "episodes"};

    RunSeries() {
        for (const std::string_view name : axes) table_.column(name);
    }

    static constexpr std::size_t most_columns = 256;

    /// The position of the column of this name, which is added where there is none. Throws `Error` where there would be
    /// more than `most_columns` then.
    std::size_t column(std::string_view name) {
        require(table_.columns().size() < most_columns || table_.find(name) != nullptr,
                "'{}' would be column {}; a report has at most {}", printable(name), most_columns + 1, most_columns);
        return table_.column(name);
    }

    /// Adds a row: `numbers[i]` belongs to column i; what is not finite is absent. Throws `Error`, and adds nothing,
    /// unless the iteration is a whole number above that of the row before and `steps` is positive.
    void add(std::span<const double> numbers) {
        const double iteration = numbers[0], steps = numbers[1], seconds = numbers[2];
        require(iteration >= 1 && iteration == std::floor(iteration) && std::isfinite(iteration),
                "the iteration is {}; it is a whole number of at least 1", iteration);
        require(iteration > last_[0], "iteration {} follows {}; a log has the lines of one training in their order",
                iteration, last_[0]);
        require(steps > 0 && std::isfinite(steps), "steps is {}; it is a number above 0", steps);
        if (steps <= last_[1] || seconds < last_[2]) {
            for (std::size_t k = 1; k < axes.size(); ++k) before_[k] += std::exchange(last_[k], 0);
        }
        table_.add_row();
        for (std::size_t k = 0; k < axes.size(); ++k) {
            if (std::isfinite(numbers[k])) last_[k] = numbers[k];
            table_.set(k, before_[k] + numbers[k]);
        }
        for (std::size_t i = axes.size(); i < numbers.size(); ++i) table_.set(i, numbers[i]);
    }

    const SeriesTable& table() const { return table_; }

    void visit_state(State& state) {
        state("last", last_);
        state("before", before_);
        state("table", table_);
    }

private:
    SeriesTable table_;
    std::array<double, axes.size()> last_{};    // as given, in the present call of train
    std::array<double, axes.size()> before_{};  // sums over the calls before; of iterations 0
};

/// What an evaluation found.
struct RecordedEvaluation {
    double mean_return = std::numeric_limits<double>::quiet_NaN();
    double std_return = std::numeric_limits<double>::quiet_NaN();
    Index episodes = 0;
    std::vector<std::pair<std::string, double>> metrics = {};  ///< names and means over the episodes; may be empty
};

/// A training as a report shows it: read from a log by `read_run`, or collected by the callback `Report`.
struct RecordedRun {
    std::string name = {};         ///< that people know it by, such as the log's path
    Description description = {};  ///< without entries: unknown
    RunSeries series = {};
    std::optional<RecordedEvaluation> evaluation = {};
    Recording recording = {};             ///< played episodes; may be none
    std::vector<std::string> notes = {};  ///< sentences on what is missing
};

}  // namespace GRADIVA_NAMESPACE
