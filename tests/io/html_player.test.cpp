#include "gradiva/io/html_player.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "gradiva/io/detail/player/palette.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;

namespace {

Recording made(const std::string& name) {
    Recording recording{.name = name, .seconds_per_step = 0.1};
    RecordedEpisode episode{.length = 20};
    for (Index step = 0; step <= 20; ++step) {
        Canvas canvas;
        canvas.circle({0.01 * static_cast<double>(step), 0}, 0.5);
        episode.frames.push_back({.canvas = canvas, .step = step});
    }
    recording.episodes.push_back(std::move(episode));
    return recording;
}

int times(const std::string& text, const std::string& part) {
    int found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; ++at) ++found;
    return found;
}

std::string between(const std::string& text, const std::string& begin, const std::string& end) {
    const std::size_t at = text.find(begin) + begin.size();
    return text.substr(at, text.find(end, at) - at);
}

/// Of WCAG 2: from 1 to 21.
double contrast(std::uint32_t one, std::uint32_t other) {
    const auto luminance = [](std::uint32_t colour) {
        double sum = 0;
        for (const auto& [shift, weight] : {std::pair{16U, 0.2126}, {8U, 0.7152}, {0U, 0.0722}}) {
            const double x = ((colour >> shift) & 0xFFU) / 255.0;
            sum += weight * (x <= 0.03928 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4));
        }
        return sum;
    };
    const double a = luminance(one), b = luminance(other);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

}  // namespace

TEST_CASE("a page holds the recording, its player, and nothing that it would have to load") {
    const std::string page = html_player(made("Ball"));
    CHECK(page.starts_with("<!doctype html>"));
    CHECK_THAT(page, ContainsText("<title>Ball</title>"));
    const auto json =
        nlohmann::json::parse(between(page, "<script type=\"application/json\" id=\"recording\">", "</script>"));
    CHECK(json["episodes"][0]["frames"].size() == 21);
    for (const char* part : {"src=", "href=", "http://", "https://", "url(", "import ", "fetch("}) {
        CAPTURE(part);
        CHECK(times(page, part) == 0);
    }
    CHECK_THAT(page, ContainsText("default-src 'none'"));
}

TEST_CASE("names of users are escaped in a page") {
    const std::string page = html_player(made("</script><script>alert(1)</script>\"&"));
    CHECK(times(page, "<script") == 2);
    CHECK(times(page, "</script>") == 2);
    CHECK(times(page, "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;") == 2);
}

TEST_CASE("the player draws in the palette's colours, which can be told from their background") {
    const std::string style(detail::player_style);
    for (const auto& [name, light, dark] : detail::ink_colours) {
        if (name == "none") continue;
        CAPTURE(name);
        CHECK(times(style, fmt::format("--gradiva-{}: #{:06x};", name, light)) == 1);
        CHECK(times(style, fmt::format("--gradiva-{}: #{:06x};", name, dark)) == 1);
        if (name == "background" || name == "faint") continue;
        CHECK(contrast(light, detail::colours_of(Ink::background).light) >= 4.5);
        CHECK(contrast(dark, detail::colours_of(Ink::background).dark) >= 4.5);
    }
    CHECK(detail::ink_colours.size() == static_cast<std::size_t>(Ink::bad) + 1);
    CHECK(detail::colours_of(Ink::bad).name == "bad");
    CHECK(detail::colours_of(Ink::accent).name == "accent");
}

TEST_CASE("a page is written to a file, and what cannot be written is an error") {
    const std::string path = gradiva_test::temporary_path("player.html");
    write_html_player(path, made("Ball"));
    std::ifstream file(path);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == html_player(made("Ball")));
    std::filesystem::remove(path);
    CHECK_THROWS_WITH(write_html_player(path + "/none/x.html", made("Ball")),
                      ContainsText("write_html_player: cannot open"));
    CHECK_THROWS_WITH(write_html_player(path, {}), ContainsText("html_player: the recording has no episodes"));
    CHECK(!std::filesystem::exists(path));
}
