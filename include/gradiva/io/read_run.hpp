#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/io/detail/report/line_reader.hpp"
#include "gradiva/io/detail/report/log_json.hpp"
#include "gradiva/io/recorded_run.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

/// The number of a JSON value; NaN of null.
inline double number_in(const nlohmann::ordered_json& value, std::string_view name) {
    if (!value.is_number() && !value.is_null())
        fail("'{}' is {}; it is a number", printable(name), printable(json_text(value)));
    return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

/// What stands in a log whose lines are JSON objects.
class JsonLogReader {
public:
    explicit JsonLogReader(RecordedRun& run) : run_(run) {}

    void header(const std::string& line) { read_log_header(parsed_object(line), run_); }

    void line(const std::string& text) {
        const nlohmann::ordered_json object = parsed_object(text);
        if (object.contains("evaluation")) run_.evaluation = evaluation_in(object["evaluation"]);
        if (!object.contains("iteration")) return read_description(object, run_);
        numbers_.assign(numbers_.size(), std::numeric_limits<double>::quiet_NaN());
        for (const auto& [name, value] : object.items()) {
            if (!value.is_number()) continue;  // of a later version
            const std::size_t column = run_.series.column(name);
            if (column >= numbers_.size()) numbers_.resize(column + 1, std::numeric_limits<double>::quiet_NaN());
            numbers_[column] = value.get<double>();
        }
        run_.series.add(numbers_);
    }

private:
    RecordedRun& run_;
    std::vector<double> numbers_ =
        std::vector<double>(RunSeries::axes.size(), std::numeric_limits<double>::quiet_NaN());
};

/// The cells of a line of CSV, some of which may be in quotes (RFC 4180).
inline std::vector<std::string> csv_texts(std::string_view line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (quoted && line.substr(i).starts_with("\"\"")) {
            cells.back() += line[i++];
        } else if (line[i] == '"') {
            quoted = !quoted;
        } else if (line[i] == ',' && !quoted) {
            cells.emplace_back();
        } else {
            cells.back() += line[i];
        }
    }
    return cells;
}

/// What stands in a log of comma-separated numbers below a line of names.
class CsvLogReader {
public:
    explicit CsvLogReader(RecordedRun& run) : run_(run) {}

    void header(const std::string& line) {
        for (const std::string& name : csv_texts(line)) {
            require(!name.empty(), "column {} has no name", columns_.size() + 1);
            const std::size_t column = run_.series.column(name);
            for (const std::size_t other : columns_)
                require(other != column, "two columns are called '{}'", printable(name));
            columns_.push_back(column);
            names_.push_back(name);
        }
        for (const char* name : {"iteration", "steps"}) {
            require(std::find(names_.begin(), names_.end(), name) != names_.end(),
                    "there is no column '{}'; a log of this library has it", name);
        }
    }

    void line(const std::string& text) {
        json_.assign(1, '[');
        std::size_t count = 0;
        for (const std::string_view cell : cells(text)) {
            json_ += count++ > 0 ? "," : "";
            json_ += cell.empty() ? "null" : cell;
        }
        json_ += ']';
        require(count == columns_.size(), "there are {} cells in {} columns", count, columns_.size());
        const nlohmann::ordered_json row = parsed_json(json_);
        require(row.is_array() && row.size() == count, "'{}' is no row of numbers", printable(text));
        numbers_.assign(run_.series.table().columns().size(), std::numeric_limits<double>::quiet_NaN());
        for (std::size_t i = 0; i < count; ++i) numbers_[columns_[i]] = number_in(row[i], names_[i]);
        run_.series.add(numbers_);
    }

private:
    const std::vector<std::string_view>& cells(std::string_view line) {
        cells_.clear();
        for (std::size_t begin = 0; begin <= line.size();) {
            const std::size_t end = std::min(line.find(',', begin), line.size());
            cells_.push_back(line.substr(begin, end - begin));
            begin = end + 1;
        }
        return cells_;
    }

    RecordedRun& run_;
    std::vector<std::string> names_;
    std::vector<std::size_t> columns_;  // of the series, for each of the file
    std::vector<std::string_view> cells_;
    std::vector<double> numbers_;
    std::string json_;
};

/// The lines of a log after its first, which the reader's `header` has read.
template <class Reader>
void read_lines(LineReader& lines, Reader& reader, RecordedRun& run) {
    const auto where = [&] { return fmt::format("read_run: '{}', line {}", run.name, lines.number()); };
    with_prefix([&] { reader.header(lines.line()); }, where);
    while (lines.next()) {
        if (!lines.complete()) {
            run.notes.push_back(fmt::format("Line {} of the log is cut off and left out.", lines.number()));
            break;
        }
        with_prefix([&] { reader.line(lines.line()); }, where);
    }
}

}  // namespace detail

/// Reads a log of `JsonLog` or `CsvLog`; what the latter says of the training stands in `path`.json, without which the
/// description is empty. Memory is bounded, whatever the number of lines and of names in them
/// (`RunSeries::most_columns`). A last line without its line break, of a training that was interrupted, is left out and
/// noted. Throws an `Error` that names file and line where there is no file or no iteration, a line is wrong, or the
/// log has another version.
inline RecordedRun read_run(const std::string& path) {
    RecordedRun run;
    run.name = path;
    detail::LineReader lines("read_run", path);
    require(lines.next(), "read_run: '{}' is empty; a log begins with a line on what is in it", path);
    if (lines.line().starts_with('{')) {
        detail::JsonLogReader reader(run);
        detail::read_lines(lines, reader, run);
    } else {
        detail::CsvLogReader reader(run);
        detail::read_lines(lines, reader, run);
        detail::read_description_beside(path + ".json", run);
    }
    require(run.series.table().rows() > 0, "read_run: '{}' has no complete line of an iteration; was it just begun?",
            path);
    return run;
}

}  // namespace GRADIVA_NAMESPACE
