#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "gradiva/core/check.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// A text file that is written line by line and ends with a whole line, also where the disk is full: what was written
/// of another is taken away again. Lines that were refused are lost; those after them follow in the same file once
/// there is room. Not copyable.
class LineFile {
public:
    /// Replaces an existing file. Throws `Error` in the name of `who` when it cannot be written.
    LineFile(const char* who, const std::string& path) : who_(who), path_(path), file_(path, std::ios::binary) {
        require(file_.is_open(), "{}: cannot write '{}'; give a path in a folder that exists and may be written", who,
                path);
        std::error_code failed;
        absolute_ = std::filesystem::absolute(path, failed);
        if (failed) absolute_ = path;
    }

    /// Keeps a line for `flush`, with the line break that it ends with; long files are written in large pieces.
    void add(const std::string& line) {
        pending_ += line;
        if (pending_.size() >= enough) flush();
    }

    /// Writes all that was added. Throws `Error` when it cannot.
    void flush() {
        if (!file_.is_open()) file_.open(absolute_, std::ios::binary | std::ios::app);
        file_ << pending_ << std::flush;
        const bool good = file_.good();
        if (good) size_ += pending_.size();
        pending_.clear();
        if (good) return;
        file_.close();
        file_.clear();
        std::error_code ignored;  // where it is no file that has a size, such as a pipe
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
    std::uintmax_t size_ = 0;  // of the whole lines that were written
};

}  // namespace GRADIVA_NAMESPACE::detail
