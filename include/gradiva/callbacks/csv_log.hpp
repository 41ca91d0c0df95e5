#pragma once

#include <optional>
#include <string>
#include <utility>

#include "gradiva/core/line_file.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that writes one line of comma-separated values per iteration, under a line of names. Each line
/// is written out at once, so that an interrupted run leaves whole lines; so does a full disk, which is an `Error`. A
/// number that does not exist yet is left empty. The file is opened, and an existing one replaced, when the first
/// training starts that the log is given to; further trainings add their lines to it.
class CsvLog {
public:
    explicit CsvLog(std::string path) : path_(std::move(path)) {}

    /// Throws `Error` when the file cannot be written.
    void on_start(const Run&) { open(); }

    /// Throws `Error` when the disk is full. Opens the file, for a caller other than `train`.
    void operator()(const Progress& progress) {
        open();
        write(*file_, [&](const LogColumn& column) { return column.cell(progress); });
    }

private:
    void open() {
        if (file_) return;
        detail::LineFile file("CsvLog", path_);
        write(file, [](const LogColumn& column) { return std::string(column.name()); });
        file_ = std::move(file);
    }

    template <class Cell>
    static void write(detail::LineFile& file, const Cell& cell_of) {
        std::string line;
        for (const LogColumn& column : log_columns) line += cell_of(column) + ',';
        line.back() = '\n';
        file.add(line);
        file.flush();
    }

    std::string path_;
    std::optional<detail::LineFile> file_;
};

}  // namespace GRADIVA_NAMESPACE
