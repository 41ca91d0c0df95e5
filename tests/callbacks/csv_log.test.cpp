#include "gradiva/callbacks/csv_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "catch.hpp"
#include "helpers/report_fields.hpp"
#include "helpers/small_disk.hpp"
#include "helpers/temporary_folder.hpp"

using namespace gradiva;
using gradiva_test::read_text;
using gradiva_test::SmallDisk;

namespace {

/// A file in a folder of its own.
struct TemporaryFile {
    explicit TemporaryFile(const std::string& name) : folder(name + ".folder"), path(folder / name) {}

    std::vector<std::string> lines() const {
        std::ifstream file(path);
        std::vector<std::string> result;
        for (std::string line; std::getline(file, line);) result.push_back(line);
        return result;
    }

    gradiva_test::TemporaryFolder folder;
    std::string path;
};

std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> result(1);
    for (const char c : line) {
        if (c == ',') {
            result.emplace_back();
        } else {
            result.back() += c;
        }
    }
    return result;
}

/// What a call of `train` begins with.
void start(CsvLog& log) {
    const Progress progress;
    Run run("Test", progress);
    log.on_start(run);
}

/// The cell under the name.
std::string cell(const std::vector<std::string>& lines, std::size_t row, const std::string& name) {
    const auto names = cells(lines.at(0));
    const auto found = std::find(names.begin(), names.end(), name);
    REQUIRE(found != names.end());
    return cells(lines.at(row)).at(static_cast<std::size_t>(found - names.begin()));
}

}  // namespace

TEST_CASE("CsvLog writes the names and then one line per iteration at once") {
    const TemporaryFile file("csv_log_lines.csv");
    CsvLog log(file.path);
    CHECK(!std::filesystem::exists(file.path));
    start(log);
    REQUIRE(file.lines().size() == 1);
    CHECK(file.lines()[0].starts_with("iteration,steps,"));
    for (Index i = 1; i <= 3; ++i) {
        log(Progress{.algorithm = "Test",
                     .iteration = i,
                     .steps = 100 * i,
                     .mean_return = 0.5,
                     .update = {.learning_rate = 3e-4}});
        CHECK(file.lines().size() == 1 + static_cast<std::size_t>(i));
    }
    const auto lines = file.lines();
    for (const std::string& line : lines) CHECK(cells(line).size() == cells(lines[0]).size());
    CHECK(cell(lines, 3, "iteration") == "3");
    CHECK(cell(lines, 3, "steps") == "300");
    CHECK(cell(lines, 3, "mean_return") == "0.5");
    CHECK(cell(lines, 3, "learning_rate") == "0.0003");
}

TEST_CASE("CsvLog writes every number of a report under its name") {
    const TemporaryFile file("csv_log_every.csv");
    CsvLog log(file.path);
    // The first tells all fields apart; the second has nine digits; the third what only an exponent can say.
    for (const double first : {101.0, 123456789.0, 1e15}) log(gradiva_test::distinct_progress(first));
    const auto lines = file.lines();
    REQUIRE(lines.size() == 4);
    std::size_t row = 0;
    for (const double first : {101.0, 123456789.0, 1e15}) {
        ++row;
        auto expected = gradiva_test::numbers_of(gradiva_test::distinct_progress(first));
        expected.erase("total_steps");
        CHECK(cells(lines[0]).size() == expected.size());
        for (const auto& [name, number] : expected) {
            CAPTURE(row, name);
            CHECK(std::stod(cell(lines, row, name)) == Catch::Approx(number).epsilon(1e-9).margin(0));
        }
    }
    CHECK(cell(lines, 2, "mean_return") == "123456797");
    CHECK(cell(lines, 3, "mean_return") == "1e+15");
}

