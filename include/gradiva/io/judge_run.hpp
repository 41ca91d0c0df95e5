#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/core.h>

#include "gradiva/callbacks/doctor_judge.hpp"
#include "gradiva/io/recorded_run.hpp"
#include "gradiva/train/log_columns.hpp"

namespace GRADIVA_NAMESPACE {

/// What a `Doctor` finds in a finished training.
struct RunJudgement {
    std::vector<Finding> findings = {};      ///< beginnings and ends, in their order
    std::vector<std::string> unjudged = {};  ///< a sentence for each rule that could not be judged
};

namespace detail {

/// The reports of the iterations of a log, so far as it holds them.
class RecordedProgress {
public:
    explicit RecordedProgress(const SeriesTable& table) {
        for (const LogColumn& column : log_columns) columns_.push_back(table.find(column.name()));
    }

    Progress row(std::size_t i) const {
        Progress progress;
        std::size_t c = 0;
        for (const LogColumn& column : log_columns) {
            const SeriesColumn* const from = columns_[c++];
            if (from == nullptr) continue;
            const double number = from->last[i];
            column.visit(progress, [&]<class T>(T& field) {
                if constexpr (std::is_same_v<T, double>) {
                    field = number;
                } else {
                    field = std::abs(number) < 9e18 ? static_cast<Index>(number) : Index{0};
                }
            });
        }
        return progress;
    }

private:
    std::vector<const SeriesColumn*> columns_;
};

inline std::string why_unjudged(const DoctorRule& rule, const SeriesTable& table) {
    const SeriesColumn* const column = table.find(rule.column);
    if (column == nullptr) return fmt::format("{}: the log has no column '{}'", rule.name, rule.column);
    for (const double number : column->last) {
        if (std::isfinite(number))
            return fmt::format("{}: it does not apply, or the log does not say what the training is", rule.name);
    }
    return fmt::format("{}: column '{}' has no numbers", rule.name, rule.column);
}

}  // namespace detail

/// Judges a finished training by the rules of a `Doctor`. A training of so many iterations that rows were joined
/// (`SeriesTable`) is judged by the last one of each bucket.
inline RunJudgement judge_run(const RecordedRun& run) {
    RunJudgement result;
    const SeriesTable& table = run.series.table();
    if (table.rows() == 0) return result;
    const SeriesColumn& steps = *table.find("steps");
    const detail::RecordedProgress recorded(table);
    DoctorJudge judge;
    const double described = described_number(run.description, "train/steps");
    judge.expect(RunFacts::of(run.description), std::fmax(steps.last.back(), described));
    for (std::size_t i = 0; i < steps.last.size(); ++i) {
        judge.add(recorded.row(i), {}, steps.last[i], [&](const Finding& f) { result.findings.push_back(f); });
    }
    if (!judge.has_window()) {
        result.unjudged.push_back(
            fmt::format("all rules: the log has {} iterations; a window has at least 20", table.rows()));
        return result;
    }
    for (std::size_t r = 0; r < DoctorJudge::rule_count; ++r) {
        if (!judge.judged(r)) result.unjudged.push_back(detail::why_unjudged(doctor_rules[r], table));
    }
    return result;
}

}  // namespace GRADIVA_NAMESPACE
