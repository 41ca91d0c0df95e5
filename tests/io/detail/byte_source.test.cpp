#include "gradiva/io/detail/byte_source.hpp"

#include <sys/stat.h>
#include <filesystem>
#include <span>
#include <string>

#include "catch.hpp"
#include "helpers/other_user.hpp"
#include "helpers/temporary_folder.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

template <class Source>
std::string read(Source& source, std::size_t size) {
    std::string text(size, ' ');
    source.read(std::as_writable_bytes(std::span(text)));
    return text;
}

}  // namespace

TEST_CASE("a file and memory give their bytes one after the other") {
    const TemporaryFolder folder("source");
    const std::string text = "abcdef";
    write_text(folder / "file", text);
    const auto check = [](auto source) {
        CHECK(source.size() == 6);
        CHECK(read(source, 2) == "ab");
        CHECK(read(source, 0).empty());
        CHECK(read(source, 4) == "cdef");
    };
    check(detail::FileSource(folder / "file"));
    check(detail::MemorySource(std::as_bytes(std::span(text))));
}

TEST_CASE("a file that is replaced while it is read is read as it was") {
    const TemporaryFolder folder("source");
    const std::string path = folder / "file", old(100'000, 'a');
    write_text(path, old);
    detail::FileSource source(path);
    CHECK(read(source, 8) == old.substr(0, 8));
    write_text(path + ".new", "b");
    std::filesystem::rename(path + ".new", path);
    CHECK(read(source, 99'992) == old.substr(8));
}

TEST_CASE("a file that is cut while it is read is an error") {
    const TemporaryFolder folder("source");
    const std::string path = folder / "file";
    write_text(path, std::string(100'000, 'a'));
    detail::FileSource source(path);
    read(source, 8);
    std::filesystem::resize_file(path, 50'000);
    CHECK_THROWS_WITH(read(source, 99'992), ContainsText("cannot read '" + path + "'") &&
                                                ContainsText("it ended earlier than its size says"));
}

TEST_CASE("what cannot be read as a file is an error that says why") {
    const TemporaryFolder folder("source");
    CHECK_THROWS_WITH(detail::FileSource(folder / "none"),
                      "SafetensorsFile: cannot read '" + folder / "none" +
                          "': No such file or directory; give a safetensors file that is there and may be read");
    const std::string is_folder = "SafetensorsFile: '" + folder.path() +
                                  "' is a folder, a device or the like; give the path of a safetensors file";
    CHECK_THROWS_WITH(detail::FileSource(folder.path()), is_folder);
    REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
    CHECK_THROWS_WITH(detail::FileSource(folder / "pipe"), ContainsText("is a folder, a device or the like"));
}

TEST_CASE("a file that may not be read is an error") {
    const TemporaryFolder folder("source");
    const std::string path = folder / "file";
    write_text(path, "text");
    std::filesystem::permissions(path, std::filesystem::perms{0});
    const auto text = error_of_other_user([&] { detail::FileSource source(path); });
    if (!text) {
        WARN("skipped: root cannot become another user here");
        return;
    }
    CHECK(*text == "SafetensorsFile: cannot read '" + path +
                       "': Permission denied; give a safetensors file that is there and may be read");
}
