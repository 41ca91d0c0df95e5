// What the program prints, and what it writes for other programs.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "../common/compiler.hpp"
#include "solve.hpp"

namespace cartpole_solve {

/// What one seed came to.
struct Run {
    std::uint64_t seed = 0;
    double wall_seconds = 0;  ///< from before the process was started until it had ended
    double cpu_seconds = 0;   ///< that a processor worked for it, which other programs do not add to
    Outcome outcome = {};
    double further_return = 0;  ///< of the policy that came of it: the mean of episodes that decided nothing

    /// Infinite where it was not solved.
    double seconds() const { return outcome.solved ? wall_seconds : std::numeric_limits<double>::infinity(); }
};

/// All seeds of one network.
struct Row {
    const Setting& setting;
    std::vector<Run> runs = {};

    /// What `of` says of each run, as numbers.
    template <class Of>
    std::vector<double> all(const Of& of) const {
        std::vector<double> values;
        for (const Run& run : runs) values.push_back(static_cast<double>(of(run)));
        return values;
    }

    std::vector<double> seconds() const { return all(std::mem_fn(&Run::seconds)); }
    double median_seconds() const { return gradiva_bench::median(seconds()); }
    double worst_seconds() const { return std::ranges::max(seconds()); }
    Index failures() const {
        return static_cast<Index>(std::ranges::count_if(runs, [](const Run& run) { return !run.outcome.solved; }));
    }
};

namespace detail {

/// A part of the time.
struct Part {
    const char* name;
    const char* json_name;
    double (*of)(const Run&);
};

inline constexpr Part parts[] = {
    {"  process start and end", "process_seconds",
     [](const Run& run) {
         const Outcome& inside = run.outcome;
         return run.wall_seconds - inside.build_seconds - inside.train_seconds - inside.test_seconds;
     }},
    {"  build", "build_seconds", [](const Run& run) { return run.outcome.build_seconds; }},
    {"  train", "train_seconds", [](const Run& run) { return run.outcome.train_seconds; }},
    {"  test", "test_seconds", [](const Run& run) { return run.outcome.test_seconds; }},
    {"processor time", "cpu_seconds", [](const Run& run) { return run.cpu_seconds; }},
};

/// One number of each row.
template <class Of>
void print_line(const char* name, const char* format, const std::vector<Row>& rows, const Of& of) {
    fmt::print("{:<28}", name);
    for (const Row& row : rows) fmt::print("{:>12}", fmt::format(fmt::runtime(format), of(row)));
    fmt::print("\n");
}

inline void print_summary(const std::vector<Row>& rows) {
    print_line("", "{}", rows, [](const Row& row) { return row.setting.name; });
    print_line("median, ms", "{:.2f}", rows, [](const Row& row) { return 1e3 * row.median_seconds(); });
    for (const Part& part : parts) {
        print_line(part.name, "{:.2f}", rows,
                   [&](const Row& row) { return 1e3 * gradiva_bench::median(row.all(part.of)); });
    }
    print_line("worst, ms", "{:.2f}", rows, [](const Row& row) { return 1e3 * row.worst_seconds(); });
    print_line("not solved", "{}", rows, [](const Row& row) { return row.failures(); });
    print_line("steps, median", "{:.0f}", rows, [](const Row& row) {
        return gradiva_bench::median(row.all([](const Run& run) { return run.outcome.steps; }));
    });
    print_line("further return, median", "{:.1f}", rows,
               [](const Row& row) { return gradiva_bench::median(row.all(std::mem_fn(&Run::further_return))); });
    print_line("further return, lowest", "{:.1f}", rows,
               [](const Row& row) { return std::ranges::min(row.all(std::mem_fn(&Run::further_return))); });
}

inline void print_seeds(const Row& row) {
    fmt::print("\n{}: actor and critic of {}, tanh; PPO-clip with Adam,", row.setting.name,
               fmt::join(row.setting.hidden, "-"));
    for_each_hyperparameter(row.setting, [](const char* name, auto value) { fmt::print(" {} {}", name, value); });
    fmt::print("\n{:>6}{:>10}{:>10}{:>8}{:>16}\n", "seed", "ms", "steps", "tests", "further return");
    for (const Run& run : row.runs) {
        fmt::print("{:>6}{:>10.2f}{:>10}{:>8}{:>16.1f}\n", run.seed, 1e3 * run.seconds(), run.outcome.steps,
                   run.outcome.tests, run.further_return);
    }
}

}  // namespace detail

inline void print(const std::vector<Row>& rows) {
    fmt::print("CartPole-v1, from process start until {} greedy episodes reach a mean of {}\n\n", solved_episodes,
               solved_return);
    detail::print_summary(rows);
    fmt::print("Further return: of the trained policy, in 1,000 episodes that decided nothing.\n");
    for (const Row& row : rows) detail::print_seeds(row);
}

namespace detail {

/// JSON has no infinity; a number beyond a double's range is read as one.
inline std::string json_number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "1e999"; }

inline std::string json_list(const std::vector<double>& values) {
    std::string text;
    for (const double value : values) text += (text.empty() ? "" : ", ") + json_number(value);
    return "[" + text + "]";
}

inline std::string json(const Setting& setting) {
    std::string text;
    for_each_hyperparameter(setting, [&](const char* name, auto value) {
        text += fmt::format(R"({}"{}": {})", text.empty() ? "" : ", ", name, value);
    });
    return "{" + text + "}";
}

inline std::string json(const Row& row) {
    std::string text = fmt::format(R"({{"network": "{}", "hidden": [{}], "median_seconds": {}, "worst_seconds": {}, )",
                                   row.setting.name, fmt::join(row.setting.hidden, ", "),
                                   json_number(row.median_seconds()), json_number(row.worst_seconds()));
    for (const Part& part : parts) {
        text += fmt::format(R"("{}": {}, )", part.json_name, gradiva_bench::median(row.all(part.of)));
    }
    return text + fmt::format(R"("failures": {}, "seeds": {}, "seconds": {}, "steps": {}, "further_returns": {}, )"
                              R"("hyperparameters": {}}})",
                              row.failures(), json_list(row.all(std::mem_fn(&Run::seed))), json_list(row.seconds()),
                              json_list(row.all([](const Run& run) { return run.outcome.steps; })),
                              json_list(row.all(std::mem_fn(&Run::further_return))), json(row.setting));
}

}  // namespace detail

/// All that is printed, in SI units; the parts of the time are medians over the seeds.
inline std::string json(const std::vector<Row>& rows) {
    std::string text;
    for (const Row& row : rows) text += (text.empty() ? "" : ",\n  ") + detail::json(row);
    return fmt::format(R"({{"compiler": "{}", "rows": [)"
                       "\n  {}]}}\n",
                       gradiva_bench::compiler, text);
}

}  // namespace cartpole_solve
