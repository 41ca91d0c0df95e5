#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <string_view>

#include "gradiva/core/description.hpp"
#include "gradiva/core/json_text.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Appends a member's name and colon to a JSON object.
inline void append_json_name(std::string& out, std::string_view name) {
    if (out.back() != '{') out += ',';
    append_json(out, name);
    out += ':';
}

/// What a log begins with, a JSON object and a line break: version, description, and the names of the numbers.
inline std::string json_header(const Description& description, const Progress& progress) {
    std::string out = "{";
    append_json_name(out, "gradiva_log");
    append_json(out, log_version);
    append_json_name(out, "description");
    append_json(out, description);
    append_json_name(out, "columns");
    out += '[';
    for_each_number(progress, [&](std::string_view name, auto) {
        if (out.back() != '[') out += ',';
        append_json(out, name);
    });
    return out + "]}\n";
}

}  // namespace GRADIVA_NAMESPACE::detail