TEST_CASE("CsvLog leaves the cell of an absent number empty") {
    const TemporaryFile file("csv_log_empty.csv");
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CsvLog log(file.path);
    log(Progress{.algorithm = "Test", .iteration = 1, .mean_return = nan, .mean_length = nan});
    const auto lines = file.lines();
    CHECK(cell(lines, 1, "mean_return").empty());
    CHECK(cell(lines, 1, "mean_length").empty());
    CHECK(cell(lines, 1, "episodes") == "0");
    CHECK(cells(lines[1]).size() == cells(lines[0]).size());
}

TEST_CASE("CsvLog leaves cells empty that an iteration did not compute") {
    const TemporaryFile file("csv_log_absent.csv");
    CsvLog log(file.path);
    log(Progress{.algorithm = "Test", .iteration = 1, .update = {.rejected_steps = 3, .left_out = 2}});
    log(Progress{.algorithm = "Test", .iteration = 2});
    const auto lines = file.lines();
    CHECK(cell(lines, 1, "rejected_steps") == "3");
    CHECK(cell(lines, 1, "left_out") == "2");
    std::vector<std::string> filled;
    for (const std::string& name : cells(lines[0])) {
        if (!cell(lines, 2, name).empty()) filled.push_back(name);
    }
    CHECK(filled == std::vector<std::string>{"iteration", "steps", "schedule_progress", "seconds", "steps_per_second",
                                             "episodes", "lifetime_episodes"});
}

TEST_CASE("CsvLog replaces an older file when its first training starts, and later trainings add to it") {
    const TemporaryFile file("csv_log_replace.csv");
    { CsvLog(file.path)(Progress{.algorithm = "Test", .iteration = 1}); }
    CsvLog again(file.path);
    CHECK(file.lines().size() == 2);
    for (Index training = 1; training <= 2; ++training) {
        start(again);
        CHECK(file.lines().size() == static_cast<std::size_t>(training));
        again(Progress{.algorithm = "Test", .iteration = training});
    }
    const auto lines = file.lines();
    REQUIRE(lines.size() == 3);
    CHECK(cell(lines, 1, "iteration") == "1");
    CHECK(cell(lines, 2, "iteration") == "2");
}

TEST_CASE("a cell has nine digits of a number, all of a count, and is empty where not finite") {
    const TemporaryFile file("csv_log_cells.csv");
    CsvLog log(file.path);
    constexpr double inf = std::numeric_limits<double>::infinity();
    log(Progress{
        .steps = 12345678901, .seconds = 12345678901.0, .steps_per_second = -inf, .update = {.mean_kl = 0.25}});
    const auto lines = file.lines();
    CHECK(cell(lines, 1, "steps") == "12345678901");
    CHECK(cell(lines, 1, "seconds") == "1.23456789e+10");
    CHECK(cell(lines, 1, "steps_per_second").empty());
    CHECK(cell(lines, 1, "mean_kl") == "0.25");
}

TEST_CASE("names of columns are in quotes where CSV needs them") {
    const auto text = [](std::string_view name) {
        std::string line;
        detail::append_csv(line, name);
        return line;
    };
    CHECK(text("plain <b> name") == "plain <b> name");
    CHECK(text("a,b") == "\"a,b\"");
    CHECK(text("say \"b\"") == "\"say \"\"b\"\"\"");
    CHECK(text("two\nlines") == "\"two\nlines\"");
}

TEST_CASE("CsvLog says beside its file what the training is, anew at each start") {
    const TemporaryFile file("csv_log_beside.csv");
    const Progress progress;
    CsvLog log(file.path);
    const auto starts_with = [&](const TrainOptions& options) {
        Run run("Test", progress, options);
        log.on_start(run);
        return nlohmann::json::parse(read_text(file.path + ".json"));
    };
    const auto json = starts_with({.steps = 100});
    CHECK(json["gradiva_log"] == 1);
    CHECK(json["description"]["algorithm"] == "Test");
    CHECK(json["description"]["train/steps"] == 100);
    CHECK(json["columns"].size() == std::size(log_columns));
    CHECK(json["columns"][1] == "steps");
    CHECK(starts_with({.steps = 200})["description"]["train/steps"] == 200);
}

