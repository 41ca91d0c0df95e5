// When a durable file is brought to the disk, and what happens where the disk refuses: this program has an fsync of its
// own.
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "gradiva/io/detail/durable_file.hpp"
#include "helpers/temporary_folder.hpp"

namespace {

std::string path;    // of the file
std::string seen;    // the calls of fsync: of a file or a folder, and what `path` held then
char refused = '-';  // which of the two fails
int error = 0;       // in which way

}  // namespace

extern "C" int fsync(int descriptor) {
    struct stat status {};
    fstat(descriptor, &status);
    const char kind = S_ISDIR(status.st_mode) ? 'd' : 'f';
    seen += std::string(1, kind) + "(" + std::to_string(S_ISDIR(status.st_mode) ? 0 : status.st_size) + " " +
            gradiva_test::read_text(path) + ")";
    errno = error;
    return kind == refused ? -1 : 0;
}

namespace {

int wrong = 0;

/// Replaces the file, and compares the calls of fsync, what the file holds then, and the end of the error's text.
void check(const char* name, const std::string& calls, const std::string& text, const std::string& error_end) {
    gradiva_test::write_text(path, "old");
    seen.clear();
    std::string got = "none";
    try {
        gradiva::detail::DurableFile file("Test", path);
        file.write(std::as_bytes(std::span(std::string_view("new!"))));
        file.commit();
    } catch (const gradiva::Error& e) {
        got = e.what();
    }
    const bool right = seen == calls && gradiva_test::read_text(path) == text && got.ends_with(error_end) &&
                       !std::filesystem::exists(path + ".partial");
    std::printf("%s: %s\n", right ? "ok" : "WRONG", name);
    if (!right) std::printf("  calls %s, error %s\n", seen.c_str(), got.c_str());
    wrong += right ? 0 : 1;
}

}  // namespace

int main() {
    const gradiva_test::TemporaryFolder folder("sync");
    path = folder / "F";
    check("the whole file is on the disk before it gets its name, then its folder", "f(4 old)d(0 new!)", "new!",
          "none");
    refused = 'f';
    error = EIO;
    check("a file that does not reach the disk replaces nothing", "f(4 old)", "old",
          "cannot sync '" + path + ".partial': Input/output error; is the disk full? A former file is intact");
    refused = 'd';
    check("a name that does not reach the disk is an error", "f(4 old)d(0 new!)", "new!",
          "cannot sync the folder of '" + path +
              "': Input/output error; the file is whole, but its name may be lost in a power failure");
    error = EINVAL;
    check("a file system that cannot sync folders is none", "f(4 old)d(0 new!)", "new!", "none");
    return wrong == 0 ? 0 : 1;
}
