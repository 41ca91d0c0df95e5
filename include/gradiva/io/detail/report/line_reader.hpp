#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <ios>
#include <string>
#include <string_view>

#include "gradiva/core/check.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Reads a text file line by line, without line breaks, in memory for one line and one block.
class LineReader {
public:
    /// Throws an `Error` that begins with `who` where the file cannot be read.
    LineReader(const char* who, const std::string& path)
        : who_(who), path_(path), file_(path, std::ios::binary), block_(1 << 16, '\0') {
        require(file_.is_open(), "{}: cannot read '{}'; give the path of a log", who, path);
        file_.peek();  // of a folder
        require(!file_.bad(), "{}: '{}' is a folder or cannot be read; give the path of a log", who, path);
    }

    /// Reads the next line; false at the end of the file.
    bool next() {
        line_.clear();
        complete_ = false;
        while (!complete_ && fill()) {
            const std::string_view rest = std::string_view(block_).substr(begin_, end_ - begin_);
            const std::size_t length = rest.find('\n');
            complete_ = length != std::string_view::npos;
            line_ += rest.substr(0, length);
            begin_ += complete_ ? length + 1 : rest.size();
            require(line_.size() <= most_bytes, "{}: '{}': line {} has more than {} bytes; this is no log", who_, path_,
                    number_ + 1, most_bytes);
        }
        if (line_.empty() && !complete_) return false;
        if (line_.ends_with('\r')) line_.pop_back();
        ++number_;
        return true;
    }

    const std::string& line() const { return line_; }
    std::uint64_t number() const { return number_; }  ///< of the line, from 1
    bool complete() const { return complete_; }       ///< whether a line break ends the line

private:
    static constexpr std::size_t most_bytes = std::size_t{1} << 24;

    /// Reads a block where the last one is used up; false at the end of the file.
    bool fill() {
        if (begin_ < end_) return true;
        file_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
        begin_ = 0;
        end_ = static_cast<std::size_t>(file_.gcount());
        require(!file_.bad(), "{}: '{}' cannot be read to its end", who_, path_);
        return end_ > 0;
    }

    const char* who_;
    std::string path_;
    std::ifstream file_;
    std::string block_;
    std::size_t begin_ = 0, end_ = 0;
    std::string line_;
    std::uint64_t number_ = 0;
    bool complete_ = false;
};

}  // namespace GRADIVA_NAMESPACE::detail