TEST_CASE("CsvLog says what the file beside it lacks") {
    const TemporaryFile file("csv_log_beside_full.csv");
    std::filesystem::create_directory(file.path + ".json");
    CsvLog log(file.path);
    const std::string error = "CsvLog: cannot write '" + file.path + ".json': ";
    CHECK_THROWS_WITH(start(log), error + std::generic_category().message(EISDIR));
    CHECK(!std::filesystem::exists(file.path + ".json.partial"));
    std::filesystem::remove(file.path + ".json");
    const SmallDisk disk(read_text(file.path).size());
    CHECK_THROWS_WITH(start(log), error + std::generic_category().message(EFBIG));
    CHECK(!std::filesystem::exists(file.path + ".json.partial"));
}

TEST_CASE("CsvLog keeps the former file beside its own where the new one cannot be written") {
    const TemporaryFile file("csv_log_beside_kept.csv");
    CsvLog log(file.path);
    start(log);
    const std::string before = read_text(file.path + ".json");
    CHECK(!before.empty());
    {
        const SmallDisk disk(before.size() / 2);
        CHECK_THROWS_WITH(start(log), ContainsText(std::generic_category().message(EFBIG)));
    }
    CHECK(read_text(file.path + ".json") == before);
}

TEST_CASE("CsvLog to a pipe or device writes no file beside it") {
    const TemporaryFile file("csv_log_pipe.csv");
    REQUIRE(mkfifo(file.path.c_str(), 0600) == 0);
    const int end = open(file.path.c_str(), O_RDWR);  // so that the log need not wait for a reader
    REQUIRE(end >= 0);
    {
        CsvLog log(file.path);
        start(log);
        log(Progress{.iteration = 1});
    }
    char first = 0;
    CHECK(read(end, &first, 1) == 1);
    CHECK(first == 'i');
    CHECK(std::distance(std::filesystem::directory_iterator(std::filesystem::path(file.path).parent_path()), {}) == 1);
    close(end);
    CHECK(!detail::has_place_beside("/dev/null"));
    SECTION("also where the name of an open file is that of a regular one") {
        const TemporaryFile other("csv_log_open.csv");
        const int number = open(other.path.c_str(), O_CREAT | O_WRONLY, 0600);
        REQUIRE(number >= 0);
        const std::string name = "/dev/fd/" + std::to_string(number);
        CHECK(!detail::has_place_beside(name));
        CHECK(detail::has_place_beside(other.path));
        close(number);
    }
}

TEST_CASE("CsvLog ends with a complete line when the disk is full") {
    const TemporaryFile file("csv_log_full.csv");
    CsvLog log(file.path);
    {
        const SmallDisk disk(10);  // too small for the names
        CHECK_THROWS_WITH(start(log), "CsvLog: writing to '" + file.path + "' failed; is the disk full?");
    }
    start(log);
    const auto names = file.lines().at(0).size() + 1;
    {
        const SmallDisk disk(names + 150);  // room for the names and a few lines
        CHECK_THROWS_WITH(
            [&] {
                for (Index i = 1; i <= 100; ++i) log(Progress{.algorithm = "Test", .iteration = i});
            }(),
            "CsvLog: writing to '" + file.path + "' failed; is the disk full?");
    }
    const auto check_lines = [&file] {
        const auto lines = file.lines();
        std::ifstream raw(file.path, std::ios::binary | std::ios::ate);
        const auto size = raw.tellg();
        std::size_t sum = 0;
        for (const std::string& line : lines) {
            CHECK(cells(line).size() == cells(lines[0]).size());
            sum += line.size() + 1;  // the last one has a line break too
        }
        CHECK(sum == static_cast<std::size_t>(size));
        return lines;
    };
    CHECK(check_lines().size() > 2);
    const auto before = check_lines().size();
    log(Progress{.algorithm = "Test", .iteration = 101});
    CHECK(check_lines().size() == before + 1);
    CHECK(cell(file.lines(), before, "iteration") == "101");
}
