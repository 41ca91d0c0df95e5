// The three logs behind one form, for tests of what they have in common.
#pragma once

#include <filesystem>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "gradiva/callbacks/csv_log.hpp"
#include "gradiva/callbacks/json_log.hpp"
#include "gradiva/callbacks/tensorboard_log.hpp"
#include "helpers/event_file.hpp"
#include "helpers/temporary_folder.hpp"

namespace gradiva_test {

/// The file that a log of this path has written; empty where there is none.
template <class Log>
std::string file_of(const std::string& path) {
    if constexpr (std::is_same_v<Log, gradiva::TensorBoardLog>) {
        if (!std::filesystem::exists(path)) return {};
        std::string found;
        for (const auto& entry : std::filesystem::directory_iterator(path)) found = entry.path().string();
        return found;
    } else {
        return std::filesystem::exists(path) ? path : std::string();
    }
}

/// What a log has written, but for times; empty where its file does not consist of whole records.
template <class Log>
std::string content_of(const std::string& path) {
    const std::string bytes = read_text(file_of<Log>(path));
    if constexpr (std::is_same_v<Log, gradiva::TensorBoardLog>) {
        std::string text;
        for (const ScalarEvent& event : scalar_events(bytes)) {
            text += "at " + std::to_string(event.step);
            for (const auto& [name, number] : event.scalars) text += ' ' + name + '=' + std::to_string(number);
            text += '\n';
        }
        return text;
    } else {
        return bytes.ends_with('\n') ? bytes : std::string();
    }
}

/// What a call of `train` begins with.
template <class Log>
void start(Log& log, const gradiva::Progress& progress = {}) {
    gradiva::Run run("Test", progress);
    log.on_start(run);
}

/// The reports of the iterations `from`, ..., `to`.
template <class Log>
void log_iterations(Log& log, gradiva::Index from, gradiva::Index to) {
    for (gradiva::Index i = from; i <= to; ++i) log(gradiva::Progress{.iteration = i, .steps = 10 * i});
}

inline std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace gradiva_test
