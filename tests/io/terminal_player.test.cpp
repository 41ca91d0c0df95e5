#include "gradiva/io/terminal_player.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/disk.hpp"
#include "helpers/pseudo_terminal.hpp"

using namespace gradiva;

namespace {

using File = std::unique_ptr<std::FILE, CloseFile>;
using Lines = std::vector<std::string>;

constexpr Terminal plain{.columns = 20, .rows = 10};
constexpr Terminal coloured{.colours = true, .utf8 = true, .columns = 20, .rows = 10};

std::string contents(const File& file) {
    std::string text;
    std::rewind(file.get());
    for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) text += static_cast<char>(c);
    return text;
}

/// Without the codes of colours and cursor.
std::string visible(const std::string& text) {
    return std::regex_replace(text, std::regex("\x1b\\[[0-9;]*[A-Za-z]|\r"), "");
}

Lines split(const std::string& text) {
    Lines lines(1);
    for (const char c : text) {
        if (c == '\n') {
            lines.emplace_back();
        } else {
            lines.back() += c;
        }
    }
    if (lines.back().empty()) lines.pop_back();
    return lines;
}

/// 20 x 10 units: in 20 x 10 cells a unit is a column and two units a line.
Canvas wide() {
    Canvas canvas;
    canvas.view({.left = 0, .bottom = 0, .right = 20, .top = 10});
    return canvas;
}

Recording made(Index length, const CanvasView& view = {}) {
    Recording recording{.name = "Ball", .seconds_per_step = 1e-6};
    RecordedEpisode episode{.length = length};
    for (Index step = 0; step <= length; ++step) {
        Canvas canvas;
        canvas.view(view);
        canvas.circle({0, 0}, 0.5, {.fill = Ink::accent});
        episode.frames.push_back({.canvas = canvas, .step = step, .reward_sum = static_cast<double>(step)});
    }
    recording.episodes = {episode, episode};
    return recording;
}

/// What stands in a window after the codes of a player without colours. Fails where one is another.
Lines shown_by(const std::string& text, std::size_t rows) {
    Lines screen(1);
    std::size_t row = 0, column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string& line = screen[row];
        if (text[i] == '\n') {
            if (++row == screen.size()) screen.emplace_back();
            column = 0;
        } else if (text[i] == '\r') {
            column = 0;
        } else if (text[i] == '\x1b') {
            const std::size_t end = text.find_first_not_of("0123456789", i + 2);
            REQUIRE(end != std::string::npos);
            const std::string number = text.substr(i + 2, end - i - 2);
            if (text[end] == 'A') row -= std::min(row, static_cast<std::size_t>(std::stoul(number)));
            if (text[end] == 'K') line.resize(column);
            if (text[end] == 'J') {
                line.resize(column);
                screen.resize(row + 1);
            }
            CHECK(std::string("AKJ").find(text[end]) != std::string::npos);
            i = end;
        } else {
            if (line.size() <= column) line.resize(column + 1, ' ');
            line[column++] = text[i];
        }
        CHECK(screen.size() <= rows);
    }
    return screen;
}

std::string played(const Recording& recording, const Terminal& terminal) {
    const File file(std::tmpfile());
    REQUIRE(file);
    TerminalPlayer(file.get(), terminal).play(recording);
    return contents(file);
}

}  // namespace

TEST_CASE("a picture in plain characters has one for each ink, and no spaces at the end") {
    Canvas canvas = wide();
    canvas.rectangle({0, 10}, {2, 8}, {.fill = Ink::foreground});
    canvas.rectangle({2, 10}, {4, 8}, {.fill = Ink::muted});
    canvas.rectangle({4, 10}, {6, 8}, {.fill = Ink::faint});
    canvas.rectangle({6, 10}, {8, 8}, {.fill = Ink::accent});
    canvas.rectangle({8, 10}, {10, 8}, {.fill = Ink::warm});
    canvas.rectangle({10, 10}, {12, 8}, {.fill = Ink::good});
    canvas.rectangle({12, 10}, {14, 8}, {.fill = Ink::bad});
    canvas.rectangle({1, 10}, {2, 8}, {.fill = Ink::background});
    canvas.line({0, 0.5}, {20, 0.5}, {.ink = Ink::bad});
    CHECK(terminal_picture(canvas, plain) == Lines{"# --..@@**++xx", "", "", "", "xxxxxxxxxxxxxxxxxxxx"});
}

