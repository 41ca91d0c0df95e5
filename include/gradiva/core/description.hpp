#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/core/json_text.hpp"

namespace GRADIVA_NAMESPACE {

/// A number, yes or no, a text, or a list of numbers. Integers above the largest `std::int64_t` are of the unsigned
/// type, all others of the signed one.
using DescriptionValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string, std::vector<double>>;

/// What something is, such as a training: values by their paths, such as "update/options/learning_rate", in the order
/// in which a visitor of its state meets them.
struct Description {
    struct Entry {
        std::string path;
        DescriptionValue value;

        bool operator==(const Entry&) const = default;
    };

    std::vector<Entry> entries = {};

    /// The value at the path; null where there is none.
    const DescriptionValue* find(std::string_view path) const {
        const auto found =
            std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.path == path; });
        return found == entries.end() ? nullptr : &found->value;
    }

    /// Adds a value, or replaces that of the path.
    void set(std::string_view path, DescriptionValue value) {
        for (Entry& entry : entries) {
            if (entry.path != path) continue;
            entry.value = std::move(value);
            return;
        }
        entries.push_back({std::string(path), std::move(value)});
    }

    bool operator==(const Description&) const = default;
};

/// Appends a list of numbers in JSON.
inline void append_json(std::string& out, const std::vector<double>& numbers) {
    out += '[';
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (i > 0) out += ',';
        append_json(out, numbers[i]);
    }
    out += ']';
}

/// Appends a value in JSON; numbers that are not finite are texts there (see `append_json` of a double).
inline void append_json_value(std::string& out, const DescriptionValue& value) {
    std::visit([&](const auto& alternative) { append_json(out, alternative); }, value);
}

/// Appends a JSON object of the values by their paths.
inline void append_json(std::string& out, const Description& description) {
    out += '{';
    for (const Description::Entry& entry : description.entries) {
        if (out.back() != '{') out += ',';
        append_json(out, entry.path);
        out += ':';
        append_json_value(out, entry.value);
    }
    out += '}';
}

}  // namespace GRADIVA_NAMESPACE
