#include "gradiva/callbacks/progress_bar.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "helpers/report_fields.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;

namespace {

struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Close>;

std::string contents(const File& file) {
    std::string text;
    std::rewind(file.get());
    for (int c = std::fgetc(file.get()); c != EOF; c = std::fgetc(file.get())) text += static_cast<char>(c);
    return text;
}

Progress at(Index steps, Index total = 1000) {
    return {.algorithm = "Test",
            .iteration = steps,
            .steps = steps,
            .total_steps = total,
            .seconds = 0.1 * static_cast<double>(steps),
            .steps_per_second = 10,
            .mean_return = 12.34};
}

std::ptrdiff_t count(const std::string& text, char c) { return std::count(text.begin(), text.end(), c); }

}  // namespace

TEST_CASE("ProgressBar writes plain lines into a file, one for each 5 % of the steps") {
    const File file(std::tmpfile());
    REQUIRE(file);
    ProgressBar bar(file.get());
    for (Index steps = 1; steps <= 1000; ++steps) bar(at(steps));
    const std::string text = contents(file);
    CHECK(count(text, '\r') == 0);
    CHECK(count(text, '\x1b') == 0);
    CHECK(count(text, '\n') >= 20);
    CHECK(count(text, '\n') <= 22);
    CHECK_THAT(text, ContainsText("Test  50 % 500 steps, 10 steps/s, return 12.3, 50.0 s left\n"));
    CHECK(text.ends_with("Test 100 % 1000 steps, 10 steps/s, return 12.3, 0.0 s left\n"));
}

TEST_CASE("ProgressBar shows a report in which only the steps are known") {
    for (const bool terminal : {false, true}) {
        const File file(std::tmpfile());
        REQUIRE(file);
        ProgressBar bar(file.get(), terminal);
        Progress progress = at(1000);
        progress.mean_return = std::numeric_limits<double>::quiet_NaN();
        bar(progress);
        CHECK_THAT(contents(file), ContainsText("1000 steps, 10 steps/s, return -, 0.0 s left"));
    }
}

TEST_CASE("ProgressBar overwrites one line on a terminal and ends it") {
    const File file(std::tmpfile());
    REQUIRE(file);
    ProgressBar bar(file.get(), true);
    for (Index steps = 1; steps <= 1000; ++steps) bar(at(steps));
    const std::string text = contents(file);
    CHECK(count(text, '\r') > 100);
    CHECK(count(text, '\n') == 1);
    CHECK(text.ends_with("[========================] 1000 steps, 10 steps/s, return 12.3, 0.0 s left\n"));
}

TEST_CASE("ProgressBar shows the last report even right after another") {
    for (const bool terminal : {false, true}) {
        const File file(std::tmpfile());
        ProgressBar bar(file.get(), terminal);
        bar(at(999));
        Progress last = at(1000);
        last.seconds = at(999).seconds;
        bar(last);
        CHECK_THAT(contents(file), ContainsText("1000 steps"));
    }
}

TEST_CASE("ProgressBar accepts more steps than requested and no finished episode") {
    for (const bool terminal : {false, true}) {
        const File file(std::tmpfile());
        ProgressBar bar(file.get(), terminal);
        Progress progress = at(1100);
        progress.mean_return = std::numeric_limits<double>::quiet_NaN();
        bar(progress);
        const std::string numbers = "1100 steps, 10 steps/s, return -, 0.0 s left\n";
        CHECK(contents(file) ==
              (terminal ? "\r\x1b[2KTest [========================] " + numbers : "Test 100 % " + numbers));
    }
}

TEST_CASE("ProgressBar restarts with another training, also where on_start is not called") {
    for (const auto& [terminal, is_told] : {std::pair{false, true}, {false, false}, {true, true}, {true, false}}) {
        CAPTURE(terminal, is_told);
        const File file(std::tmpfile());
        ProgressBar bar(file.get(), terminal);
        for (int training = 1; training <= 2; ++training) {
            Progress progress;
            Run run("Test", progress);
            if (is_told) bar.on_start(run);
            bar(at(10));
            bar(at(1000));
        }
        const std::string text = contents(file);
        const auto times = [&](const std::string& report) {
            int found = 0;
            for (std::size_t at = 0; (at = text.find(report, at)) != text.npos; ++at) ++found;
            return found;
        };
        CHECK(times(" 10 steps, 10 steps/s, return 12.3, 99.0 s left") == 2);
        CHECK(times(" 1000 steps, 10 steps/s, return 12.3, 0.0 s left\n") == 2);
    }
}

