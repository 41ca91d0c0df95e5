#include "catch.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gradiva/callbacks/csv_log.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;
using gradiva_test::TemporaryPath;

namespace {

std::string text_of(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

/// Lines of the iterations `from`, ..., `to`.
void log_iterations(CsvLog& log, Index from, Index to) {
    for (Index i = from; i <= to; ++i) log(Progress{.iteration = i, .steps = 10 * i});
}

}  // namespace

TEST_CASE("a resumed log is cut to what was saved and equals one that was not stopped") {
    const TemporaryPath whole_path("whole.csv"), path("run.csv");
    CsvLog whole(whole_path.text());
    log_iterations(whole, 1, 9);
    StateImage image;
    {
        CsvLog log(path.text());
        log_iterations(log, 1, 5);
        image = image_of(log);
        log_iterations(log, 6, 7);  // after the checkpoint
    }
    CsvLog resumed(path.text());
    restore("test", image, resumed);
    log_iterations(resumed, 6, 9);
    CHECK(text_of(path.text()) == text_of(whole_path.text()));
    SECTION("and so does one that is resumed in the same object") {
        restore("test", image, resumed);
        log_iterations(resumed, 6, 9);
        CHECK(text_of(path.text()) == text_of(whole_path.text()));
    }
    SECTION("its state is that of the one that was not stopped") {
        CHECK(image_of(resumed).find("bytes")->bytes == 8);
        const StateImage a = image_of(resumed), b = image_of(whole);
        CHECK(std::memcmp(a.find("bytes")->data, b.find("bytes")->data, 8) == 0);
        CHECK(std::memcmp(a.find("crc64")->data, b.find("crc64")->data, 8) == 0);
    }
}

TEST_CASE("a log that was not open when it was saved begins anew") {
    const TemporaryPath path("run.csv");
    CsvLog log(path.text());
    const StateImage image = image_of(log);
    log_iterations(log, 1, 2);
    const std::string expected = text_of(path.text());
    CsvLog resumed(path.text());
    restore("test", image, resumed);
    log_iterations(resumed, 1, 2);
    CHECK(text_of(path.text()) == expected);
}

TEST_CASE("a log that is shorter, missing or another is refused and left alone") {
    const TemporaryPath path("run.csv");
    StateImage image;
    {
        CsvLog log(path.text());
        log_iterations(log, 1, 5);
        image = image_of(log);
    }
    const std::string full = text_of(path.text());
    const auto error_of = [&] {
        CsvLog resumed(path.text());
        restore("test", image, resumed);
        try {
            resumed(Progress{.iteration = 6});
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    SECTION("shorter") {
        std::filesystem::resize_file(path.text(), full.size() - 1);
        CHECK_THAT(error_of(), ContainsText("CsvLog: '" + path.text() + "' had " + std::to_string(full.size()) +
                                            " bytes and has " + std::to_string(full.size() - 1)));
        CHECK(text_of(path.text()).size() == full.size() - 1);
    }
    SECTION("missing") {
        std::filesystem::remove(path.text());
        CHECK_THAT(error_of(), ContainsText("cannot be read"));
        CHECK(!std::filesystem::exists(path.text()));
    }
    SECTION("another") {
        std::string other = full;
        other[other.size() - 3] ^= 1;
        std::ofstream(path.text(), std::ios::binary) << other;
        CHECK_THAT(error_of(), ContainsText("is not the file that was written"));
        CHECK(text_of(path.text()) == other);
    }
    SECTION("the same") { CHECK(error_of().empty()); }
}
