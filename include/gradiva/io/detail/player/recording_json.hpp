#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/json_text.hpp"
#include "gradiva/io/detail/page_text.hpp"
#include "gradiva/io/detail/player/check_recording.hpp"
#include "gradiva/io/detail/player/picture_grid.hpp"
#include "gradiva/io/recording.hpp"

// A recording as the text that `gradivaPlayer` (player_script.hpp) plays. It is JSON, and can stand in a <script> of a
// page: '<' is written as \u003c.
//
//   {"version": 1, "name": text, "width": w, "height": h, "seconds": of a step,
//    "looks": [[kind, fill, stroke, align, size, width, text?], ...],
//    "episodes": [{"return": r, "length": steps, "terminated": 0 or 1,
//                  "steps": [steps since the frame before, ...], "returns": [reward sum so far, ...],
//                  "frames": [frame, ...]}, ...]}
//
// kind, fill, stroke and align are the numbers of `Shape::Kind`, `Ink` and `Align`. All lengths are whole numbers in a
// picture of w x h, y downwards. A frame is an array: how many shapes it has, then those that are not as in the frame
// before (of the episode before, too), each as
//   2 i, changes of its numbers      where shape i has the same look as before
//   2 i + 1, look, its numbers       otherwise
// A shape's numbers are x, y of circle and text, x, y, x, y of the ends of a line and of the upper left and lower right
// corner of a rectangle.

namespace GRADIVA_NAMESPACE::detail {

inline void append_integer(std::string& out, Index number) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// Text of a user as JSON that can stand in a page: what is not UTF-8 becomes U+FFFD, '<' becomes \u003c.
inline void append_page_json(std::string& out, std::string_view text) {
    std::string json;
    append_json(json, text);
    out += page_json(json);
}

/// Writes frames one after the other as whole numbers.
class FrameWriter {
public:
    explicit FrameWriter(const PictureGrid& grid) : grid_(grid) {}

    void append(std::string& out, const Canvas& canvas) {
        grid_.show(canvas.view());
        const auto shapes = canvas.shapes();
        out += '[';
        append_integer(out, static_cast<Index>(shapes.size()));
        for (std::size_t i = 0; i < shapes.size(); ++i) {
            append_shape(out, i, grid_.place(canvas, shapes[i]));
        }
        before_.resize(shapes.size());
        out += ']';
    }

    /// The looks of all shapes so far, as JSON.
    std::string looks() const {
        std::vector<std::string_view> ordered(look_numbers_.size());
        for (const auto& [look, number] : look_numbers_) ordered[static_cast<std::size_t>(number)] = look;
        std::string all;
        for (const std::string_view look : ordered) (all += all.empty() ? "" : ",") += look;
        return all;
    }

private:
    struct Written {
        int look = -1;
        std::array<int, 4> at{};
    };

    void append_shape(std::string& out, std::size_t i, const PlacedShape& shape) {
        if (i >= before_.size()) before_.emplace_back();
        const Written now{look(shape), shape.at};
        const Written before = std::exchange(before_[i], now);
        const bool same_look = now.look == before.look;
        if (same_look && now.at == before.at) return;
        append_next(out, 2 * static_cast<Index>(i) + (same_look ? 0 : 1));
        if (!same_look) append_next(out, now.look);
        for (std::size_t k = 0; k < shape.numbers(); ++k) append_next(out, now.at[k] - (same_look ? before.at[k] : 0));
    }

    static void append_next(std::string& out, Index number) {
        out += ',';
        append_integer(out, number);
    }

    int look(const PlacedShape& shape) {
        text_ = '[';
        for (const int number :
             {static_cast<int>(shape.kind), static_cast<int>(shape.fill), static_cast<int>(shape.stroke),
              static_cast<int>(shape.align), shape.size, shape.width}) {
            append_integer(text_, number);
            text_ += ',';
        }
        if (shape.kind == Shape::Kind::text) {
            append_page_json(text_, shape.text);
            text_ += ']';
        } else {
            text_.back() = ']';
        }
        return look_numbers_.emplace(text_, static_cast<int>(look_numbers_.size())).first->second;
    }

    PictureGrid grid_;
    std::vector<Written> before_;
    std::map<std::string, int> look_numbers_;
    std::string text_;
};

/// One episode, of which every `stride`-th frame and the last are written.
inline void append_episode(std::string& out, FrameWriter& writer, const RecordedEpisode& episode, std::size_t stride) {
    std::string frames, steps, returns;
    Index step = 0;
    for (std::size_t i = 0; i < episode.frames.size(); ++i) {
        const RecordedFrame& frame = episode.frames[i];
        if (i % stride != 0 && i + 1 != episode.frames.size()) continue;
        for (std::string* list : {&frames, &steps, &returns}) {
            if (!list->empty()) *list += ',';
        }
        writer.append(frames, frame.canvas);
        append_integer(steps, frame.step - step);
        returns += fmt::format("{:.5g}", frame.reward_sum);
        step = frame.step;
    }
    out += fmt::format("{{\"return\":{:.9g},\"length\":{},\"terminated\":{},\"steps\":[", episode.reward_sum,
                       episode.length, episode.terminated ? 1 : 0);
    (((((out += steps) += "],\"returns\":[") += returns) += "],\"frames\":[") += frames) += "]}";
}

/// With pictures whose longer side is `side`, of every `stride`-th frame.
inline std::string recording_json(const Recording& recording, int side, std::size_t stride) {
    const PictureGrid grid(recording.episodes.front().frames.front().canvas.view(), side);
    FrameWriter writer(grid);
    std::string episodes;
    for (const RecordedEpisode& episode : recording.episodes) {
        if (!episodes.empty()) episodes += ',';
        append_episode(episodes, writer, episode, stride);
    }
    std::string json = "{\"version\":1,\"name\":";
    append_page_json(json, recording.name);
    json += fmt::format(",\"width\":{},\"height\":{},\"seconds\":{:.6g},\"looks\":[", grid.width(), grid.height(),
                        recording.seconds_per_step);
    return (((json += writer.looks()) += "],\"episodes\":[") += episodes) += "]}";
}

/// A recording as described above, in at most `most_bytes`: where it would be longer, places are rounded more coarsely
/// and frames are left out. Throws `Error` on a recording without pictures, and where the first and last frame of each
/// episode are too long already.
inline std::string recording_json(const char* who, const Recording& recording, std::size_t most_bytes = 200'000) {
    check_recording(who, recording);
    std::size_t most_frames = 0;
    for (const RecordedEpisode& episode : recording.episodes) {
        most_frames = std::max(most_frames, episode.frames.size());
    }
    std::string json;
    for (const auto& [side, stride] : std::array<std::pair<int, std::size_t>, 2>{{{2000, 1}, {1000, 1}}}) {
        json = recording_json(recording, side, stride);
        if (json.size() <= most_bytes) return json;
    }
    for (std::size_t stride = 2; stride < 2 * most_frames; stride *= 2) {
        json = recording_json(recording, stride == 2 ? 1000 : 500, stride);
        if (json.size() <= most_bytes) return json;
    }
    fail(
        "{}: two pictures of each of {} episodes take {} bytes, and {} are allowed; record fewer episodes, or draw "
        "fewer shapes",
        who, recording.episodes.size(), json.size(), most_bytes);
}

}  // namespace GRADIVA_NAMESPACE::detail
