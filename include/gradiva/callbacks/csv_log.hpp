#pragma once

#include <charconv>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

#include "gradiva/callbacks/detail/file_beside.hpp"
#include "gradiva/callbacks/detail/log_file.hpp"
#include "gradiva/callbacks/detail/run_json.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

/// Appends the text of a cell: all digits of a count, nine significant digits of a number; nothing where it is not
/// finite.
inline void append_csv(std::string& line, Index count) {
    char digits[24];
    line.append(digits, std::to_chars(digits, digits + sizeof digits, count).ptr);
}
inline void append_csv(std::string& line, double number) {
    if (!std::isfinite(number)) return;
    char digits[32];
    line.append(digits, std::to_chars(digits, digits + sizeof digits, number, std::chars_format::general, 9).ptr);
}

/// Appends a text, in quotes where it needs them (RFC 4180).
inline void append_csv(std::string& line, std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        line += text;
        return;
    }
    line += '"';
    for (const char c : text) {
        if (c == '"') line += c;
        line += c;
    }
    line += '"';
}

}  // namespace detail

/// Callback of `train` that writes a CSV file: a header line with the names of `for_each_number`, then one line per
/// iteration. The file is flushed after each line, and consists of complete lines also after an interrupted run or on a
/// full disk, which is an `Error`. A cell is empty where the number is not finite. The file is opened, and an existing
/// one replaced, at the start of the first training that the log is given to; further trainings append their lines. In
/// a training that is resumed, the lines after the checkpoint are cut off and written again.
///
/// Beside the file, such as "run.csv", lies "run.csv.json", which says what the training is: the first line of a
/// `JsonLog`, written anew at the start of each training; not beside a pipe, a device or a name such as /dev/stdout.
class CsvLog {
public:
    /// Writes to `path`; nothing is opened before `on_start`.
    explicit CsvLog(std::string path) : file_("CsvLog", std::move(path)) {}

    static constexpr bool describes_run = true;

    /// Opens the file, and writes the one beside it. Throws `Error` when one of them cannot be written.
    void on_start(const Run& run) {
        open(run.progress());
        if (!detail::has_place_beside(file_.path())) return;
        detail::replace_file("CsvLog", file_.path() + ".json", detail::json_header(run.description(), run.progress()));
    }

    /// Writes a line; opens the file before, for callers that do not call `on_start`. Throws `Error` when that fails.
    void operator()(const Progress& progress) {
        open(progress);
        line_.clear();
        for_each_number(progress, [&](std::string_view, auto number) { add_cell(number); });
        line_.back() = '\n';
        file_.write(line_);
    }

    static constexpr std::string_view state_name = "csv_log";
    /// How far the file was written. What was written is on the disk then.
    void visit_state(State& state) { file_.visit_state(state); }

private:
    template <class Cell>
    void add_cell(const Cell& cell) {
        detail::append_csv(line_, cell);
        line_ += ',';
    }

    void open(const Progress& progress) {
        file_.open([&] {
            line_.clear();
            for_each_number(progress, [&](std::string_view name, auto) { add_cell(name); });
            line_.back() = '\n';
            return std::string_view(line_);
        });
    }

    detail::LogFile file_;
    std::string line_;
};

}  // namespace GRADIVA_NAMESPACE
