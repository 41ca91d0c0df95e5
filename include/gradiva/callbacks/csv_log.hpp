#pragma once

#include <cmath>
#include <string>
#include <type_traits>

#include <fmt/core.h>

#include "gradiva/core/line_file.hpp"
#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that writes one line of comma-separated values per iteration, under a line of names. Each line
/// is written out at once, so that an interrupted run leaves whole lines; so does a full disk, which is an `Error`. A
/// number that does not exist yet is left empty.
class CsvLog {
public:
    /// Throws `Error` when the file cannot be written; an existing one is replaced.
    explicit CsvLog(const std::string& path) : file_("CsvLog", path) {
        std::string line;
        for_each_field(Progress{}, [&](const char* name, auto) { append(line, name); });
        write(line);
    }

    void operator()(const Progress& progress) {
        std::string line;
        for_each_field(progress, [&](const char*, auto value) {
            if constexpr (std::is_floating_point_v<decltype(value)>) {
                append(line, std::isfinite(value) ? fmt::format("{:.9g}", value) : "");
            } else {
                append(line, fmt::format("{}", value));
            }
        });
        write(line);
    }

private:
    static void append(std::string& line, const std::string& cell) {
        if (!line.empty()) line += ',';
        line += cell;
    }

    void write(std::string& line) {
        line += '\n';
        file_.add(line);
        file_.flush();
    }

    detail::LineFile file_;
};

}  // namespace GRADIVA_NAMESPACE
