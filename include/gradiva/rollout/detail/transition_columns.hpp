#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/action_batch.hpp"

// The columns of recorded transitions; rollout/recorded_rollout.hpp says what they hold.

namespace GRADIVA_NAMESPACE::detail {

inline std::vector<std::string> transition_columns(Index observation_size, Index mask_size, ActionShape action) {
    std::vector<std::string> names{"environment", "step"};
    for (Index i = 0; i < observation_size; ++i) names.push_back(fmt::format("observation_{}", i));
    for (Index i = 0; i < mask_size; ++i) names.push_back(fmt::format("legal_{}", i));
    for (Index i = 0; i < action.integers + action.reals; ++i) names.push_back(fmt::format("action_{}", i));
    for (const char* name : {"log_prob", "reward", "terminated", "truncated"}) names.push_back(name);
    for (Index i = 0; i < observation_size; ++i) names.push_back(fmt::format("next_observation_{}", i));
    return names;
}

/// The first line of a file with these columns.
inline std::string transition_header(const std::vector<std::string>& columns) {
    std::string line;
    for (const std::string& name : columns) line += (line.empty() ? "" : ",") + name;
    return line;
}

/// The same for messages: where there are many columns, numbered ones by the first and the last of their kind.
inline std::string transition_header_in_short(const std::vector<std::string>& columns) {
    constexpr std::size_t few = 40;
    if (columns.size() <= few) return transition_header(columns);
    const auto kind = [](const std::string& name) {
        const bool numbered = name.back() >= '0' && name.back() <= '9';
        return numbered ? name.substr(0, name.rfind('_')) : name;
    };
    std::vector<std::string> shown;
    for (std::size_t i = 0; i < columns.size();) {
        std::size_t end = i + 1;
        while (end < columns.size() && kind(columns[end]) == kind(columns[i])) ++end;
        shown.push_back(columns[i]);
        if (end - i > 2) shown.push_back("...");
        if (end - i > 1) shown.push_back(columns[end - 1]);
        i = end;
    }
    return transition_header(shown);
}

inline std::vector<std::string_view> split_cells(std::string_view line) {
    std::vector<std::string_view> cells;
    for (std::size_t comma = 0; comma != line.npos;) {
        comma = line.find(',');
        cells.push_back(line.substr(0, comma));
        line.remove_prefix(comma == line.npos ? line.size() : comma + 1);
    }
    for (std::string_view& cell : cells) {
        const std::size_t first = std::min(cell.find_first_not_of(" \t"), cell.size());
        cell = cell.substr(first, cell.find_last_not_of(" \t") + 1 - first);
    }
    return cells;
}

}  // namespace GRADIVA_NAMESPACE::detail
