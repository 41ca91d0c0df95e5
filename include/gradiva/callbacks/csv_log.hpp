#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "gradiva/core/record_file.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that writes a CSV file: a header line with the names of `log_columns`, then one line per
/// iteration. The file is flushed after each line, and consists of complete lines also after an interrupted run or on a
/// full disk, which is an `Error`. A cell is empty where the number is not finite. The file is opened, and an existing
/// one replaced, at the start of the first training that the log is given to; further trainings append their lines. In
/// a training that is resumed, the lines after the checkpoint are cut off and written again.
class CsvLog {
public:
    /// Writes to `path`; nothing is opened before `on_start`.
    explicit CsvLog(std::string path) : path_(std::move(path)) {}

    /// Opens the file. Throws `Error` when it cannot be written.
    void on_start(const Run&) { open(); }

    /// Writes a line; opens the file before, for callers that do not call `on_start`. Throws `Error` when that fails.
    void operator()(const Progress& progress) {
        open();
        write(*file_, [&](const LogColumn& column) { return column.cell(progress); });
    }

    static constexpr std::string_view state_name = "csv_log";
    /// How far the file was written. What was written is on the disk then.
    void visit_state(State& state) {
        if (file_ && !state.restores()) file_->sync();
        RecordFilePosition position = file_ ? file_->position() : resumed_;
        state("bytes", position.bytes);
        state("crc64", position.crc64);
        if (!state.restores()) return;
        resumed_ = position;
        file_.reset();
    }

private:
    void open() {
        if (file_) return;
        if (resumed_.bytes > 0) {
            file_.emplace("CsvLog", path_, resumed_);
            return;
        }
        RecordFile file("CsvLog", path_);
        write(file, [](const LogColumn& column) { return std::string(column.name()); });
        file_ = std::move(file);
    }

    template <class Cell>
    static void write(RecordFile& file, const Cell& cell_of) {
        std::string line;
        for (const LogColumn& column : log_columns) line += cell_of(column) + ',';
        line.back() = '\n';
        file.add(line);
        file.flush();
    }

    std::string path_;
    std::optional<RecordFile> file_;
    RecordFilePosition resumed_;  // where the next file goes on
};

}  // namespace GRADIVA_NAMESPACE
