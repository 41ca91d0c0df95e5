#include "gradiva/io/svg.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "helpers/temporary_path.hpp"
#include "io/well_formed.hpp"

using namespace gradiva;
using gradiva_test::xml_mistake;

namespace {

Canvas picture(double x) {
    Canvas canvas;
    canvas.view({.left = 0, .bottom = 0, .right = 4, .top = 2});
    canvas.line({0, 1}, {4, 1}, {.ink = Ink::muted, .width = 0.5});
    canvas.circle({x, 1}, 0.25, {.fill = Ink::accent, .stroke = Ink::bad, .width = 0.1});
    canvas.rectangle({1, 0}, {2, 0.5}, {.fill = Ink::none, .stroke = Ink::good});
    canvas.text({2, 1}, "here", {.size = 0.4, .align = Align::end});
    return canvas;
}

Recording made(Index episodes, Index length) {
    Recording recording{.name = "made", .seconds_per_step = 0.1};
    for (Index i = 0; i < episodes; ++i) {
        RecordedEpisode episode{.length = length};
        for (Index step = 0; step <= length; ++step) {
            episode.frames.push_back({.canvas = picture(2 + std::sin(0.1 * static_cast<double>(step))), .step = step});
        }
        recording.episodes.push_back(std::move(episode));
    }
    return recording;
}

int times(const std::string& text, const std::string& part) {
    int found = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; ++at) ++found;
    return found;
}

std::vector<std::string> pieces(const std::string& text) {
    std::vector<std::string> all;
    std::istringstream stream(text);
    for (std::string piece; std::getline(stream, piece, ';');) all.push_back(piece);
    return all;
}