TEST_CASE("a picture in half blocks shows two pixels in each cell") {
    Canvas canvas = wide();
    canvas.rectangle({0, 10}, {1, 9}, {.fill = Ink::accent});
    canvas.rectangle({1, 9}, {2, 8}, {.fill = Ink::accent});
    canvas.rectangle({2, 10}, {3, 8}, {.fill = Ink::accent});
    canvas.rectangle({3, 10}, {4, 9}, {.fill = Ink::accent});
    canvas.rectangle({3, 9}, {4, 8}, {.fill = Ink::warm});
    const Lines lines = terminal_picture(canvas, coloured);
    REQUIRE(lines.size() == 5);
    CHECK(lines[0] == "\x1b[38;5;33m▀▄█\x1b[48;5;172m▀\x1b[39m\x1b[49m" + std::string(16, ' '));
    CHECK(lines[1] == std::string(20, ' '));
}

TEST_CASE("half blocks never need the terminal's text colour behind or its background's before") {
    for (int upper = 1; upper <= 8; ++upper) {
        for (int lower = 1; lower <= 8; ++lower) {
            CAPTURE(upper, lower);
            const auto cell = detail::half_blocks(static_cast<Ink>(upper), static_cast<Ink>(lower));
            CHECK(cell.behind != Ink::foreground);
            const bool upper_half = cell.character == "▀" || cell.character == "█";
            const bool lower_half = cell.character == "▄" || cell.character == "█";
            CHECK((upper_half || lower_half) == (cell.character != " "));
            if (upper_half || lower_half) CHECK(cell.ink != Ink::background);
            CHECK(static_cast<int>(upper_half ? cell.ink : cell.behind) == upper);
            CHECK(static_cast<int>(lower_half ? cell.ink : cell.behind) == lower);
        }
    }
}

TEST_CASE("shapes are drawn where they are, at least a pixel large") {
    Canvas canvas = wide();
    canvas.circle({10, 5}, 3, {.fill = Ink::none, .stroke = Ink::good});
    canvas.circle({2.5, 8.5}, 0.01);
    canvas.line({15.5, 9.5}, {15.5, 0.5});
    canvas.rectangle({17, 8}, {19, 2}, {.fill = Ink::none, .stroke = Ink::bad});
    CHECK(terminal_picture(canvas, plain) == Lines{"  #            #xxx", "       ++++++  #x x", "       +    +  #x x",
                                                   "       ++++++  #xxx", "               #"});
    canvas.clear();
    canvas.view({.left = 0, .bottom = 0, .right = 20, .top = 10});
    canvas.line({-1e200, 5}, {1e200, 5}, {.width = 1});
    canvas.rectangle({-1e300, -1e300}, {4, 1e300}, {.fill = Ink::accent});
    canvas.circle({1e300, 1e300}, 1e10);
    const Lines lines = terminal_picture(canvas, plain);
    CHECK(lines[0] == "@@@@");
    CHECK(lines[2].starts_with("@@@@"));
}

TEST_CASE("texts stand in the picture, cut at its edges, without characters that the terminal cannot show") {
    Canvas canvas = wide();
    canvas.text({0, 9}, "start", {.size = 1, .align = Align::start});
    canvas.text({20, 7}, "end", {.size = 1, .align = Align::end});
    canvas.text({10, 5}, "mid", {.size = 1});
    canvas.text({-2, 3}, "left", {.size = 1, .align = Align::start});
    canvas.text({18, 3}, "right", {.size = 1, .align = Align::start});
    canvas.text({0, 1}, "\x1b[2Jcaf\xC3\xA9 \xFF", {.size = 1, .align = Align::start});
    canvas.text({0, 1e300}, "away", {.size = 1});
    CHECK(terminal_picture(canvas, plain) ==
          Lines{"start", "                 end", "         mid", "ft                ri", "?[2Jcaf? ?"});
    CHECK(visible(terminal_picture(canvas, {.utf8 = true, .columns = 20, .rows = 10})[4]) == "?[2Jcaf\xC3\xA9 ?");
}