TEST_CASE("ProgressBar restarts after a training that ended, where the next one continues its steps") {
    const File file(std::tmpfile());
    ProgressBar bar(file.get(), false);
    bar(at(1000));
    bar(at(1001, 100'000));
    CHECK_THAT(contents(file), ContainsText("Test   1 % 1001 steps"));
}

TEST_CASE("ProgressBar shows the last report of a training that stops early, once, and ends its line") {
    const std::string last = " 52 steps, 10 steps/s, return 12.3, 94.8 s left\n";
    for (const bool terminal : {false, true}) {
        const File file(std::tmpfile());
        ProgressBar bar(file.get(), terminal);
        Progress progress;
        const Run run("Test", progress);
        bar.on_stop(run, Stop::callback);  // before the first iteration there is nothing to show
        CHECK(contents(file).empty());
        bar(at(50));
        bar(at(51));
        progress = at(52);
        bar.on_stop(run, Stop::exception);
        CHECK(contents(file).ends_with(last));
        progress = at(1000);
        bar(progress);
        const std::string text = contents(file);
        bar.on_stop(run, Stop::steps);
        CHECK(contents(file) == text);
    }
    const File file(std::tmpfile());
    ProgressBar bar(file.get(), false);
    const Progress progress = at(50);
    bar(progress);
    const std::string text = contents(file);
    bar.on_stop(Run("Test", progress), Stop::callback);
    CHECK(contents(file) == text);
}

TEST_CASE("ProgressBar writes exactly the numbers of a report in their positions") {
    auto progress = gradiva_test::distinct_progress(101);
    progress.steps = 300;
    progress.total_steps = 1000;
    progress.steps_per_second = 16;
    progress.mean_return = -123.456;
    const std::string numbers = "300 steps, 16 steps/s, return -123.5, 43.8 s left";  // 700 / 16 = 43.75
    for (const bool terminal : {false, true}) {
        const File file(std::tmpfile());
        ProgressBar(file.get(), terminal)(progress);
        CHECK(contents(file) == (terminal ? "\r\x1b[2KDistinct [=======                 ] " + numbers
                                          : "Distinct  30 % " + numbers + "\n"));
    }
}

TEST_CASE("ProgressBar updates its line at most every 0.05 s") {
    const File file(std::tmpfile());
    ProgressBar bar(file.get(), true);
    for (Index i = 1; i <= 32; ++i) {
        Progress progress = at(i);
        progress.seconds = static_cast<double>(i) / 64;  // four are 0.0625 s, three 0.047 s
        bar(progress);
    }
    CHECK(count(contents(file), '\r') == 8);
}

TEST_CASE("ProgressBar shows a report 0.05 s after the last one, and none before") {
    for (const bool terminal : {false, true}) {
        const File file(std::tmpfile());
        ProgressBar bar(file.get(), terminal);
        Progress progress = at(50);
        for (const double seconds : {0.0, 0.0, 0.05}) {
            progress.seconds = seconds;
            bar(progress);
        }
        CHECK(count(contents(file), terminal ? '\r' : '\n') == (terminal ? 2 : 1));
    }
}

TEST_CASE("ProgressBar flushes what it writes") {
    const std::string path = gradiva_test::temporary_path("progress.txt");
    for (const bool terminal : {false, true}) {
        const File file(std::fopen(path.c_str(), "w"));
        REQUIRE(file);
        ProgressBar(file.get(), terminal)(at(500));
        CHECK(std::filesystem::file_size(path) > 40);
    }
    std::filesystem::remove(path);
}

TEST_CASE("ProgressBar draws the returns so far as blocks where the window is wide enough and has UTF-8") {
    const auto last_line = [](const Terminal& terminal) {
        const File file(std::tmpfile());
        ProgressBar bar(file.get(), terminal);
        for (Index i = 1; i <= 10; ++i) {
            Progress progress = at(100 * i);
            progress.mean_return = static_cast<double>(i * i);
            bar(progress);
        }
        const std::string text = contents(file);
        return text.substr(text.rfind("\x1b[2K") + 4);
    };
    const std::string numbers = "1000 steps, 10 steps/s, return 100.0, 0.0 s left";
    CHECK(last_line({.moves_cursor = true, .utf8 = true, .columns = 120}) ==
          "Test [========================] " + numbers + " ▁▁▁▂▂▃▄▆▇█\n");
    CHECK(last_line({.moves_cursor = true, .utf8 = false, .columns = 120}) ==
          "Test [========================] " + numbers + "\n");
    CHECK(last_line({.moves_cursor = true, .utf8 = true, .columns = 72}) == "Test [========] " + numbers + " ▁▁▂▄▅█\n");
    CHECK(last_line({.moves_cursor = true, .utf8 = true, .columns = 70}) == "Test 100 % " + numbers + " ▁▁▁▂▃▄▅▆█\n");
    CHECK(last_line({.moves_cursor = true, .utf8 = false, .columns = 70}) == "Test [=============] " + numbers + "\n");
    CHECK(last_line({.moves_cursor = true, .utf8 = false, .columns = 62}) == "Test 100 % " + numbers + "\n");
    CHECK(last_line({.moves_cursor = true, .utf8 = true, .columns = 10}) == "100 %\n");
    CHECK(last_line({.moves_cursor = true, .utf8 = true, .columns = 1}) == "\n");
}

TEST_CASE("ProgressBar leaves out whole numbers where the window is narrow, never some of their digits") {
    const auto line = [](Index columns) {
        const File file(std::tmpfile());
        ProgressBar bar(file.get(), {.moves_cursor = true, .utf8 = true, .columns = columns});
        Progress progress = at(1024, 3000);
        progress.seconds = 1;
        bar(progress);
        return contents(file).substr(5);
    };
    CHECK(line(5).empty());
    CHECK(line(6) == " 34 %");
    CHECK(line(10) == " 34 %");
    CHECK(line(17) == " 34 % 1024 steps");
    CHECK(line(20) == " 34 % 1024 steps");
    CHECK(line(29) == " 34 % 1024 steps, 10 steps/s");
    CHECK(line(40) == " 34 % 1024 steps, 10 steps/s");
    CHECK(line(42) == " 34 % 1024 steps, 10 steps/s, return 12.3");
}

TEST_CASE("ProgressBar never writes more than fits into one line of a window") {
    for (Index columns = 1; columns <= 140; ++columns) {
        for (const bool utf8 : {false, true}) {
            const File file(std::tmpfile());
            ProgressBar bar(file.get(), {.moves_cursor = true, .utf8 = utf8, .columns = columns});
            for (Index i = 1; i <= 40; ++i) {
                Progress progress = at(1000 * i, 50'000);
                progress.mean_return = static_cast<double>((i * 7) % 11) - 1234.5;
                bar(progress);
            }
            const std::string text = contents(file);
            CHECK(count(text, '\n') == 0);
            Index longest = 0;
            for (std::size_t begin = text.find("\x1b[2K"); begin != std::string::npos;) {
                const std::size_t end = text.find("\r\x1b[2K", begin + 4);
                longest =
                    std::max(longest, count_characters(std::string_view(text).substr(begin + 4, end - begin - 4)));
                begin = end == std::string::npos ? end : end + 1;
            }
            CHECK(longest <= std::max<Index>(1, columns - 1));
            CHECK(longest >= (columns < 6 ? 0 : columns < 60 ? columns / 3 : 58));
        }
    }
}

TEST_CASE("ProgressBar forgets the returns of a training when another begins") {
    const File file(std::tmpfile());
    ProgressBar bar(file.get(), {.moves_cursor = true, .utf8 = true, .columns = 200});
    for (Index i = 1; i <= 10; ++i) bar(at(100 * i));
    Progress progress = at(10);
    bar(progress);
    CHECK(contents(file).ends_with("99.0 s left"));
}
