#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include <fmt/core.h>

#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE {

/// The version of the format of `JsonLog`, and of the file beside that of `CsvLog`.
inline constexpr int log_version = 1;

/// A column of training logs: a field of `Progress` or `UpdateReport`, and its text in the progress bar.
class LogColumn {
public:
    /// `bar` is the text in the progress bar, with `{}` for the number, of `decimals` decimals; empty: not shown.
    constexpr LogColumn(const char* name, Index Progress::*count, const char* bar = "")
        : name_(name), bar_(bar), count_(count) {}
    constexpr LogColumn(const char* name, double Progress::*number, const char* bar = "", int decimals = 0)
        : name_(name), bar_(bar), decimals_(decimals), number_(number) {}
    constexpr LogColumn(const char* name, double UpdateReport::*number, const char* bar = "", int decimals = 0)
        : name_(name), bar_(bar), decimals_(decimals), of_update_(number) {}

    const char* name() const { return name_; }  ///< of the field
    bool in_bar() const { return *bar_ != 0; }

    /// Returns `visit(field)`, where `field` is the column's field of `progress`: an `Index` or a `double`.
    template <class P, class Visit>
    auto visit(P& progress, const Visit& visit) const {
        if (count_ != nullptr) return visit(progress.*count_);
        return number_ != nullptr ? visit(progress.*number_) : visit(progress.update.*of_update_);
    }

    /// The number in `progress`; NaN where it is absent.
    double value(const Progress& progress) const {
        return visit(progress, [](auto field) { return static_cast<double>(field); });
    }

    /// The text in the progress bar; "-" for a number that is not finite.
    std::string bar_text(const Progress& progress) const {
        const double number = value(progress);
        const std::string text = std::isfinite(number) ? fmt::format("{:.{}f}", number, decimals_) : "-";
        return fmt::vformat(bar_, fmt::make_format_args(text));
    }

private:
    const char* name_;
    const char* bar_;
    int decimals_ = 0;
    // One of these is not null.
    Index Progress::*count_ = nullptr;
    double Progress::*number_ = nullptr;
    double UpdateReport::*of_update_ = nullptr;
};

/// The columns of a training log in their order. The README explains each by the comment of its field.
inline constexpr LogColumn log_columns[] = {
    {"iteration", &Progress::iteration},
    {"steps", &Progress::steps, "{} steps"},
    {"schedule_progress", &Progress::schedule_progress},
    {"seconds", &Progress::seconds},
    {"steps_per_second", &Progress::steps_per_second, "{} steps/s"},
    {"episodes", &Progress::episodes},
    {"lifetime_episodes", &Progress::lifetime_episodes},
    {"mean_return", &Progress::mean_return, "return {}", 1},
    {"mean_length", &Progress::mean_length},
    {"surrogate_loss", &UpdateReport::surrogate_loss},
    {"value_loss", &UpdateReport::value_loss},
    {"explained_variance", &Progress::explained_variance},
    {"entropy", &UpdateReport::entropy},
    {"approximate_kl", &UpdateReport::approximate_kl},
    {"mean_kl", &UpdateReport::mean_kl},
    {"kl_coefficient", &UpdateReport::kl_coefficient},
    {"clip_fraction", &UpdateReport::clip_fraction},
    {"gradient_norm", &UpdateReport::gradient_norm},
    {"learning_rate", &UpdateReport::learning_rate},
    {"step_fraction", &UpdateReport::step_fraction},
    {"rejected_steps", &UpdateReport::rejected_steps},
    {"effective_sample_size", &UpdateReport::effective_sample_size},
    {"behaviour_kl", &UpdateReport::behaviour_kl},
    {"left_out", &UpdateReport::left_out},
};

/// Calls `use(name, number)` for each number of a log, in the order of its columns; `name` is a `std::string_view`,
/// `number` an `Index` (a count) or a `double`, NaN where it is absent. The names are the same in all reports of a
/// trainer, also in the one before its first iteration; metrics follow the table, as `metric/NAME`. All logs get their
/// numbers here.
template <class Use>
void for_each_number(const Progress& progress, const Use& use) {
    for (const LogColumn& column : log_columns) {
        column.visit(progress, [&](auto number) { use(std::string_view(column.name()), number); });
    }
    for_each_metric(progress.metrics, use);
}

}  // namespace GRADIVA_NAMESPACE
