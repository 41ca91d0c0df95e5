#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "gradiva/core/check.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/io/recorded_run.hpp"
#include "gradiva/train/log_columns.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// How many brackets are open at once in a text of JSON, at most.
inline std::size_t nesting(std::string_view text) {
    std::size_t depth = 0, deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') in_string = !in_string;
        if (in_string && c == '\\') ++i;
        if (in_string) continue;
        if (c == '[' || c == '{') deepest = std::max(deepest, ++depth);
        if ((c == ']' || c == '}') && depth > 0) --depth;
    }
    return deepest;
}

/// What a text of JSON says; discarded where it is none. Throws `Error` where it is nested so deeply that writing it
/// again, which is recursive, could exhaust the stack.
inline nlohmann::ordered_json parsed_json(std::string_view text) {
    constexpr std::size_t most = 64;
    require(nesting(text) <= most, "'{}' has more than {} brackets within each other; no log has", printable(text),
            most);
    return nlohmann::ordered_json::parse(text, nullptr, false);
}

inline nlohmann::ordered_json parsed_object(std::string_view text) {
    nlohmann::ordered_json object = parsed_json(text);
    require(object.is_object(), "'{}' is no JSON object", printable(text));
    return object;
}

inline std::string json_text(const nlohmann::ordered_json& value) {
    return value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

/// The text of a value as people read it.
inline std::string json_words(const nlohmann::ordered_json& value) {
    return value.is_string() ? value.get<std::string>() : json_text(value);
}

/// A value of a description; what it cannot hold, such as an object, as its text.
inline DescriptionValue description_value(const nlohmann::ordered_json& value) {
    if (value.is_boolean()) return value.get<bool>();
    if (value.is_number_unsigned() && value.get<std::uint64_t>() >> 63 != 0) return value.get<std::uint64_t>();
    if (value.is_number_integer()) return value.get<std::int64_t>();
    if (value.is_number()) return value.get<double>();
    if (!value.is_array()) return json_words(value);
    std::vector<double> numbers;
    for (const auto& x : value) {
        if (!x.is_number()) return json_words(value);
        numbers.push_back(x.get<double>());
    }
    return numbers;
}

/// Takes the description out of a line that has one.
inline void read_description(const nlohmann::ordered_json& object, RecordedRun& run) {
    const auto description = object.find("description");
    if (description == object.end()) return;
    require(description->is_object(), "\"description\" is {}; it is an object", printable(json_words(*description)));
    run.description = {};
    for (const auto& [path, value] : description->items()) {
        run.description.entries.push_back({path, description_value(value)});
    }
}

/// Takes version and description from the first line of a log, or the file beside it.
inline void read_log_header(const nlohmann::ordered_json& header, RecordedRun& run) {
    const auto version = header.find("gradiva_log");
    require(version != header.end(), "there is no version, \"gradiva_log\": {}; this is no log of this library",
            log_version);
    require(version->is_number_integer() && *version == log_version,
            "the log has version {}; this library reads version {}, a newer one reads it",
            printable(json_words(*version)), log_version);
    if (const auto columns = header.find("columns"); columns != header.end() && columns->is_array()) {
        for (const auto& name : *columns) {
            if (name.is_string()) run.series.column(name.get<std::string>());  // in the order of the log
        }
    }
    read_description(header, run);
}

/// Reads what stands beside a CSV log, if it is there.
inline void read_description_beside(const std::string& path, RecordedRun& run) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        run.notes.emplace_back("No description of the training lies beside its log.");
        return;
    }
    std::ifstream file(path, std::ios::binary);
    require(file.is_open(), "read_run: cannot read '{}'", path);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    with_prefix([&] { read_log_header(parsed_object(text), run); }, [&] { return "read_run: '" + path + "'"; });
}

/// The evaluation in a line of a log.
inline RecordedEvaluation evaluation_in(const nlohmann::ordered_json& value) {
    require(value.is_object(), "\"evaluation\" is {}; it is an object", printable(json_words(value)));
    const auto number = [&](const char* name) {
        const auto found = value.find(name);
        require(found != value.end() && found->is_number(), "the evaluation has no number \"{}\"", name);
        return found->get<double>();
    };
    RecordedEvaluation evaluation{.mean_return = number("mean_return")};
    if (value.contains("std_return")) evaluation.std_return = number("std_return");
    const double episodes = number("episodes");
    require(episodes >= 1 && episodes <= 1e15, "the evaluation is of {} episodes", episodes);
    evaluation.episodes = static_cast<Index>(episodes);
    constexpr std::string_view prefix = "metric/";
    for (const auto& [name, x] : value.items()) {
        if (!name.starts_with(prefix) || !x.is_number()) continue;
        evaluation.metrics.push_back({name.substr(prefix.size()), x.get<double>()});
    }
    return evaluation;
}

}  // namespace GRADIVA_NAMESPACE::detail
