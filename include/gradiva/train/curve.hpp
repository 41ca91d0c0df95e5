#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that keeps all numbers of all reports in memory: a column for each name that logs have (see
/// `for_each_number`), a row for each iteration. Of several trainings with the same names the rows follow each other.
///
///   Curve curve;
///   trainer.train({.steps = 100'000}, curve);
///   curve["mean_return"].back();
class Curve {
public:
    /// The number of iterations.
    Index rows() const { return columns_.empty() ? 0 : static_cast<Index>(columns_.front().size()); }
    /// Of the columns, in their order; none before the first training.
    std::span<const std::string> names() const { return names_; }
    bool contains(std::string_view name) const { return place_of(name) < names_.size(); }

    /// A column, a number for each iteration, NaN where it was absent. Throws `Error` where there is none of the name.
    std::span<const double> operator[](std::string_view name) const {
        const std::size_t place = place_of(name);
        if (place == names_.size()) fail("Curve: there is no column {}; names() says which there are", name);
        return columns_[place];
    }
    /// The same by its position in `names`.
    std::span<const double> operator[](std::size_t place) const { return columns_[place]; }

    /// What the last training is; see `Run::description`.
    const Description& description() const { return description_; }

    static constexpr bool describes_run = true;

    /// Learns the names, and what the training is.
    void on_start(const Run& run) {
        name_columns(run.progress());
        description_ = run.description();
    }

    /// Adds a row. Throws `Error`, and adds nothing, where the report has other names than those before.
    void operator()(const Progress& progress) {
        name_columns(progress);
        std::size_t place = 0;
        for_each_number(
            progress, [&](std::string_view, auto number) { columns_[place++].push_back(static_cast<double>(number)); });
    }

    static constexpr std::string_view state_name = "curve";
    void visit_state(State& state) {
        std::string text;
        for (const std::string& name : names_) text += name + '\n';
        state("names", text);
        if (state.restores()) {
            names_.clear();
            for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end + 1) {
                end = std::min(text.find('\n', begin), text.size());
                names_.push_back(text.substr(begin, end - begin));
            }
            columns_.resize(names_.size());
        }
        state("columns", columns_);
        const auto fits = [this](const std::vector<double>& column) { return column.size() == columns_[0].size(); };
        require(columns_.size() == names_.size() && std::all_of(columns_.begin(), columns_.end(), fits),
                "Curve: what was saved is no table of {} columns", names_.size());
    }

private:
    std::size_t place_of(std::string_view name) const {
        return static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
    }

    void name_columns(const Progress& progress) {
        std::size_t count = 0;
        bool known = true;
        for_each_number(progress, [&](std::string_view name, auto) {
            known = known && count < names_.size() && names_[count] == name;
            ++count;
        });
        if (known && count == names_.size()) return;
        require(names_.empty(), "Curve: a training with other numbers than the one before; give each its own curve");
        columns_.resize(count);
        for_each_number(progress, [&](std::string_view name, auto) { names_.emplace_back(name); });
    }

    Description description_;
    std::vector<std::string> names_;
    std::vector<std::vector<double>> columns_;  // one for each name, all of one length
};

}  // namespace GRADIVA_NAMESPACE
