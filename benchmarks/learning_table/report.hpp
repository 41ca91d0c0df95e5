// A measured row in words: text for the terminal, CSV with one line per seed, Markdown.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "rows.hpp"

namespace learning_table {

/// A row and what its seeds 1, 2, ... gave.
struct Measured {
    Row row;
    std::vector<Result> results;

    std::vector<double> scores() const {
        std::vector<double> all;
        for (const Result& result : results) all.push_back(score_of(row, result));
        return all;
    }
};

inline double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

struct Summary {
    double median = 0;
    double worst = 0;
    Index steps = 0;     ///< median over seeds
    double seconds = 0;  ///< median over seeds
    bool reached = false;
};

inline Summary summarise(const Measured& m) {
    std::vector<double> steps, seconds;
    for (const Result& result : m.results) {
        steps.push_back(static_cast<double>(result.steps));
        seconds.push_back(result.seconds);
    }
    const auto scores = m.scores();
    const double middle = median(scores);
    return {.median = middle,
            .worst = *std::min_element(scores.begin(), scores.end()),
            .steps = static_cast<Index>(std::lround(median(steps))),
            .seconds = median(seconds),
            .reached = middle >= m.row.goal};
}

inline std::string_view describe(Score score) {
    if (score == Score::late) return "sampled, mean of the last 100 episodes over the last tenth of training";
    return score == Score::greedy ? "greedy policy, 100 episodes" : "sampled, last 100 training episodes";
}

/// 500 for 500.00, 498.3 for 498.30.
inline std::string short_number(double x) {
    std::string text = fmt::format("{:.2f}", x);
    while (text.back() == '0') text.pop_back();
    if (text.back() == '.') text.pop_back();
    return text;
}

inline std::string text_heading() {
    return fmt::format("{:<32} {:>8} {:>8} {:>7}  {:<7} {:>9} {:>9}", "row", "median", "worst", "goal", "reached",
                       "steps", "s / seed");
}

inline std::string text_line(const Measured& m) {
    const Summary s = summarise(m);
    return fmt::format("{:<32} {:>8.2f} {:>8.2f} {:>7}  {:<7} {:>9} {:>9.2f}", m.row.name, s.median, s.worst,
                       short_number(m.row.goal), s.reached ? "yes" : "NO", s.steps, s.seconds);
}

inline std::string csv(const std::vector<Measured>& table) {
    std::string text = "row,seed,score,goal,greedy_return,training_return,late_return,steps,seconds\n";
    for (const Measured& m : table) {
        for (std::size_t i = 0; i < m.results.size(); ++i) {
            const Result& r = m.results[i];
            text += fmt::format("{},{},{:.9g},{:.9g},{:.9g},{:.9g},{:.9g},{},{:.3f}\n", m.row.name, i + 1,
                                score_of(m.row, r), m.row.goal, r.greedy_return, r.training_return, r.late_return,
                                r.steps, r.seconds);
        }
    }
    return text;
}

inline std::string markdown(const std::vector<Measured>& table, Index jobs) {
    std::string text = fmt::format(
        "# Learning table\n\n"
        "A row is reached when the median over seeds is at least the goal. Wall time is that of training one seed on\n"
        "one thread, {} side by side; its median over seeds is given. Built by {} {}.\n\n"
        "| environment | algorithm | median | worst | goal | reached | steps | s per seed |\n"
        "|---|---|---|---|---|---|---|---|\n",
        jobs,
#ifdef __clang__
        "Clang", __clang_version__
#else
        "GCC", __VERSION__
#endif
    );
    for (const Measured& m : table) {
        const Summary s = summarise(m);
        text += fmt::format("| {} | {} | {} | {} | {}{} | {} | {} | {:.2f} |\n", m.row.environment, m.row.algorithm,
                            short_number(s.median), short_number(s.worst), short_number(m.row.goal),
                            m.row.score == Score::greedy ? "" : " sampled", s.reached ? "yes" : "**no**", s.steps,
                            s.seconds);
    }
    for (const Measured& m : table) {
        text += fmt::format(
            "\n## {}: {}\n\n- hyperparameters (environments x horizon first): {}\n- return ({}) of seeds 1 to {}:",
            m.row.environment, m.row.algorithm, m.row.settings, describe(m.row.score), m.results.size());
        const auto scores = m.scores();
        for (std::size_t i = 0; i < scores.size(); ++i) text += (i == 0 ? " " : ", ") + short_number(scores[i]);
        text += fmt::format("\n\n![Learning curves]({}.svg)\n", m.row.name);
    }
    return text;
}

}  // namespace learning_table
