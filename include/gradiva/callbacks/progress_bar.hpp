#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#if __has_include(<unistd.h>)
#include <unistd.h>
#endif

#include <fmt/core.h>

#include "gradiva/train/log_columns.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Callback of `train` that prints the progress: a bar or a percentage, the columns of `log_columns` with a text for it
/// (steps, steps per second, mean return), and the estimated remaining time. On a terminal it is one line that is
/// overwritten; in other outputs it is one line for each 5 % of the steps.
class ProgressBar {
public:
    /// Writes to `out`, which it does not close.
    explicit ProgressBar(std::FILE* out = stdout) : out_(out), terminal_(is_terminal(out)) {}
    /// With `terminal` in place of the check whether `out` is a terminal.
    ProgressBar(std::FILE* out, bool terminal) : out_(out), terminal_(terminal) {}

    void on_start(const Run&) { restart(); }

    void operator()(const Progress& progress) {
        if (ended_ || progress.steps < shown_steps_) restart();  // a new training of a caller without `on_start`
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
    }

    void show(const Progress& progress, bool last) {
        if (!is_due(progress, last)) return;
        ended_ = last;
        shown_at_ = progress.seconds;
        shown_steps_ = progress.steps;
        next_share_ = std::floor(share(progress) * 20 + 1) / 20;
        const std::string numbers = text(progress);
        if (terminal_) {
            constexpr int width = 24;
            const int full = static_cast<int>(share(progress) * width);
            fmt::print(out_, "\r\x1b[2K{} [{:=<{}}{:{}}] {}{}", progress.algorithm, "", full, "", width - full, numbers,
                       last ? "\n" : "");
        } else {
            fmt::print(out_, "{} {:3.0f} % {}\n", progress.algorithm, share(progress) * 100, numbers);
        }
        std::fflush(out_);
    }

    bool is_due(const Progress& progress, bool last) const {
        if (terminal_) return last || progress.seconds - shown_at_ >= 0.05;
        return last ? progress.steps != shown_steps_ : share(progress) >= next_share_;
    }

    static double share(const Progress& progress) {
        return std::min(1.0, static_cast<double>(progress.steps) / static_cast<double>(progress.total_steps));
    }

    static std::string text(const Progress& progress) {
        const double left =
            static_cast<double>(std::max<Index>(0, progress.total_steps - progress.steps)) / progress.steps_per_second;
        std::string numbers;
        for (const LogColumn& column : log_columns) {
            if (column.in_bar()) numbers += column.bar_text(progress) + ", ";
        }
        return fmt::format("{}{:.1f} s left", numbers, left);
    }

    static bool is_terminal([[maybe_unused]] std::FILE* file) {
#if __has_include(<unistd.h>)
        return isatty(fileno(file)) != 0;
#else
        return false;
#endif
    }

    std::FILE* out_;
    bool terminal_;
    double shown_at_ = -1;
    double next_share_ = 0;
    Index shown_steps_ = 0;
    bool ended_ = false;  // the last report of a training was shown
};

}  // namespace GRADIVA_NAMESPACE
