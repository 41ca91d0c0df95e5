#include "gradiva/core/record_file.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "helpers/small_disk.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

struct Path {
    std::string name = temporary_path("record_file.txt");
    ~Path() { std::filesystem::remove(name); }
    std::string text() const {
        std::ostringstream out;
        out << std::ifstream(name, std::ios::binary).rdbuf();
        return out.str();
    }
};

}  // namespace

TEST_CASE("a line file keeps complete lines on a full disk, and continues when there is space") {
    const Path path;
    RecordFile file("Test", path.name);
    {
        const SmallDisk disk(12);
        file.add("one\n");
        file.flush();
        file.add("two\n");
        file.flush();
        for (int i = 0; i < 3; ++i) {
            file.add("refused\n");
            CHECK_THROWS_WITH(file.flush(), ContainsText("Test: writing to '" + path.name + "' failed"));
            CHECK(path.text() == "one\ntwo\n");
        }
    }
    file.add("three\n");
    file.flush();
    CHECK(path.text() == "one\ntwo\nthree\n");
}

TEST_CASE("a line file removes what a failed write of many lines has written") {
    const Path path;
    RecordFile file("Test", path.name);
    const SmallDisk disk(100'000);
    const std::string line(999, 'x');
    CHECK_THROWS_WITH(
        [&] {
            for (int i = 0; i < 1000; ++i) file.add(line + "\n");
        }(),
        ContainsText("is the disk full?"));
    const std::string text = path.text();
    CHECK(text.size() >= 50'000);
    CHECK(text.size() % 1000 == 0);
    CHECK(text.ends_with("x\n"));
}

TEST_CASE("a line file with a relative path does not depend on later changes of the working directory") {
    const Path path;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(std::filesystem::path(path.name).parent_path());
    RecordFile file("Test", std::filesystem::path(path.name).filename().string());
    std::filesystem::current_path(before);
    const SmallDisk disk(6);
    file.add("one\n");
    file.flush();
    file.add("two\n");
    CHECK_THROWS(file.flush());
    CHECK(path.text() == "one\n");
}

TEST_CASE("a full device is an error that names it") {
    if (!std::filesystem::exists("/dev/full")) return;
    RecordFile file("Test", "/dev/full");
    file.add("one\n");
    CHECK_THROWS_WITH(file.flush(), "Test: writing to '/dev/full' failed; is the disk full?");
}

TEST_CASE("a record file that is cut back ends where it was, and goes on there as if nothing had been cut") {
    const Path path;
    RecordFile file("test", path.name);
    file.add("one\n");
    file.flush();
    const RecordFilePosition one = file.position();
    file.add("two\n");
    file.cut_back(one);
    CHECK(path.text() == "one\n");
    file.cut_back(one);
    file.add("three\n");
    file.flush();
    CHECK(path.text() == "one\nthree\n");
    const RecordFilePosition end = file.position();
    CHECK(end.bytes == 10);
    const RecordFile same("test", path.name, end);  // throws where the CRC is another
    CHECK(path.text() == "one\nthree\n");
}
