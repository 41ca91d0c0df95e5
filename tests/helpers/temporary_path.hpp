// A path for a file of a test's own: tests run side by side, each in a process of its own.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace gradiva_test {

inline std::string temporary_path(const std::string& name) {
    const std::string own = "gradiva_" + std::to_string(getpid()) + "_" + name;
    return (std::filesystem::temp_directory_path() / own).string();
}

/// Such a path; what is there at the end is removed.
class TemporaryPath {
public:
    explicit TemporaryPath(const std::string& name) : path_(temporary_path(name)) {}
    TemporaryPath(const TemporaryPath&) = delete;
    TemporaryPath& operator=(const TemporaryPath&) = delete;
    ~TemporaryPath() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string& text() const { return path_; }

private:
    std::string path_;
};

}  // namespace gradiva_test
