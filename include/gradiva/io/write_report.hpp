#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/io/detail/durable_file.hpp"
#include "gradiva/io/detail/page_text.hpp"
#include "gradiva/io/detail/player/player_script.hpp"
#include "gradiva/io/detail/report/page_script_chart.hpp"
#include "gradiva/io/detail/report/page_script_data.hpp"
#include "gradiva/io/detail/report/page_script_sections.hpp"
#include "gradiva/io/detail/report/page_style.hpp"
#include "gradiva/io/detail/report/report_json.hpp"
#include "gradiva/io/recorded_run.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `write_report`.
struct WriteReportOptions {
    std::string title = "Training report";  ///< of the page, in UTF-8
};

namespace detail {

/// The page, which loads nothing and may load nothing.
inline std::string report_page(std::span<const RecordedRun> runs, const WriteReportOptions& options) {
    const std::string title = xml_text(options.title);
    std::string page =
        "<!doctype html>\n<html lang=\"en\" data-theme=\"light\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'\">\n<title>";
    const RunGroups all = group_runs(runs);
    const auto counted = [](std::size_t n, const char* what) {
        return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
    };
    std::string subtitle = counted(runs.size(), "run");
    if (all.groups.size() > 1) {
        subtitle += " in " + counted(all.groups.size(), "group");
    } else {
        const auto& options_of_group = all.groups.front().options;
        const auto environment = options_of_group.find("environment");
        subtitle += ": " + xml_text(all.groups.front().name);
        if (environment != options_of_group.end()) subtitle += " in " + xml_text(environment->second);
    }
    for (const std::string_view part :
         {std::string_view(title), std::string_view("</title>\n<style>"), player_style, report_style,
          std::string_view("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the report</a>\n"
                           "<header id=\"head\"><div><h1>"),
          std::string_view(title), std::string_view("</h1>\n<p class=\"sub\">"), std::string_view(subtitle),
          std::string_view("</p></div></header>\n<main id=\"main\" tabindex=\"-1\">"
                           "<noscript>This report draws its curves by a script; allow it.</noscript></main>\n"
                           "<footer>Made by Gradiva. This file is complete: it loads nothing.</footer>\n"
                           "<script type=\"application/json\" id=\"data\">")}) {
        page += part;
    }
    page += report_json(runs);
    page += "</script>\n<script>";
    page += player_script;
    page += "</script>\n<script>\n'use strict';\n(() => {";
    for (const std::string_view part :
         {report_script_data, report_script_chart, report_script_sections, report_script_page}) {
        page += part;
    }
    return page += "})();\n</script>\n</body>\n</html>\n";
}

}  // namespace detail

/// Writes one HTML file that shows the runs, and needs no other file and no network: the final returns and evaluations,
/// curves of all logged quantities, options and what differs in them, played episodes. Runs whose descriptions differ
/// in nothing but seeds are a group: its curves are the median and the quartiles over runs, at the union of their steps
/// without extrapolation; its final return is the interquartile mean over runs with a 95 % bootstrap interval. A run
/// without a description is a group of its own. A drawn curve has at most 400 points; where a run has more, each stands
/// for a range of iterations and keeps its last number and its extremes. A former file is replaced as a whole. Throws
/// `Error` when there is no run, a run without a row, or the file cannot be written.
///
///   const RecordedRun runs[] = {read_run("a.csv"), read_run("b.csv")};
///   write_report("report.html", runs);
inline void write_report(const std::string& path, std::span<const RecordedRun> runs,
                         const WriteReportOptions& options = {}) {
    require(!runs.empty(), "write_report: there are no runs; give at least one");
    for (const RecordedRun& run : runs) {
        require(run.series.table().rows() > 0, "write_report: the run '{}' has no iterations", run.name);
    }
    const std::string page = detail::report_page(runs, options);
    detail::DurableFile file("write_report", path);
    file.write(std::as_bytes(std::span(page)));
    file.commit();
}

}  // namespace GRADIVA_NAMESPACE
