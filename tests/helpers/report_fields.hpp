// All numbers of the reports by name, from the table of the log's columns.
#pragma once

#include <map>
#include <string>
#include <type_traits>

#include "gradiva/train/log_columns.hpp"

namespace gradiva_test {

/// Whether the column is a field of the update's report.
inline bool is_of_update(const gradiva::LogColumn& column) {
    const gradiva::Progress progress;
    const auto* const begin = reinterpret_cast<const char*>(&progress.update);
    return column.visit(progress, [&](const auto& field) {
        const auto* const at = reinterpret_cast<const char*>(&field);
        return at >= begin && at < begin + sizeof(progress.update);
    });
}

using Numbers = std::map<std::string, double>;

inline Numbers numbers_of(const gradiva::UpdateReport& update) {
    Numbers numbers;
    const gradiva::Progress progress{.update = update};
    for (const gradiva::LogColumn& column : gradiva::log_columns) {
        if (is_of_update(column)) numbers[column.name()] = column.value(progress);
    }
    return numbers;
}

inline Numbers numbers_of(const gradiva::Progress& progress) {
    Numbers numbers{{"total_steps", static_cast<double>(progress.total_steps)}};
    for (const gradiva::LogColumn& column : gradiva::log_columns) numbers[column.name()] = column.value(progress);
    return numbers;
}

/// A report of which every number is another one, from `first` on, by steps of 1: none of them is one that a field has
/// by default.
inline gradiva::Progress distinct_progress(double first) {
    gradiva::Progress progress{.algorithm = "Distinct", .total_steps = static_cast<gradiva::Index>(first)};
    for (const gradiva::LogColumn& column : gradiva::log_columns) {
        column.visit(progress,
                     [&](auto& field) { field = static_cast<std::remove_reference_t<decltype(field)>>(++first); });
    }
    return progress;
}

}  // namespace gradiva_test
