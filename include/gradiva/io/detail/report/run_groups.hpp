#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/description.hpp"
#include "gradiva/io/recorded_run.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Runs of one experiment: their descriptions differ in nothing but seeds.
struct RunGroup {
    std::string name = {};
    std::vector<std::size_t> runs = {};
    std::map<std::string, std::string> options = {};  ///< without seeds; empty where there is no description
};

/// All groups, in the order of their first runs.
struct RunGroups {
    std::vector<RunGroup> groups = {};
    std::vector<std::string> differing = {};  ///< paths of options that are not the same in all described groups
};

inline std::string_view last_component(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

inline bool is_seed(std::string_view path) { return last_component(path) == "seed"; }

/// A value as people read it.
inline std::string text_of(const DescriptionValue& value) {
    if (const auto* const text = std::get_if<std::string>(&value)) return *text;
    std::string text;
    append_json_value(text, value);
    return text;
}

/// The seed of a run as its description says; empty where it does not.
inline std::string seed_of(const RecordedRun& run) {
    for (const Description::Entry& option : run.description.entries) {
        if (is_seed(option.path)) return text_of(option.value);
    }
    return {};
}

inline std::map<std::string, std::string> options_without_seeds(const RecordedRun& run) {
    std::map<std::string, std::string> options;
    for (const Description::Entry& option : run.description.entries) {
        if (!is_seed(option.path)) options[option.path] = text_of(option.value);
    }
    return options;
}

/// Paths whose values differ between the groups that have a description, in the order of the descriptions.
inline std::vector<std::string> differing_paths(std::span<const RecordedRun> runs, const RunGroups& all) {
    std::vector<std::string> differing;
    std::set<std::string> seen;
    const RunGroup* first = nullptr;
    const auto differs = [&](const std::string& path) {
        const auto of_first = first->options.find(path);
        return std::any_of(all.groups.begin(), all.groups.end(), [&](const RunGroup& group) {
            const auto found = group.options.find(path);
            if (group.options.empty()) return false;
            return (found == group.options.end()) != (of_first == first->options.end()) ||
                   (found != group.options.end() && found->second != of_first->second);
        });
    };
    for (const RunGroup& group : all.groups) {
        if (group.options.empty()) continue;
        if (first == nullptr) first = &group;
        for (const Description::Entry& option : runs[group.runs.front()].description.entries) {
            if (is_seed(option.path) || !seen.insert(option.path).second) continue;
            if (differs(option.path)) differing.push_back(option.path);
        }
    }
    return differing;
}

/// What tells a group from others: what "experiment" in its description says, if it does; else the first of the options
/// that differ, behind the algorithm where that does too; the algorithm where nothing does; the name of its run where
/// there is no description.
inline std::string name_of(const RunGroup& group, const std::vector<std::string>& differing,
                           std::span<const RecordedRun> runs) {
    constexpr std::size_t most = 3;
    const auto named = group.options.find("experiment"), algorithm = group.options.find("algorithm");
    if (named != group.options.end()) return named->second;
    if (algorithm == group.options.end()) return runs[group.runs.front()].name;
    std::string name;
    if (differing.empty() || differing.front() == "algorithm") name = algorithm->second;
    std::size_t count = 0;
    for (const std::string& path : differing) {
        const auto found = group.options.find(path);
        if (path == "algorithm" || found == group.options.end() || count++ >= most) continue;
        name += fmt::format("{}{} {}", name.empty() ? "" : ", ", last_component(path), found->second);
    }
    return name.empty() ? algorithm->second : name;
}

/// Makes names differ.
inline void number_equal_names(std::vector<RunGroup>& groups) {
    std::map<std::string, int> count;
    for (RunGroup& group : groups) {
        const int number = ++count[group.name];
        if (number > 1) group.name += fmt::format(" ({})", number);
    }
}

/// Groups the runs; one without a description is a group of its own.
inline RunGroups group_runs(std::span<const RecordedRun> runs) {
    RunGroups all;
    for (std::size_t r = 0; r < runs.size(); ++r) {
        const std::map<std::string, std::string> options = options_without_seeds(runs[r]);
        const auto same = [&](const RunGroup& group) { return !options.empty() && group.options == options; };
        const auto found = std::find_if(all.groups.begin(), all.groups.end(), same);
        if (found != all.groups.end()) {
            found->runs.push_back(r);
        } else {
            all.groups.push_back({.runs = {r}, .options = options});
        }
    }
    all.differing = differing_paths(runs, all);
    for (RunGroup& group : all.groups) group.name = name_of(group, all.differing, runs);
    number_equal_names(all.groups);
    return all;
}

}  // namespace GRADIVA_NAMESPACE::detail
