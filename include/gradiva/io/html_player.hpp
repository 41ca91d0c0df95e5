#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include "gradiva/io/detail/player/check_recording.hpp"
#include "gradiva/io/detail/player/player_script.hpp"
#include "gradiva/io/detail/player/recording_json.hpp"
#include "gradiva/io/detail/player/svg_animation.hpp"
#include "gradiva/io/recording.hpp"

namespace GRADIVA_NAMESPACE {

/// A recording as the text of one HTML file that plays it in a browser: episodes to choose from, play and pause, speed,
/// and a slider over the frames, by mouse or by keyboard, with labels for screen readers, in light and in dark. It
/// loads nothing. The recording takes at most 200 kB: where it would be longer, places are rounded and frames are left
/// out. Throws `Error` on a recording without pictures, and where that is not enough.
inline std::string html_player(const Recording& recording) {
    constexpr std::size_t most_bytes = 200'000;
    const std::string title = detail::xml_text(recording.name);
    std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n";
    page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    page += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; ";
    page += "script-src 'unsafe-inline'\">\n<meta name=\"color-scheme\" content=\"light dark\">\n";
    ((page += "<title>") += title) += "</title>\n<style>";
    page += detail::player_style;
    page += "body { margin: 1rem auto; padding: 0 1rem; max-width: 48rem; color: #1f2933; background: #ffffff; ";
    page += "font: 1rem/1.4 system-ui, sans-serif; }\nh1 { font-size: 1.3rem; }\n";
    page += "@media (prefers-color-scheme: dark) { body { color: #e6eaee; background: #14181d; } }\n</style></head>\n";
    ((page += "<body><main><h1>") += title) += "</h1>\n<div id=\"playback\"></div>\n";
    page +=
        "<noscript><p>The episodes are played by a script, which this browser does not run.</p></noscript></main>\n";
    page += "<script type=\"application/json\" id=\"recording\">";
    page += detail::recording_json("html_player", recording, most_bytes);
    page += "</script>\n<script>";
    page += detail::player_script;
    page += "const player = gradivaPlayer(document.getElementById(\"playback\"),\n";
    page += "  JSON.parse(document.getElementById(\"recording\").textContent));\n</script></body></html>\n";
    return page;
}

/// Writes `html_player` to a file, which it replaces. Throws `Error` where that fails.
inline void write_html_player(const std::string& path, const Recording& recording) {
    detail::write_text_file("write_html_player", path, html_player(recording));
}

}  // namespace GRADIVA_NAMESPACE
