#include "gradiva/io/detail/durable_file.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>

#include "catch.hpp"
#include "helpers/other_user.hpp"
#include "helpers/small_disk.hpp"
#include "helpers/temporary_folder.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string>;

void replace(const std::string& path, const std::string& text, std::string_view kept = {}) {
    detail::DurableFile file("Test", path);
    file.write(std::as_bytes(std::span(text).first(text.size() / 2)));
    file.write(std::as_bytes(std::span(text).subspan(text.size() / 2)));
    file.commit(kept);
}

}  // namespace

TEST_CASE("a durable file appears whole, replaces a former one, and leaves nothing else") {
    const TemporaryFolder folder("durable");
    const std::string path = folder / "run";
    {
        detail::DurableFile file("Test", path);
        file.write(std::as_bytes(std::span(std::string_view("one"))));
        CHECK(folder.names() == Names{"run.partial"});
        file.commit();
    }
    CHECK(folder.names() == Names{"run"});
    CHECK(read_text(path) == "one");
    const std::string large(1'000'000, 'x');
    replace(path, large);
    CHECK(folder.names() == Names{"run"});
    CHECK(read_text(path) == large);
}

TEST_CASE("what is not committed goes, and the former file stays") {
    const TemporaryFolder folder("durable");
    const std::string path = folder / "run";
    replace(path, "one");
    {
        detail::DurableFile file("Test", path);
        file.write(std::as_bytes(std::span(std::string_view("two"))));
        CHECK(read_text(path) == "one");
    }
    CHECK(folder.names() == Names{"run"});
    CHECK(read_text(path) == "one");
}

TEST_CASE("a leftover partial file of a killed process is overwritten") {
    const TemporaryFolder folder("durable");
    write_text(folder / "run.partial", std::string(1000, 'x'));
    replace(folder / "run", "one");
    CHECK(folder.names() == Names{"run"});
    CHECK(read_text(folder / "run") == "one");
}

TEST_CASE("kept copies stay when the file is replaced, and are replaced by name") {
    const TemporaryFolder folder("durable");
    const std::string path = folder / "run";
    replace(path, "one", "10");
    replace(path, "two", "20");
    replace(path, "three");
    CHECK(folder.names() == Names{"run", "run.10", "run.20"});
    CHECK(read_text(path) == "three");
    CHECK(read_text(path + ".10") == "one");
    CHECK(read_text(path + ".20") == "two");
    replace(path, "four", "20");
    CHECK(read_text(path + ".20") == "four");
    CHECK(fs::hard_link_count(path) == 2);
}

TEST_CASE("a process that was killed between keeping a copy and replacing the file leaves the copy alone afterwards") {
    const TemporaryFolder folder("durable");
    const std::string path = folder / "run";
    replace(path, "one", "10");
    fs::create_hard_link(path + ".10", path + ".partial");
    replace(path, "two");
    CHECK(read_text(path) == "two");
    CHECK(read_text(path + ".10") == "one");
}

TEST_CASE("a process that is killed at any moment leaves a whole file") {
    const TemporaryFolder folder("durable");
    const std::string path = folder / "run";
    replace(path, std::string(300'000, 'a'));
    std::mt19937 random(1);
    std::set<char> seen;
    for (int kill_number = 0; kill_number < 30; ++kill_number) {
        const pid_t child = fork();
        if (child == 0) {
            alarm(10);  // should nobody kill it
            for (char c = 'b';; c = c == 'z' ? 'b' : static_cast<char>(c + 1))
                replace(path, std::string(300'000, c), "1");
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 30'000));
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
        const std::string text = read_text(path);
        REQUIRE(text == std::string(300'000, text[0]));
        seen.insert(text[0]);
        if (fs::exists(path + ".1")) {
            const std::string kept = read_text(path + ".1");
            REQUIRE(kept == std::string(300'000, kept[0]));
        }
    }
    CHECK(seen.size() > 1);
}

TEST_CASE("a path without a folder is one in the working directory") {
    const TemporaryFolder folder("durable");
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    replace("run", "one");
    fs::current_path(before);
    CHECK(read_text(folder / "run") == "one");
}

TEST_CASE("what is no file is not replaced") {
    const TemporaryFolder folder("durable");
    CHECK_THROWS_WITH(replace(folder.path(), "new"),
                      "Test: '" + folder.path() +
                          "' is no file that could be replaced (it is a folder); give the "
                          "path of a file");
    REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_THROWS_WITH(replace(folder / "pipe", "new"), ContainsText("it is a device, a pipe or the like"));
    CHECK(folder.names() == Names{"pipe"});
    CHECK_THROWS_WITH(replace("", "new"), "Test: the path is empty; give that of a file");
}

TEST_CASE("a folder that is not there is an error that names path and reason") {
    const TemporaryFolder folder("durable");
    const std::string path = folder / "none/run";
    CHECK_THROWS_WITH(replace(path, "new"), "Test: cannot open '" + path +
                                                ".partial': No such file or directory; give a path in a folder that "
                                                "exists and may be written");
}

TEST_CASE("a copy that cannot be kept is an error, and the former file stays") {
    const TemporaryFolder folder("durable");
    const std::string path = folder / "run";
    replace(path, "one");
    fs::create_directory(path + ".10");
    write_text(path + ".10/inside", "");
    CHECK_THROWS_WITH(replace(path, "two", "10"),
                      ContainsText("cannot link '" + path + ".10': ") && ContainsText("keep none or write elsewhere"));
    CHECK(read_text(path) == "one");
    CHECK(folder.names() == Names{"run", "run.10"});
}

TEST_CASE("a full disk is an error wherever it is noticed, and the former file stays") {
    const TemporaryFolder folder("durable");
    const std::string path = folder / "run";
    replace(path, "one");
    for (const std::size_t size : {2'000U, 6'000U, 1'000'000U}) {  // noticed when flushed, and when written
        CAPTURE(size);
        const SmallDisk disk(1000);
        CHECK_THROWS_WITH(
            replace(path, std::string(size, 'x')),
            "Test: cannot write '" + path + ".partial': File too large; is the disk full? A former file is intact");
        CHECK(read_text(path) == "one");
        CHECK(folder.names() == Names{"run"});
    }
    replace(path, std::string(2000, 'x'));
    CHECK(read_text(path).size() == 2000);
}

TEST_CASE("a folder that may not be written is an error, and the former file stays") {
    const TemporaryFolder folder("durable");
    const std::string path = folder / "run";
    replace(path, "one");
    fs::permissions(folder.path(), fs::perms{0555});
    const auto text = error_of_other_user([&] { replace(path, "new"); });
    fs::permissions(folder.path(), fs::perms{0755});
    if (!text) {
        WARN("skipped: root cannot become another user here");
        return;
    }
    CHECK(*text == "Test: cannot open '" + path +
                       ".partial': Permission denied; give a path in a folder that exists and may be written");
    CHECK(read_text(path) == "one");
}
