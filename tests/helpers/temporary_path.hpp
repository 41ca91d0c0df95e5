// A path for a file of a test's own: tests run side by side, each in a process of its own.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace gradiva_test {

inline std::string temporary_path(const std::string& name) {
    const std::string own = "gradiva_" + std::to_string(getpid()) + "_" + name;
    return (std::filesystem::temp_directory_path() / own).string();
}

}  // namespace gradiva_test
