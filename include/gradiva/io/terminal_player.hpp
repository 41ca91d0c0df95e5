#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/index.hpp"
#include "gradiva/core/json_text.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/core/terminal.hpp"
#include "gradiva/env/canvas.hpp"
#include "gradiva/io/detail/player/check_recording.hpp"
#include "gradiva/io/detail/player/raster.hpp"
#include "gradiva/io/detail/player/terminal_lines.hpp"
#include "gradiva/io/recording.hpp"

namespace GRADIVA_NAMESPACE {

/// A picture in characters, as lines: in half blocks of 256 colours, or, where the terminal has no colours or no UTF-8,
/// in ASCII. As large as fits into its columns and rows in the ratio of the view.
inline std::vector<std::string> terminal_picture(const Canvas& canvas, const Terminal& terminal) {
    detail::Raster raster(canvas.view(), std::max<Index>(1, terminal.columns), std::max<Index>(1, terminal.rows));
    raster.draw(canvas);
    return detail::terminal_lines(raster, terminal);
}

/// Plays recordings in a terminal: one picture over the other, at the recording's pace. Where lines cannot be
/// overwritten, such as in a pipe, up to ten pictures of each episode one below the other, without pauses. Below a
/// picture stand its step, the return so far, the episode and the recording's name, as many as fit.
class TerminalPlayer {
public:
    /// Writes to `out`, which it does not close.
    explicit TerminalPlayer(std::FILE* out = stdout) : out_(out), terminal_(terminal_of(out)), follows_window_(true) {}
    /// With `terminal` in place of what `out` is.
    TerminalPlayer(std::FILE* out, const Terminal& terminal) : out_(out), terminal_(terminal) {}

    /// Returns after the last picture. Throws `Error` on a recording without pictures.
    void play(const Recording& recording) {
        detail::check_recording("TerminalPlayer", recording);
        lines_ = 0;
        for (std::size_t i = 0; i < recording.episodes.size(); ++i) {
            if (terminal_.moves_cursor) {
                play_episode(recording, i);
            } else {
                print_episode(recording, i);
            }
        }
    }

private:
    using Clock = std::chrono::steady_clock;

    void play_episode(const Recording& recording, std::size_t episode) {
        const auto& frames = recording.episodes[episode].frames;
        const auto due = [&, start = Clock::now()](std::size_t i) {
            const double seconds = static_cast<double>(frames[i].step) * recording.seconds_per_step;
            return start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
        };
        for (std::size_t i = 0; i < frames.size(); ++i) {
            if (i + 1 < frames.size() && due(i + 1) <= Clock::now()) continue;  // a slow terminal sees fewer
            std::this_thread::sleep_until(due(i));
            show(recording, episode, frames[i]);
        }
        const double rest = std::min(0.8, 20 * recording.seconds_per_step);
        std::this_thread::sleep_for(std::chrono::duration<double>(rest));
    }

    void print_episode(const Recording& recording, std::size_t episode) {
        constexpr std::size_t most = 10;
        const auto& frames = recording.episodes[episode].frames;
        const std::size_t count = std::min(most, frames.size());
        for (std::size_t i = 0; i < count; ++i) {
            show(recording, episode, frames[count == 1 ? 0 : i * (frames.size() - 1) / (count - 1)]);
        }
    }

    /// One picture, over the one before, and below it what it is.
    void show(const Recording& recording, std::size_t episode, const RecordedFrame& frame) {
        if (follows_window_ && terminal_.moves_cursor) read_window_size(out_, terminal_);
        // A line that fills the last column, or a last row, would let some terminals scroll.
        Terminal inner = terminal_;
        inner.columns = std::max<Index>(1, terminal_.columns - 1);
        inner.rows = std::max<Index>(1, terminal_.rows - 2);
        std::vector<std::string> lines = terminal_picture(frame.canvas, inner);
        lines.push_back(parts_that_fit(status(recording, episode, frame), inner.columns));
        std::string text;
        if (terminal_.moves_cursor && lines_ > 0) text += fmt::format("\x1b[{}A\r", lines_);
        for (const std::string& line : lines) (text += line) += terminal_.moves_cursor ? "\x1b[K\n" : "\n";
        // A smaller picture than before leaves nothing of it.
        if (terminal_.moves_cursor) text += "\x1b[J";
        lines_ = lines.size();
        std::fwrite(text.data(), 1, text.size(), out_);
        std::fflush(out_);
    }

    std::vector<std::string> status(const Recording& recording, std::size_t episode, const RecordedFrame& frame) const {
        std::string name = as_utf8(printable(recording.name));
        if (terminal_.moves_cursor && !terminal_.utf8) {
            std::erase_if(name, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
            for (char& c : name) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';  // one for each character
        }
        return {fmt::format("step {}", frame.step), fmt::format(" of {}", recording.episodes[episode].length),
                fmt::format(", return {:.4g}", frame.reward_sum),
                fmt::format(", episode {}/{}", episode + 1, recording.episodes.size()), ", " + name};
    }

    std::FILE* out_;
    Terminal terminal_;
    bool follows_window_ = false;  // which may be resized
    std::size_t lines_ = 0;        // of the last picture
};

}  // namespace GRADIVA_NAMESPACE
