#pragma once

#include <string>

#include "gradiva/core/line_file.hpp"
#include "gradiva/train/log_columns.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that writes one line of comma-separated values per iteration, under a line of names. Each line
/// is written out at once, so that an interrupted run leaves whole lines; so does a full disk, which is an `Error`. A
/// number that does not exist yet is left empty.
class CsvLog {
public:
    /// Throws `Error` when the file cannot be written; an existing one is replaced.
    explicit CsvLog(const std::string& path) : file_("CsvLog", path) {
        write([](const LogColumn& column) { return std::string(column.name()); });
    }

    void operator()(const Progress& progress) {
        write([&](const LogColumn& column) { return column.cell(progress); });
    }

private:
    template <class Cell>
    void write(const Cell& cell_of) {
        std::string line;
        for (const LogColumn& column : log_columns) line += cell_of(column) + ',';
        line.back() = '\n';
        file_.add(line);
        file_.flush();
    }

    detail::LineFile file_;
};

}  // namespace GRADIVA_NAMESPACE
