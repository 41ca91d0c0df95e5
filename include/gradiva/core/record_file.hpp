#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "gradiva/core/check.hpp"
#include "gradiva/core/crc64.hpp"
#include "gradiva/core/disk.hpp"

namespace GRADIVA_NAMESPACE {

/// How far a `RecordFile` had been written: its bytes, and their CRC-64/XZ.
struct RecordFilePosition {
    std::uint64_t bytes = 0;
    std::uint64_t crc64 = 0;
};

/// A file that is written record by record, such as by lines, and always ends with a complete record: when a write
/// fails, such as on a full disk, the file is truncated to what earlier writes wrote. All records of a failed write are
/// lost; later ones are appended to the same file. Not copyable.
class RecordFile {
public:
    /// Replaces an existing file. Throws an `Error` that begins with `who` when the file cannot be written.
    RecordFile(const char* who, const std::string& path)
        : who_(who), path_(path), absolute_(absolute(path)), file_(path, std::ios::binary) {
        require(file_.is_open(), "{}: cannot write '{}'; give a path in a folder that exists and may be written", who,
                path);
    }

    /// Goes on with an existing file from `position`; what follows there is cut off. Throws `Error`, and leaves the
    /// file alone, when it is shorter, its bytes up to there are others, or it cannot be written. What is no regular
    /// file, such as a pipe, is only opened.
    RecordFile(const char* who, const std::string& path, const RecordFilePosition& position)
        : who_(who), path_(path), absolute_(absolute(path)) {
        std::error_code failed;
        if (std::filesystem::exists(absolute_, failed) && !std::filesystem::is_regular_file(absolute_, failed)) {
            file_.open(absolute_, std::ios::binary);
            require(file_.is_open(), "{}: cannot write '{}'", who, path);
            return;
        }
        read_to(position);
        std::filesystem::resize_file(absolute_, position.bytes, failed);
        if (!failed) file_.open(absolute_, std::ios::binary | std::ios::app);
        require(!failed && file_.is_open(), "{}: cannot write '{}'; give a file that may be written", who, path);
    }

    /// Of the records that were flushed.
    RecordFilePosition position() const { return {size_, crc_.value()}; }

    /// Flushes, and waits until all records are on the disk, the first time also the file's name; not for what is no
    /// regular file, such as a pipe. Throws `Error` when that fails.
    void sync() {
        flush();
        std::error_code ignored;
        if (!std::filesystem::is_regular_file(absolute_, ignored)) return;
        const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(absolute_.string().c_str(), "rb+"));
        const bool synced = file != nullptr && sync_file(file.get()) && (name_synced_ || sync_folder_of(absolute_));
        if (!synced) fail("{}: cannot bring '{}' to the disk: {}", who_, path_, error_text(errno));
        name_synced_ = true;
    }

    /// Cuts off what was written after `position`, which `position()` has returned; nothing of what is no regular file,
    /// such as a pipe. Throws `Error` when that fails, and leaves the file as it is.
    void cut_back(const RecordFilePosition& position) {
        flush();
        GRADIVA_ASSERT(position.bytes <= size_);
        std::error_code failed;
        if (!std::filesystem::is_regular_file(absolute_, failed)) return;
        file_.close();  // opened again at the new end by the next record
        std::filesystem::resize_file(absolute_, position.bytes, failed);
        require(!failed, "{}: cannot cut '{}' to {} bytes: {}", who_, path_, position.bytes, failed.message());
        size_ = position.bytes;
        crc_ = Crc64(position.crc64);
    }

    /// Appends a record, such as a line with its line break, to the write buffer; flushes when this reaches 64 KiB.
    void add(std::string_view record) {
        pending_ += record;
        if (pending_.size() >= enough) flush();
    }

    /// Writes the buffered records to the file. Throws `Error` when that fails.
    void flush() {
        if (!file_.is_open()) file_.open(absolute_, std::ios::binary | std::ios::app);
        file_ << pending_ << std::flush;
        const bool good = file_.good();
        if (good) {
            size_ += pending_.size();
            crc_.add(std::as_bytes(std::span(pending_)));
        }
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

    static std::filesystem::path absolute(const std::string& path) {
        std::error_code failed;
        const std::filesystem::path whole = std::filesystem::absolute(path, failed);
        return failed ? std::filesystem::path(path) : whole;
    }

    /// Reads the file up to `position`, as if it had been written here.
    void read_to(const RecordFilePosition& position) {
        std::ifstream file(absolute_, std::ios::binary);
        require(file.is_open(), "{}: '{}' had {} bytes and cannot be read; put it back, or begin the training anew",
                who_, path_, position.bytes);
        std::array<char, enough> block;
        while (size_ < position.bytes && file) {
            file.read(block.data(),
                      static_cast<std::streamsize>(std::min<std::uint64_t>(enough, position.bytes - size_)));
            const auto count = static_cast<std::size_t>(file.gcount());
            crc_.add(std::as_bytes(std::span(block).first(count)));
            size_ += count;
        }
        require(size_ == position.bytes, "{}: '{}' had {} bytes and has {}; put it back, or begin the training anew",
                who_, path_, position.bytes, size_);
        require(crc_.value() == position.crc64,
                "{}: '{}' is not the file that was written: its first {} bytes are others; put it back, or begin the "
                "training anew",
                who_, path_, position.bytes);
    }

    const char* who_;
    std::string path_;
    std::filesystem::path absolute_;
    std::ofstream file_;
    std::string pending_;
    std::uint64_t size_ = 0;  // bytes of the complete records in the file
    Crc64 crc_;               // of these
    bool name_synced_ = false;
};

}  // namespace GRADIVA_NAMESPACE
