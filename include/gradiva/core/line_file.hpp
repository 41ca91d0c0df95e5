#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "gradiva/core/check.hpp"

namespace GRADIVA_NAMESPACE {

/// A text file that is written line by line and always ends with a complete line: when a write fails, such as on a full
/// disk, the file is truncated to what earlier writes wrote. All lines of a failed write are lost; later ones are
/// appended to the same file. Not copyable.
class LineFile {
public:
    /// Replaces an existing file. Throws an `Error` that begins with `who` when the file cannot be written.
    LineFile(const char* who, const std::string& path) : who_(who), path_(path), file_(path, std::ios::binary) {
        require(file_.is_open(), "{}: cannot write '{}'; give a path in a folder that exists and may be written", who,
                path);
        std::error_code failed;
        absolute_ = std::filesystem::absolute(path, failed);
        if (failed) absolute_ = path;
    }

    /// Appends a line, which ends with its line break, to the write buffer; flushes when this reaches 64 KiB.
    void add(const std::string& line) {
        pending_ += line;
        if (pending_.size() >= enough) flush();
    }

    /// Writes the buffered lines to the file. Throws `Error` when that fails.
    void flush() {
        if (!file_.is_open()) file_.open(absolute_, std::ios::binary | std::ios::app);
        file_ << pending_ << std::flush;
        const bool good = file_.good();
        if (good) size_ += pending_.size();
        pending_.clear();
        if (good) return;
        file_.close();
        file_.clear();
        std::error_code ignored;  // of what is not a regular file, such as a pipe
        std::filesystem::resize_file(absolute_, size_, ignored);
        fail("{}: writing to '{}' failed; is the disk full?", who_, path_);
    }

private:
    static constexpr std::size_t enough = 1 << 16;

    const char* who_;
    std::string path_;
    std::filesystem::path absolute_;
    std::ofstream file_;
    std::string pending_;
    std::uintmax_t size_ = 0;  // bytes of the complete lines in the file
};

}  // namespace GRADIVA_NAMESPACE
