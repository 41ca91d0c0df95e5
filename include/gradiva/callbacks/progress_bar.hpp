#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "gradiva/callbacks/detail/sparkline.hpp"
#include "gradiva/core/terminal.hpp"
#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that prints the progress: a bar or a percentage, the columns of `log_columns` with a text for it
/// (steps, steps per second, mean return), the estimated remaining time, and, in UTF-8, the mean return so far as a
/// line of blocks. On a terminal it is one line that is overwritten, no longer than the window is wide: what does not
/// fit is left out, numbers from the last on. In other outputs, and on a terminal that is dumb (see `terminal_of`), it
/// is one line for each 5 % of the steps, as long as it is. It uses no colours.
class ProgressBar {
public:
    /// Writes to `out`, which it does not close.
    explicit ProgressBar(std::FILE* out = stdout) : out_(out), terminal_(terminal_of(out)), follows_window_(true) {}
    /// With `terminal` in place of the check whether `out` is a terminal; of a window of any width, in ASCII.
    ProgressBar(std::FILE* out, bool terminal)
        : ProgressBar(out, Terminal{.moves_cursor = terminal, .columns = std::numeric_limits<int>::max()}) {}
    /// With `terminal` in place of what `out` is.
    ProgressBar(std::FILE* out, const Terminal& terminal) : out_(out), terminal_(terminal) {}

    void on_start(const Run&) { restart(); }

    void operator()(const Progress& progress) {
        if (ended_ || progress.steps < shown_steps_) restart();  // a new training of a caller without `on_start`
        returns_.add(progress.mean_return);
        show(progress, progress.finished());
    }

    /// Shows the last report of a training that ended before its last step.
    void on_stop(const Run& run, Stop) {
        const Progress& progress = run.progress();
        if (progress.steps > 0 && !progress.finished()) show(progress, true);
    }

private:
    void restart() {
        shown_at_ = -1;
        shown_steps_ = 0;
        next_share_ = 0;
        ended_ = false;
        returns_.clear();
    }

    void show(const Progress& progress, bool last) {
        if (!is_due(progress, last)) return;
        ended_ = last;
        shown_at_ = progress.seconds;
        shown_steps_ = progress.steps;
        next_share_ = std::floor(share(progress) * 20 + 1) / 20;
        if (terminal_.moves_cursor) {
            if (follows_window_) read_window_size(out_, terminal_);
            fmt::print(out_, "\r\x1b[2K{}{}", line(progress), last ? "\n" : "");
        } else {
            fmt::print(out_, "{} {}\n", progress.algorithm, percentage(progress));
        }
        std::fflush(out_);
    }

    /// One line of a window, whose last column stays free: a character there would let some terminals wrap.
    std::string line(const Progress& progress) const {
        const Index width = std::max<Index>(1, terminal_.columns - 1);
        const std::string name(progress.algorithm), short_form = name + ' ' + percentage(progress);
        const std::string numbers = text(progress);
        const Index beside_bar = width - count_characters(name) - count_characters(numbers) - 4;  // spaces and brackets
        const Index beside_short = width - count_characters(short_form) - 1;
        const bool draws = terminal_.utf8;
        if (draws && beside_bar >= least_bar + 1 + least_curve) {
            const Index bar = std::clamp<Index>(beside_bar - 1 - most_curve, least_bar, most_bar);
            return with_bar(progress, name, bar, numbers) + curve(beside_bar - bar - 1);
        }
        if (draws && beside_short >= least_curve) return short_form + curve(beside_short);
        if (beside_bar >= least_bar) return with_bar(progress, name, std::min(beside_bar, most_bar), numbers);
        if (beside_short >= -1) return short_form;
        std::vector<std::string> parts = numbers_of(progress);
        parts.front() = ' ' + parts.front();
        parts.insert(parts.begin(), percent(progress));
        return parts_that_fit(parts, width);
    }

    static std::string with_bar(const Progress& progress, const std::string& name, Index width,
                                const std::string& numbers) {
        const int all = static_cast<int>(width), full = static_cast<int>(share(progress) * all);
        return fmt::format("{} [{:=<{}}{:{}}] {}", name, "", full, "", all - full, numbers);
    }

    std::string curve(Index width) const {
        const std::string blocks = returns_.text(static_cast<std::size_t>(std::min(width, most_curve)));
        return blocks.empty() ? "" : ' ' + blocks;
    }

    static std::string percentage(const Progress& progress) { return percent(progress) + ' ' + text(progress); }

    static std::string percent(const Progress& progress) { return fmt::format("{:3.0f} %", share(progress) * 100); }

    bool is_due(const Progress& progress, bool last) const {
        if (terminal_.moves_cursor) return last || progress.seconds - shown_at_ >= 0.05;
        return last ? progress.steps != shown_steps_ : share(progress) >= next_share_;
    }

    static double share(const Progress& progress) {
        return std::min(1.0, static_cast<double>(progress.steps) / static_cast<double>(progress.total_steps));
    }

    static std::string text(const Progress& progress) {
        std::string numbers;
        for (const std::string& number : numbers_of(progress)) numbers += number;
        return numbers;
    }

    static std::vector<std::string> numbers_of(const Progress& progress) {
        std::vector<std::string> numbers;
        for (const LogColumn& column : log_columns) {
            if (column.in_bar()) numbers.push_back((numbers.empty() ? "" : ", ") + column.bar_text(progress));
        }
        const double left =
            static_cast<double>(std::max<Index>(0, progress.total_steps - progress.steps)) / progress.steps_per_second;
        numbers.push_back(fmt::format(", {:.1f} s left", left));
        return numbers;
    }

    // Columns.
    static constexpr Index least_bar = 8, most_bar = 24, least_curve = 6, most_curve = 24;

    std::FILE* out_;
    Terminal terminal_;
    bool follows_window_ = false;  // which may be resized
    detail::Sparkline returns_;
    double shown_at_ = -1;
    double next_share_ = 0;
    Index shown_steps_ = 0;
    bool ended_ = false;  // the last report of a training was shown
};

}  // namespace GRADIVA_NAMESPACE
