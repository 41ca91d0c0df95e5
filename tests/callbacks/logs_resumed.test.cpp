// All logs go on where a checkpoint left them.
#include "catch.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "callbacks/logs.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEMPLATE_TEST_CASE("a resumed log is cut to what was saved and equals one that was not stopped", "", CsvLog, JsonLog,
                   TensorBoardLog) {
    const TemporaryFolder folder("logs_resumed");
    const std::string whole_path = folder / "whole.log", path = folder / "run.log";
    TestType whole(whole_path);
    log_iterations(whole, 1, 9);
    StateImage image;
    {
        TestType log(path);
        log_iterations(log, 1, 5);
        image = image_of(log);
        log_iterations(log, 6, 7);  // after the checkpoint
    }
    const std::string file = file_of<TestType>(path);
    TestType resumed(path);
    restore("test", image, resumed);
    log_iterations(resumed, 6, 9);
    const std::string expected = content_of<TestType>(whole_path);
    CHECK(!expected.empty());
    CHECK(content_of<TestType>(path) == expected);
    CHECK(file_of<TestType>(path) == file);
    SECTION("and so does one that is resumed in the same object") {
        restore("test", image, resumed);
        log_iterations(resumed, 6, 9);
        CHECK(content_of<TestType>(path) == expected);
    }
    SECTION("its state is how far it was written") {
        std::uint64_t bytes = 0;
        std::memcpy(&bytes, image_of(resumed).find("bytes")->data, sizeof(bytes));
        CHECK(bytes == std::filesystem::file_size(file));
        RecordFile same("test", file, {bytes, [&] {
                                           std::uint64_t crc = 0;
                                           std::memcpy(&crc, image_of(resumed).find("crc64")->data, sizeof(crc));
                                           return crc;
                                       }()});
        CHECK(content_of<TestType>(path) == expected);
    }
}

TEMPLATE_TEST_CASE("a log that was not open when it was saved begins anew", "", CsvLog, JsonLog, TensorBoardLog) {
    const TemporaryFolder folder("logs_resumed");
    const std::string path = folder / "run.log", other = folder / "other.log";
    TestType log(path);
    const StateImage image = image_of(log);
    log_iterations(log, 1, 2);
    const std::string expected = content_of<TestType>(path);
    TestType resumed(other);
    restore("test", image, resumed);
    log_iterations(resumed, 1, 2);
    CHECK(content_of<TestType>(other) == expected);
}

TEMPLATE_TEST_CASE("a log that is shorter, missing or another is refused and left alone", "", CsvLog, JsonLog,
                   TensorBoardLog) {
    const TemporaryFolder folder("logs_resumed");
    const std::string path = folder / "run.log";
    StateImage image;
    {
        TestType log(path);
        log_iterations(log, 1, 5);
        image = image_of(log);
    }
    const std::string file = file_of<TestType>(path), full = read_text(file);
    const auto error_of = [&] {
        TestType resumed(path);
        restore("test", image, resumed);
        try {
            resumed(Progress{.iteration = 6});
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    SECTION("shorter") {
        std::filesystem::resize_file(file, full.size() - 1);
        CHECK_THAT(error_of(), ContainsText("Log: '" + file + "' had " + std::to_string(full.size()) +
                                            " bytes and has " + std::to_string(full.size() - 1)));
        CHECK(read_text(file).size() == full.size() - 1);
    }
    SECTION("missing") {
        std::filesystem::remove(file);
        CHECK_THAT(error_of(), ContainsText("cannot be read"));
        CHECK(!std::filesystem::exists(file));
    }
    SECTION("another") {
        std::string other = full;
        other[other.size() - 3] ^= 1;
        std::ofstream(file, std::ios::binary) << other;
        CHECK_THAT(error_of(), ContainsText("is not the file that was written"));
        CHECK(read_text(file) == other);
    }
    SECTION("the same") { CHECK(error_of().empty()); }
}

TEST_CASE("a resumed JsonLog does not repeat a description that it has, and writes another") {
    const TemporaryFolder folder("logs_resumed");
    const std::string path = folder / "run.jsonl";
    StateImage image;
    const Progress progress;
    {
        JsonLog log(path);
        start(log);
        log_iterations(log, 1, 1);
        image = image_of(log);
    }
    JsonLog resumed(path);
    restore("test", image, resumed);
    start(resumed);
    log_iterations(resumed, 2, 2);
    CHECK(lines_of(read_text(path)).size() == 3);
    restore("test", image, resumed);
    Run longer("Test", progress, {.steps = 1000});
    resumed.on_start(longer);
    const auto lines = lines_of(read_text(path));
    REQUIRE(lines.size() == 3);
    CHECK(lines[2] == R"({"description":{"algorithm":"Test","train/steps":1000,"train/schedule_steps":0}})");
}
