// What paths of files the example programs take.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gradiva/core/check.hpp>
#include <gradiva/io/detail/c_header/identifier.hpp>
#include <initializer_list>
#include <set>
#include <string>
#include <system_error>

namespace example {

/// Takes paths where a file can be written, now rather than after hours of training: what is written takes the place of
/// a former file at the end, and until then stands in PATH.partial.
inline CLI::Validator writable_file() {
    const auto check = [](const std::string& path) -> std::string {
        std::error_code ignored;
        const auto status = std::filesystem::status(path, ignored);
        if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
            return fmt::format("'{}' is a folder or a device, not a file", path);
        const std::string partial = path + ".partial";
        const bool is_there = std::filesystem::exists(partial, ignored);
        errno = 0;
        if (!std::ofstream(partial, std::ios::app).is_open())
            return fmt::format("'{}' cannot be written: {}", path, std::strerror(errno));
        if (!is_there) std::filesystem::remove(partial, ignored);
        return {};
    };
    return {check, "FILE"};
}

/// The name that the functions of a C header have in front, such as "walker" of "policies/walker.h".
inline std::string c_name(const std::string& path) { return std::filesystem::path(path).stem().string(); }

/// Takes paths of C headers whose names can stand in front of names of C.
inline CLI::Validator c_header() {
    const auto check = [](const std::string& path) -> std::string {
        try {
            gradiva::detail::check_c_name("the file's name begins those in the header", c_name(path));
        } catch (const gradiva::Error& error) {
            return error.what();
        }
        return {};
    };
    return {check, "FILE.h"};
}

/// Throws where two of the paths that are given are of one file.
inline void check_differ(std::initializer_list<std::string> paths) {
    std::set<std::filesystem::path> seen;
    for (const std::string& path : paths) {
        if (path.empty() || seen.insert(std::filesystem::absolute(path).lexically_normal()).second) continue;
        throw CLI::ValidationError(fmt::format("'{}' is given for two files; give each its own", path));
    }
}

}  // namespace example
