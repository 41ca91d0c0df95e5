#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "gradiva/core/line_file.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that writes a CSV file: a header line with the names that `for_each_number` gives, then one line
/// per iteration. The file is flushed after each line, and consists of complete lines also after an interrupted run or
/// on a full disk, which is an `Error`. A cell is empty where the number is not finite. The file is opened, and an
/// existing one replaced, at the start of the first training that the log is given to; further trainings append their
/// lines. In a training that is resumed, the lines after the checkpoint are cut off and written again.
class CsvLog {
public:
    /// Writes to `path`; nothing is opened before `on_start`.
    explicit CsvLog(std::string path) : path_(std::move(path)) {}

    /// Opens the file. Throws `Error` when it cannot be written.
    void on_start(const Run& run) { open(run.progress()); }

    /// Writes a line; opens the file before, for callers that do not call `on_start`. Throws `Error` when that fails.
    void operator()(const Progress& progress) {
        open(progress);
        write(*file_, progress, [](std::string_view, auto number) { return cell_of(number); });
    }

    static constexpr std::string_view state_name = "csv_log";
    /// How far the file was written. What was written is on the disk then.
    void visit_state(State& state) {
        if (file_ && !state.restores()) file_->sync();
        LineFilePosition position = file_ ? file_->position() : resumed_;
        state("bytes", position.bytes);
        state("crc64", position.crc64);
        if (!state.restores()) return;
        resumed_ = position;
        file_.reset();
    }

private:
    void open(const Progress& progress) {
        if (file_) return;
        if (resumed_.bytes > 0) {
            file_.emplace("CsvLog", path_, resumed_);
            return;
        }
        LineFile file("CsvLog", path_);
        write(file, progress, [](std::string_view name, auto) { return std::string(name); });
        file_ = std::move(file);
    }

    static std::string cell_of(Index count) { return fmt::format("{}", count); }
    static std::string cell_of(double number) { return std::isfinite(number) ? fmt::format("{:.9g}", number) : ""; }

    template <class Cell>
    static void write(LineFile& file, const Progress& progress, const Cell& cell_of) {
        std::string line;
        for_each_number(progress, [&](std::string_view name, auto number) { line += cell_of(name, number) + ','; });
        line.back() = '\n';
        file.add(line);
        file.flush();
    }

    std::string path_;
    std::optional<LineFile> file_;
    LineFilePosition resumed_;  // where the next file goes on
};

}  // namespace GRADIVA_NAMESPACE