TEST_CASE("a picture fits into windows of any size") {
    for (const CanvasView& view : {CanvasView{0, 0, 20, 1}, CanvasView{0, 0, 1, 20}, CanvasView{}}) {
        for (Index columns = 0; columns <= 30; ++columns) {
            for (const Index rows : {0, 1, 2, 7, 50}) {
                Canvas canvas;
                canvas.view(view);
                canvas.rectangle({-5, -5}, {30, 30});
                canvas.text({0, 0}, "a text that is long");
                for (const bool colours : {false, true}) {
                    const Lines lines =
                        terminal_picture(canvas, {.colours = colours, .utf8 = true, .columns = columns, .rows = rows});
                    CHECK(static_cast<Index>(lines.size()) <= std::max<Index>(1, rows));
                    for (const std::string& line : lines) {
                        CHECK(count_characters(visible(line)) <= std::max<Index>(1, columns));
                    }
                }
            }
        }
    }
}

TEST_CASE("a terminal plays pictures over each other, within its window") {
    for (const Index columns : {1, 10, 80}) {
        const Terminal terminal{.moves_cursor = true, .colours = true, .utf8 = true, .columns = columns, .rows = 8};
        const std::string text = played(made(3), terminal);
        CHECK_THAT(text, ContainsText("\x1b["));
        for (const std::string& line : split(visible(text))) {
            CHECK(count_characters(line) <= std::max<Index>(1, columns - 1));
        }
        if (columns == 80) {
            CHECK_THAT(text, ContainsText("\nstep 3 of 3, return 3, episode 2/2, Ball\x1b[K\n"));
            CHECK_THAT(text, ContainsText("\x1b[7A\r"));  // six lines of the picture, one of words
            CHECK_THAT(text, !ContainsText("\x1b[8A"));
        }
    }
}

TEST_CASE("a terminal shows one picture at a time, and nothing of a larger one before") {
    const Terminal terminal{.moves_cursor = true, .columns = 21, .rows = 9};
    Recording recording = made(1);
    Recording last = made(1, {.left = -4, .bottom = -0.5, .right = 4, .top = 0.5});
    recording.episodes.push_back(last.episodes[0]);
    Lines wanted = terminal_picture(last.episodes[0].frames[1].canvas, {.columns = 20, .rows = 7});
    CHECK(wanted.size() < 4);
    wanted.emplace_back("step 1 of 1");
    wanted.emplace_back();
    CHECK(shown_by(played(recording, terminal), 9) == wanted);
    CHECK(shown_by(played(made(3), terminal), 9).size() == 9);
}

TEST_CASE("a pipe gets at most ten pictures of an episode, the first and the last among them, without codes") {
    const std::string text = played(made(100), plain);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\r') == std::string::npos);
    const Lines lines = split(text);
    const auto words = [&](const std::string& part) {
        return std::count_if(lines.begin(), lines.end(), [&](const std::string& line) { return line.find(part) == 0; });
    };
    CHECK(words("step ") == 20);
    const std::string whole = played(made(100), {.columns = 80, .rows = 10});
    CHECK_THAT(whole, ContainsText("step 0 of 100, return 0, episode 1/2, Ball\n"));
    CHECK_THAT(whole, ContainsText("step 100 of 100, return 100, episode 1/2, Ball\n"));
    CHECK(split(played(made(0), plain)).size() == split(played(made(1), plain)).size() / 2);
}

