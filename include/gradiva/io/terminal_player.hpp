#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/index.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/core/terminal.hpp"
#include "gradiva/env/canvas.hpp"
#include "gradiva/core/json_text.hpp"
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
/// overwritten, such as in a pipe, up to ten pictures of each episode one below the other, without pauses.
class TerminalPlayer {
public:
    /// Writes to `out`, which it does not close.
    explicit TerminalPlayer(std::FILE* out = stdout) : TerminalPlayer(out, terminal_of(out)) {}
    /// With `terminal` in place of what `out` is.
    TerminalPlayer(std::FILE* out, const Terminal& terminal) : out_(out), terminal_(terminal) {
        // A line that fills the last column, or a last row, would let some terminals scroll.
        picture_ = terminal_;
        picture_.columns = std::max<Index>(1, terminal_.columns - 1);
        picture_.rows = std::max<Index>(1, terminal_.rows - 2);
    }

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
        std::string text;
        if (terminal_.moves_cursor && lines_ > 0) text += fmt::format("\x1b[{}A\r", lines_);
        std::vector<std::string> lines = terminal_picture(frame.canvas, picture_);
        const RecordedEpisode& played = recording.episodes[episode];
        std::string valid;
        append_utf8(valid, recording.name);
        std::string name = printable(valid);
        if (terminal_.moves_cursor && !terminal_.utf8) {
            for (char& c : name) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
        }
        const std::string status = fmt::format("{} {}/{}, step {} of {}, return {:.4g}", name, episode + 1,
                                               recording.episodes.size(), frame.step, played.length, frame.reward_sum);
        lines.emplace_back(first_characters(status, picture_.columns));
        for (const std::string& line : lines) (text += line) += terminal_.moves_cursor ? "\x1b[K\n" : "\n";
        // A smaller picture than before leaves nothing of it.
        if (terminal_.moves_cursor) text += "\x1b[J";
        lines_ = lines.size();
        std::fwrite(text.data(), 1, text.size(), out_);
        std::fflush(out_);
    }

    std::FILE* out_;
    Terminal terminal_, picture_;
    std::size_t lines_ = 0;  // of the last picture
};

}  // namespace GRADIVA_NAMESPACE
