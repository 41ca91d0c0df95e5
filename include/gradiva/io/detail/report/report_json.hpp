#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "gradiva/core/description.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/io/detail/page_text.hpp"
#include "gradiva/io/detail/player/recording_json.hpp"
#include "gradiva/io/detail/report/run_groups.hpp"
#include "gradiva/io/detail/report/series_json.hpp"
#include "gradiva/io/recorded_run.hpp"
#include "gradiva/io/run_statistics.hpp"

// What the script of a report reads: the groups, the runs, and what is known of them.

namespace GRADIVA_NAMESPACE::detail {

using Json = nlohmann::ordered_json;
using RunList = std::vector<const RecordedRun*>;

/// null where it is not finite.
inline Json finite_json(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

/// The last mean return of a run; NaN without one.
inline double final_return(const RecordedRun& run) {
    const StepCurve curve = curve_of(run, "mean_return");
    return curve.y.empty() ? std::nan("") : curve.y.back();
}

/// The interquartile mean of the finite ones of some numbers, and its interval.
inline Json estimate_json(std::vector<double> values) {
    std::erase_if(values, [](double x) { return !std::isfinite(x); });
    const Interval interval = values.size() > 1 ? bootstrap_interval(values) : Interval{};
    return {{"value", finite_json(interquartile_mean(values))},
            {"low", finite_json(interval.low)},
            {"high", finite_json(interval.high)},
            {"count", values.size()}};
}

inline Json evaluation_json(const RecordedEvaluation& evaluation) {
    Json json = {{"mean", finite_json(evaluation.mean_return)},
                 {"std", finite_json(evaluation.std_return)},
                 {"episodes", evaluation.episodes},
                 {"metrics", Json::object()}};
    for (const auto& [name, mean] : evaluation.metrics) json["metrics"][name] = finite_json(mean);
    return json;
}

/// A run: its own curve of the return, and its last numbers. At most so many bytes of played episodes.
inline Json run_json(const RecordedRun& run, std::size_t most_bytes) {
    const SeriesTable table = run.series.table().thinned(most_drawn);
    Json json = {{"name", run.name},         {"seed", seed_of(run)},     {"rows", table.rows()},
                 {"axes", axes_json(table)}, {"series", Json::object()}, {"final", finite_json(final_return(run))},
                 {"notes", run.notes}};
    const SeriesColumn* const returns = table.find("mean_return");
    if (returns != nullptr && has_numbers(*returns)) json["series"]["mean_return"] = column_json(*returns);
    if (run.evaluation) json["evaluation"] = evaluation_json(*run.evaluation);
    if (!run.recording.episodes.empty()) {
        CaughtException failure;
        const auto write = [&] {
            json["recording"] = Json::parse(recording_json("Report", run.recording, most_bytes));
        };
        if (!failure.attempt(write)) json["notes"].push_back("The played episodes are too large for this page.");
    }
    return json;
}

/// Names of all quantities that a run has numbers of, but for the axes; the return first.
inline std::vector<std::string> quantities(const RunList& runs) {
    std::vector<std::string> names;
    const auto is_axis = [](const std::string& name) {
        return std::find(RunSeries::axes.begin(), RunSeries::axes.end(), name) != RunSeries::axes.end();
    };
    for (const RecordedRun* const run : runs) {
        for (const SeriesColumn& column : run->series.table().columns()) {
            if (is_axis(column.name) || !has_numbers(column)) continue;
            if (std::find(names.begin(), names.end(), column.name) == names.end()) names.push_back(column.name);
        }
    }
    const auto returns = std::find(names.begin(), names.end(), "mean_return");
    if (returns != names.end()) std::rotate(names.begin(), returns, returns + 1);
    return names;
}

/// The curves of a group of one run.
inline void add_curves(Json& json, const RecordedRun& run) {
    const SeriesTable table = run.series.table().thinned(most_drawn);
    json["axes"] = axes_json(table);
    for (const std::string& name : quantities({&run})) {
        json["series"][name] = column_json(*table.find(name));
    }
}

/// The curves of a group of several runs, at the union of their steps. Where other axes are shown, a place is the
/// median of the runs that are there, and never before the one in front of it.
inline void add_curves(Json& json, const RunList& runs) {
    const auto band_of = [&](std::string_view name, std::span<const double> places) {
        std::vector<StepCurve> curves;
        for (const RecordedRun* const run : runs) curves.push_back(curve_of(*run, name));
        return places.empty() ? quartile_band(curves) : quartile_band(curves, places);
    };
    const std::vector<double> places = band_of("steps", {}).x;
    for (const std::string_view name : RunSeries::axes) {
        std::vector<double> medians = table_of(band_of(name, places)).find("median")->last;
        if (std::all_of(medians.begin(), medians.end(), [](double x) { return std::isnan(x); })) continue;
        double before = 0;
        for (double& x : medians) x = before = std::fmax(before, x);
        json["axes"][std::string(name)] = places_json(medians);
    }
    for (const std::string& name : quantities(runs)) {
        json["series"][name] = band_json(table_of(band_of(name, places)));
    }
}

inline Json group_json(const RunGroup& group, std::span<const RecordedRun> runs) {
    RunList list;
    std::vector<double> finals, evaluations;
    for (const std::size_t r : group.runs) {
        list.push_back(&runs[r]);
        finals.push_back(final_return(runs[r]));
        if (runs[r].evaluation) evaluations.push_back(runs[r].evaluation->mean_return);
    }
    Json json = {{"name", group.name},
                 {"runs", group.runs},
                 {"options", Json::object()},
                 {"axes", Json::object()},
                 {"series", Json::object()}};
    for (const Description::Entry& option : list.front()->description.entries) {
        if (!is_seed(option.path)) json["options"][option.path] = text_of(option.value);
    }
    json["final"] = estimate_json(finals);
    if (!evaluations.empty()) json["evaluation"] = estimate_json(evaluations);
    if (list.size() == 1) {
        add_curves(json, *list.front());
    } else {
        add_curves(json, list);
    }
    return json;
}

/// Notes runs of a group whose seeds are all the same: they are no independent trainings.
inline void note_equal_seeds(Json& json, const RunGroup& group, std::span<const RecordedRun> runs) {
    std::map<std::string, std::size_t> first;
    for (const std::size_t r : group.runs) {
        std::string seeds;
        for (const Description::Entry& option : runs[r].description.entries) {
            if (is_seed(option.path)) seeds += option.path + ' ' + text_of(option.value) + '\n';
        }
        const auto [found, added] = first.insert({seeds, r});
        if (added || seeds.empty()) continue;
        json["runs"][r]["notes"].push_back(
            fmt::format("Its seed, {}, is also that of '{}' in the same group; a training counts once.",
                        seed_of(runs[r]), runs[found->second].name));
    }
}

/// All that the page shows, as text in which no '<' stands.
inline std::string report_json(std::span<const RecordedRun> runs) {
    constexpr std::size_t most_bytes = 200'000;  // of all played episodes
    const RunGroups all = group_runs(runs);
    RunList list;
    std::size_t played = 0;
    for (const RecordedRun& run : runs) {
        list.push_back(&run);
        if (!run.recording.episodes.empty()) ++played;
    }
    Json json = {{"quantities", quantities(list)},
                 {"differing", all.differing},
                 {"groups", Json::array()},
                 {"runs", Json::array()}};
    for (const RunGroup& group : all.groups) json["groups"].push_back(group_json(group, runs));
    for (const RecordedRun& run : runs)
        json["runs"].push_back(run_json(run, most_bytes / std::max<std::size_t>(1, played)));
    for (const RunGroup& group : all.groups) note_equal_seeds(json, group, runs);
    return page_json(json.dump(-1, ' ', true, Json::error_handler_t::replace));
}

}  // namespace GRADIVA_NAMESPACE::detail