TEST_CASE("what a terminal cannot show of a name is a question mark, and a recording needs pictures") {
    Recording recording = made(0);
    recording.name = "\x1b[2J\xFF caf\xC3\xA9";
    CHECK_THAT(played(recording, {.moves_cursor = true, .columns = 80, .rows = 9}),
               ContainsText("episode 1/2, ?[2J? caf?\x1b[K\n"));
    CHECK_THAT(played(recording, {.columns = 80, .rows = 9}),
               ContainsText("episode 1/2, ?[2J\xEF\xBF\xBD caf\xC3\xA9\n"));
    recording.name = std::string(79, 'a') + "\xC3\xA9";
    const std::string cut = played(recording, {.columns = 200, .rows = 9});
    CHECK_THAT(cut, ContainsText(std::string(79, 'a') + "\xEF\xBF\xBD...\n"));
    CHECK_THROWS_WITH(played({}, plain), ContainsText("TerminalPlayer: the recording has no episodes"));
}

TEST_CASE("what is below a picture loses whole numbers in a narrow window, never some of their digits") {
    Recording recording = made(0);
    recording.episodes.resize(1);
    recording.episodes[0].length = 381;
    recording.episodes[0].frames[0].step = 381;
    recording.episodes[0].frames[0].reward_sum = 381.5;
    for (const bool moves_cursor : {false, true}) {
        const auto words = [&](Index columns) {
            return split(visible(played(recording, {.moves_cursor = moves_cursor, .columns = columns, .rows = 9})))
                .back();
        };
        CHECK(words(8).empty());
        CHECK(words(9) == "step 381");
        CHECK(words(10) == "step 381");
        CHECK(words(20) == "step 381 of 381");
        CHECK(words(40) == "step 381 of 381, return 381.5");
        CHECK(words(43) == "step 381 of 381, return 381.5, episode 1/1");
        CHECK(words(49) == "step 381 of 381, return 381.5, episode 1/1, Ball");
    }
}

#ifdef GRADIVA_TEST_HAS_PSEUDO_TERMINALS

TEST_CASE("a pipe gets lines as wide as COLUMNS says, without codes, whatever the terminal beside it can") {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const gradiva_test::Variables variables(
        {{"TERM", "xterm"}, {"LANG", "C.UTF-8"}, {"COLUMNS", "36"}, {"LINES", "10"}});
    {
        const File in(fdopen(ends[1], "w"));
        TerminalPlayer(in.get()).play(made(0));
    }
    const File out(fdopen(ends[0], "r"));
    std::string text;
    for (int c = std::fgetc(out.get()); c != EOF; c = std::fgetc(out.get())) text += static_cast<char>(c);
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK_THAT(text, ContainsText("@"));
    CHECK(split(text).size() == 2 * 9);
    CHECK(split(text).back() == "step 0 of 0, return 0, episode 2/2");
}

TEST_CASE("a terminal with NO_COLOR gets plain characters, and pictures as large as its window now is") {
    const gradiva_test::PseudoTerminal pseudo(40, 8);
    REQUIRE(pseudo.file);
    const gradiva_test::Variables variables({{"TERM", "xterm"}, {"NO_COLOR", "1"}, {"LANG", "C.UTF-8"}});
    TerminalPlayer player(pseudo.file.get());
    const auto lines = [&] {
        player.play(made(0));
        const std::string text = pseudo.shown();
        CHECK(text.find("\x1b[3") == std::string::npos);
        CHECK(text.find("\u2580") == std::string::npos);
        CHECK_THAT(text, ContainsText("@"));
        return split(visible(text));
    };
    const Lines large = lines();
    CHECK(large.size() == 14);  // of two episodes, six lines of a picture and one of words
    CHECK(large.back() == "step 0 of 0, return 0, episode 2/2");
    pseudo.resize(10, 5);
    const Lines small = lines();
    CHECK(small.size() == 8);
    CHECK(small.back() == "step 0");
    for (const std::string& line : small) CHECK(count_characters(line) <= 9);
}

#endif
