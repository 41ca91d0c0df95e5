// Writes recordings as pages and as animated pictures into a folder, for players.py: player_samples FOLDER
#include <cmath>
#include <string>
#include <utility>

#include "gradiva/io/html_player.hpp"
#include "gradiva/io/recording.hpp"
#include "gradiva/io/svg.hpp"

using namespace gradiva;

namespace {

/// A square in the colour of the accent in the left half, which is there in even steps; a text of the user.
Canvas picture(Index step, const std::string& words) {
    Canvas canvas;
    canvas.view({.left = -2, .bottom = -1, .right = 2, .top = 1});
    canvas.line({-2, -0.9}, {2, -0.9}, {.ink = Ink::muted, .width = 0.02});
    canvas.circle({1 + 0.5 * std::sin(0.3 * static_cast<double>(step)), 0}, 0.2,
                  {.fill = Ink::warm, .stroke = Ink::foreground});
    canvas.text({0, 0.8}, words, {.size = 0.2});
    if (step % 2 == 0) canvas.rectangle({-1.5, -0.5}, {-0.5, 0.5}, {.fill = Ink::accent});
    return canvas;
}

Recording made(const std::string& name, double seconds) {
    Recording recording{.name = name, .seconds_per_step = seconds};
    for (const Index length : {Index{10}, Index{4}, Index{0}}) {
        RecordedEpisode episode{
            .reward_sum = 0.5 * static_cast<double>(length), .length = length, .terminated = length == 4};
        for (Index step = 0; step <= length; ++step) {
            episode.frames.push_back(
                {.canvas = picture(step, name), .step = step, .reward_sum = 0.5 * static_cast<double>(step)});
        }
        recording.episodes.push_back(std::move(episode));
    }
    return recording;
}

}  // namespace

int main(int, char** argv) {
    const std::string folder = argv[1];
    const Recording plain = made("Plain", 0.05), still = made("Still", 0.5);
    const Recording hostile =
        made("</script></title><img src=x onerror='broken = 1'>&amp; \x01 \xFF caf\xC3\xA9", 0.05);
    for (const auto& [name, recording] : {std::pair{"plain", &plain}, {"still", &still}, {"hostile", &hostile}}) {
        write_html_player(folder + '/' + name + ".html", *recording);
        write_svg(folder + '/' + name + ".svg", *recording);
    }
}
