#pragma once

#include "gradiva/core/namespace.hpp"

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/io/detail/durable_file.hpp"
#include "gradiva/io/recording.hpp"

// What all that show a recording do first and last.

namespace GRADIVA_NAMESPACE::detail {

/// Throws `Error` on a recording without pictures, with numbers that are not finite, or with steps out of order.
inline void check_recording(const char* who, const Recording& recording) {
    require(!recording.episodes.empty(), "{}: the recording has no episodes; record one at least", who);
    require(recording.seconds_per_step > 0 && std::isfinite(recording.seconds_per_step),
            "{}: seconds_per_step is {}; give a finite number above 0", who, recording.seconds_per_step);
    for (std::size_t i = 0; i < recording.episodes.size(); ++i) {
        const RecordedEpisode& episode = recording.episodes[i];
        require(!episode.frames.empty(), "{}: episode {} of the recording has no pictures; give it one at least", who,
                i);
        bool finite = std::isfinite(episode.reward_sum);
        Index before = -1;
        for (const RecordedFrame& frame : episode.frames) {
            finite = finite && std::isfinite(frame.reward_sum);
            require(frame.step > before,
                    "{}: episode {} has a picture of step {} after one of step {}; give them in order", who, i,
                    frame.step, before);
            before = frame.step;
        }
        require(finite, "{}: a return of episode {} is not finite; give finite numbers", who, i);
    }
}

/// Replaces a file as a whole.
inline void write_text_file(const char* who, const std::string& path, std::string_view text) {
    DurableFile file(who, path);
    file.write(std::as_bytes(std::span(text.data(), text.size())));
    file.commit();
}

}  // namespace GRADIVA_NAMESPACE::detail
