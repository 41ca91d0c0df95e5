#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

#ifdef _WIN32
#include <io.h>
#else
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#endif

// fsync, which the C++ library lacks: waiting until a file and its name are on the disk.

namespace GRADIVA_NAMESPACE {

/// The deleter of an open file.
struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};

/// The text of an `errno`; "unknown error" of 0, where the C library does not say.
inline std::string error_text(int error) {
    return error == 0 ? "unknown error" : std::error_code(error, std::generic_category()).message();
}

/// Waits until the bytes of a flushed file are on the disk. On failure returns false and sets errno.
inline bool sync_file(std::FILE* file) {
#ifdef _WIN32
    return _commit(_fileno(file)) == 0;
#else
    return fsync(fileno(file)) == 0;
#endif
}

/// Waits until the names in the folder of a file are on the disk. On failure returns false and sets errno. File systems
/// that cannot do it for folders (EINVAL) count as done; so does Windows, which has no such call.
inline bool sync_folder_of([[maybe_unused]] const std::filesystem::path& file) {
#ifdef _WIN32
    return true;
#else
    const std::string folder = file.parent_path().string();
    const int descriptor = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return false;
    const bool done = fsync(descriptor) == 0 || errno == EINVAL;
    const int error = errno;
    close(descriptor);
    errno = error;
    return done;
#endif
}

}  // namespace GRADIVA_NAMESPACE
