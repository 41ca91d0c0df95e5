#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <string_view>

#include "gradiva/env/canvas.hpp"
#include "gradiva/io/detail/player/check_recording.hpp"
#include "gradiva/io/detail/player/svg_animation.hpp"
#include "gradiva/io/recording.hpp"

namespace GRADIVA_NAMESPACE {

/// A picture as the text of an SVG file, `width` pixels wide; its title is read out by screen readers. In light and in
/// dark, as the reader's system prefers.
inline std::string svg_picture(const Canvas& canvas, std::string_view title, int width = 640) {
    detail::SvgFrames frames(canvas.view());
    frames.show(0, canvas);
    return frames.text(title, width, 1, 1);
}

/// A recording as the text of an animated SVG file without scripts, which plays its episodes one after the other and
/// then again, with a second's rest after each. At most about 200 kB: where it would be longer, frames are left out.
/// Throws `Error` on a recording without pictures.
inline std::string svg_animation(const Recording& recording, int width = 640) {
    detail::check_recording("svg_animation", recording);
    return detail::smallest_svg_animation(recording, width, 200'000);
}

/// Writes `svg_picture` to a file, which it replaces. Throws `Error` where that fails.
inline void write_svg(const std::string& path, const Canvas& canvas, std::string_view title) {
    detail::write_text_file("write_svg", path, svg_picture(canvas, title));
}

/// Writes `svg_animation` to a file, which it replaces. Throws `Error` where that fails.
inline void write_svg(const std::string& path, const Recording& recording) {
    detail::write_text_file("write_svg", path, svg_animation(recording));
}

}  // namespace GRADIVA_NAMESPACE