/// The list of values of each attribute that is animated, in the order of the file.
std::vector<std::pair<std::string, std::vector<std::string>>> animations(const std::string& svg) {
    std::vector<std::pair<std::string, std::vector<std::string>>> all;
    const std::regex animate(R"x(<animate attributeName="(\w+)"[^>]* values="([^"]*)")x");
    for (std::sregex_iterator it(svg.begin(), svg.end(), animate), end; it != end; ++it) {
        all.emplace_back((*it)[1], pieces((*it)[2]));
    }
    return all;
}

}  // namespace

TEST_CASE("a picture becomes SVG, in whole numbers, y downwards") {
    const std::string svg = svg_picture(picture(3), "A picture", 320);
    CHECK(xml_mistake(svg).empty());
    CHECK_THAT(svg, ContainsText(
                        "viewBox=\"0 0 1000 500\" width=\"320\" height=\"160\" role=\"img\" aria-label=\"A picture\""));
    CHECK_THAT(svg, ContainsText("<title>A picture</title>"));
    CHECK_THAT(svg,
               ContainsText("<line class=\"f0 s3\" stroke-width=\"125\" x1=\"0\" y1=\"250\" x2=\"1000\" y2=\"250\"/>"));
    CHECK_THAT(svg, ContainsText("<circle class=\"f5 s8\" stroke-width=\"25\" r=\"63\" cx=\"750\" cy=\"250\"/>"));
    CHECK_THAT(svg, ContainsText(
                        "<rect class=\"f0 s7\" stroke-width=\"2\" x=\"250\" y=\"375\" width=\"250\" height=\"125\"/>"));
    CHECK_THAT(
        svg,
        ContainsText(
            "<text class=\"f2\" font-size=\"100\" dy=\".35em\" text-anchor=\"end\" x=\"500\" y=\"250\">here</text>"));
    CHECK_THAT(svg, ContainsText("@media(prefers-color-scheme:dark)"));
    CHECK_THAT(svg, !ContainsText("<animate"));
    CHECK_THAT(svg, !ContainsText("<script"));
    for (int ink = 1; ink <= 8; ++ink) CHECK(times(svg, ".f" + std::to_string(ink) + "{fill:#") == 2);
}

TEST_CASE("an animated SVG moves what moves, in its order, and nothing else") {
    const Recording recording = made(1, 20);
    const std::string svg = svg_animation(recording);
    CHECK(xml_mistake(svg).empty());
    const auto all = animations(svg);
    REQUIRE(all.size() == 1);
    CHECK(all[0].first == "cx");
    REQUIRE(all[0].second.size() == 30);  // 21 pictures, of which the last stays for a second
    for (std::size_t i = 0; i < 30; ++i) {
        const double x = 2 + std::sin(0.1 * static_cast<double>(std::min<std::size_t>(i, 20)));
        CHECK(all[0].second[i] == std::to_string(std::lround(250 * x)));
    }
    CHECK_THAT(svg, ContainsText("dur=\"3s\" repeatCount=\"indefinite\""));
}

TEST_CASE("an animated SVG shows a shape only as long as it is there and looks so") {
    Recording recording{.name = "looks", .seconds_per_step = 1};
    RecordedEpisode episode{.length = 3};
    for (Index step = 0; step <= 3; ++step) {
        Canvas canvas;
        canvas.circle({0, 0}, 0.5, {.fill = step == 1 ? Ink::bad : Ink::good});
        if (step >= 2) canvas.text({0, 0}, "late");
        episode.frames.push_back({.canvas = canvas, .step = step});
    }
    recording.episodes = {episode, episode};
    const std::string svg = svg_animation(recording);
    CHECK(xml_mistake(svg).empty());
    const auto all = animations(svg);
    using Values = std::vector<std::string>;
    REQUIRE(all.size() == 3);
    const Values good{"visible", "hidden", "visible", "visible", "visible", "hidden", "visible", "visible"};
    const Values bad{"hidden", "visible", "hidden", "hidden", "hidden", "visible", "hidden", "hidden"};
    CHECK(all[0] == std::pair<std::string, Values>("visibility", good));
    CHECK(all[1] == std::pair<std::string, Values>("visibility", bad));
    // Two changes are shorter with their times.
    CHECK(all[2] == std::pair<std::string, Values>("visibility", {"hidden", "visible", "hidden", "visible"}));
    CHECK_THAT(svg, ContainsText("keyTimes=\"0;0.25;0.5;0.75\""));
    CHECK(times(svg, " visibility=\"hidden\"") == 2);  // where animations are not shown, the first picture is
}

TEST_CASE("an animated SVG takes about 200 kB at most") {
    const std::string svg = svg_animation(made(50, 1000));
    CHECK(svg.size() <= 200'000);
    CHECK(xml_mistake(svg).empty());
}

TEST_CASE("texts of users are escaped in SVG") {
    const std::string hostile = "</title><script>alert(\"&\")</script> \x01\n \xFF \xEF\xBF\xBF caf\xC3\xA9";
    Canvas canvas;
    canvas.text({0, 0}, hostile);
    const std::string svg = svg_picture(canvas, hostile);
    CHECK(xml_mistake(svg).empty());
    CHECK_THAT(svg, !ContainsText("<script"));
    CHECK(times(svg,
                "&lt;/title&gt;&lt;script&gt;alert(&quot;&amp;&quot;)&lt;/script&gt; ?? \xEF\xBF\xBD ? caf\xC3\xA9") ==
          3);
}

TEST_CASE("SVG is written to files, and what cannot be written is an error") {
    const std::string path = gradiva_test::temporary_path("picture.svg");
    const auto contents = [&] {
        std::ifstream file(path);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    write_svg(path, picture(1), "one");
    CHECK(contents() == svg_picture(picture(1), "one"));
    write_svg(path, made(1, 3));
    CHECK(contents() == svg_animation(made(1, 3)));
    CHECK_THROWS_WITH(write_svg(path, Recording{}), ContainsText("svg_animation: the recording has no episodes"));
    CHECK(contents() == svg_animation(made(1, 3)));
    std::filesystem::remove(path);
    CHECK_THROWS_WITH(write_svg(path + "/none/x.svg", made(1, 3)), ContainsText("write_svg: cannot open"));
}
