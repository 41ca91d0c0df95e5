#pragma once

#include "gradiva/core/namespace.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include "gradiva/core/check.hpp"
#include "gradiva/core/disk.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Whether a file can lie beside this one: not where it is a device, a pipe, or the name of an open file, such as
/// /dev/stdout.
inline bool has_place_beside(const std::filesystem::path& path) {
    std::error_code failed;
    if (!std::filesystem::is_regular_file(path, failed)) return false;
    const std::string folder = std::filesystem::absolute(path, failed).parent_path().generic_string();
    const bool of_system = folder == "/dev" || folder.starts_with("/dev/fd") || folder.starts_with("/proc/");
    return !of_system || !std::filesystem::is_symlink(path, failed);
}

/// Replaces the file as a whole: whoever reads it, also after a kill, finds the former text or this one. Throws an
/// `Error` that begins with `who` when that fails.
inline void replace_file(const char* who, const std::string& path, std::string_view text) {
    const std::string partial = path + ".partial";
    errno = 0;
    std::ofstream file(partial, std::ios::binary);
    file << text;
    file.close();
    std::error_code failed, ignored;
    const bool written = file.good();
    const int error = errno;
    if (written) std::filesystem::rename(partial, path, failed);
    if (written && !failed) return;
    std::filesystem::remove(partial, ignored);
    fail("{}: cannot write '{}': {}", who, path, written ? failed.message() : error_text(error));
}

}  // namespace GRADIVA_NAMESPACE::detail
