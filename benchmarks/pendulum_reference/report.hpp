// What the program prints, and what it writes for other programs.
#pragma once

#include <fmt/format.h>

#include <optional>

#include "../common/compiler.hpp"
#include "breakdown.hpp"

namespace pendulum_reference {

struct Report {
    Variant variant = {};
    Index threads = 0;
    std::vector<double> seconds = {};  ///< of each training
    double greedy_return = 0;          ///< mean of 1,000 episodes
    double peak_memory = 0;            ///< bytes
    std::optional<Breakdown> breakdown = {};

    double rate() const { return static_cast<double>(steps) / median(seconds); }
};

namespace detail {

/// The least time that a stage could take at the peak rates.
inline double floor_of(const Stage& stage, const Breakdown& breakdown) {
    return stage.flops / breakdown.peak_flops + stage.bytes / breakdown.peak_bytes;
}

inline void print_line(const std::string& name, double seconds, double total, const std::string& rates = "") {
    fmt::print("{:<16}{:>10.1f}{:>8.1f}{}\n", name, 1e3 * seconds, 100 * seconds / total, rates);
}

inline void print_stage(const Stage& stage, const Breakdown& breakdown) {
    const double work = stage.flops + stage.bytes;  // one of them is 0
    const double peak = stage.flops > 0 ? breakdown.peak_flops : breakdown.peak_bytes;
    print_line("  " + stage.name, stage.seconds, breakdown.seconds,
               fmt::format("{:>10.1f}{:>10.3f}{:>10.1f} {}{:>8.1f}", 1e3 * floor_of(stage, breakdown), work * 1e-9,
                           work * 1e-9 / stage.seconds, stage.flops > 0 ? "GFLOP/s" : "GB/s   ",
                           100 * work / stage.seconds / peak));
}

}  // namespace detail

inline void print(const Breakdown& breakdown) {
    fmt::print("\nOne thread, timed part by part. Peak: {:.1f} GFLOP/s; copies: {:.1f} GB/s\n",
               breakdown.peak_flops * 1e-9, breakdown.peak_bytes * 1e-9);
    fmt::print("{:<16}{:>10}{:>8}{:>10}{:>10}{:>18}{:>8}\n", "", "ms", "%", "floor ms", "G", "rate", "% peak");
    double floor = 0;
    for (const Group& group : breakdown.groups) {
        detail::print_line(group.name, group.seconds, breakdown.seconds);
        for (const Stage& stage : group.stages) {
            detail::print_stage(stage, breakdown);
            floor += detail::floor_of(stage, breakdown);
        }
        detail::print_line("  rest", group.rest(), breakdown.seconds);
    }
    detail::print_line("rest", breakdown.rest(), breakdown.seconds);
    detail::print_line("all", breakdown.seconds, breakdown.seconds, fmt::format("{:>10.1f}", 1e3 * floor));
}

inline void print(const Report& report) {
    fmt::print("{} steps in {:.3f} s (median of {}, best {:.3f} s) on {} thread{}: {:.0f} steps/s\n", steps,
               median(report.seconds), report.seconds.size(),
               *std::min_element(report.seconds.begin(), report.seconds.end()), report.threads,
               report.threads == 1 ? "" : "s", report.rate());
    fmt::print("greedy return {:.1f} (at least {:.0f}), peak memory {:.1f} MB\n", report.greedy_return, lowest_return,
               report.peak_memory * 1e-6);
    if (report.breakdown) print(*report.breakdown);
}

namespace detail {

inline std::string json(const Breakdown& breakdown) {
    std::string stages;
    const auto add = [&](const std::string& group, const Stage& stage) {
        stages += fmt::format(
            R"({}{{"group": "{}", "stage": "{}", "seconds": {}, "floor_seconds": {}, "flops": {}, "bytes": {}}})",
            stages.empty() ? "\n  " : ",\n  ", group, stage.name, stage.seconds, floor_of(stage, breakdown),
            stage.flops, stage.bytes);
    };
    for (const Group& group : breakdown.groups) {
        for (const Stage& stage : group.stages) add(group.name, stage);
        add(group.name, {.name = "rest", .seconds = group.rest()});
    }
    add("rest", {.name = "rest", .seconds = breakdown.rest()});
    return fmt::format(R"({{"seconds": {}, "peak_flops": {}, "peak_bytes": {}, "stages": [{}]}})", breakdown.seconds,
                       breakdown.peak_flops, breakdown.peak_bytes, stages);
}

}  // namespace detail

/// All that is printed, in SI units.
inline std::string json(const Report& report) {
    return fmt::format(
        R"({{"seed": {}, "width": {}, "threads": {}, "steps": {}, "seconds": {}, "runs": [{}], "steps_per_second": {}, )"
        R"("greedy_return": {}, "peak_memory": {}, "compiler": "{}", "breakdown": {}}})"
        "\n",
        report.variant.seed, report.variant.width, report.threads, steps, median(report.seconds),
        fmt::join(report.seconds, ", "), report.rate(), report.greedy_return, report.peak_memory,
        gradiva_bench::compiler, report.breakdown ? detail::json(*report.breakdown) : "null");
}

}  // namespace pendulum_reference
