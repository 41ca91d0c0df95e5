// When the lines of a file, and its name, are brought to the disk, and what happens where the disk refuses: this
// program has an fsync of its own.
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <string>

#include "gradiva/core/record_file.hpp"
#include "helpers/temporary_folder.hpp"

namespace {

std::string seen;    // the calls of fsync: of a file with its size, or of a folder
char refused = '-';  // which of the two fails

}  // namespace

extern "C" int fsync(int descriptor) {
    struct stat status {};
    fstat(descriptor, &status);
    const char kind = S_ISDIR(status.st_mode) ? 'd' : 'f';
    seen += kind == 'd' ? "d" : "f" + std::to_string(status.st_size);
    errno = EIO;
    return kind == refused ? -1 : 0;
}

namespace {

int wrong = 0;

void check(const char* name, bool right) {
    std::printf("%s: %s\n", right ? "ok" : "WRONG", name);
    if (!right) std::printf("  calls %s\n", seen.c_str());
    wrong += right ? 0 : 1;
}

/// The calls of one `sync`, and its error.
std::string synced(gradiva::RecordFile& file, char refuses = '-') {
    seen.clear();
    refused = refuses;
    try {
        file.sync();
    } catch (const gradiva::Error& error) {
        return seen + ": " + error.what();
    }
    return seen;
}

}  // namespace

int main() {
    const gradiva_test::TemporaryFolder folder("line_sync");
    const std::string path = folder / "F", text = ": Test: cannot bring '" + path + "' to the disk: Input/output error";
    gradiva::RecordFile file("Test", path);
    file.add("one\n");
    check("a file that does not reach the disk is an error that says why", synced(file, 'f') == "f4" + text);
    check("so is a folder", synced(file, 'd') == "f4d" + text);
    check("lines that were not flushed come to the disk, then the name", synced(file) == "f4d");
    file.add("two\n");
    check("the name does so once", synced(file) == "f8");
    gradiva::RecordFile resumed("Test", path, file.position());
    check("also where the file goes on", synced(resumed) == "f8d" && synced(resumed) == "f8");
    gradiva::RecordFile device("Test", "/dev/null");
    check("of a device nothing is asked", synced(device).empty());
    return wrong == 0 ? 0 : 1;
}
