#pragma once

#include "gradiva/core/namespace.hpp"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <ios>
#include <span>
#include <string>
#include <system_error>

#include "gradiva/core/check.hpp"
#include "gradiva/core/disk.hpp"

// Where a SafetensorsFile reads from: size() bytes, which read(bytes) gives one after the other.

namespace GRADIVA_NAMESPACE::detail {

/// A file that was opened once: replacing it by another changes nothing here.
class FileSource {
public:
    explicit FileSource(const std::string& path) : path_(path) {
        std::error_code missing;
        const auto status = std::filesystem::status(path, missing);
        require(!std::filesystem::exists(status) || std::filesystem::is_regular_file(status),
                "SafetensorsFile: '{}' is a folder, a device or the like; give the path of a safetensors file", path);
        errno = 0;
        file_.open(path, std::ios::binary);
        if (!file_.is_open()) refuse("give a safetensors file that is there and may be read");
        size_ = static_cast<std::size_t>(file_.seekg(0, std::ios::end).tellg());
        file_.seekg(0);
        if (!file_.good()) refuse("its size is not known");
    }

    std::size_t size() const { return size_; }

    void read(std::span<std::byte> bytes) {
        errno = 0;
        file_.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        if (!file_.good()) refuse("it ended earlier than its size says; is another program writing to it?");
    }

private:
    [[noreturn]] void refuse(const char* mend) const {
        fail("SafetensorsFile: cannot read '{}': {}; {}", path_, error_text(errno), mend);
    }

    const std::string& path_;
    std::ifstream file_;
    std::size_t size_ = 0;
};

/// Bytes in memory.
class MemorySource {
public:
    explicit MemorySource(std::span<const std::byte> bytes) : left_(bytes) {}

    std::size_t size() const { return left_.size(); }

    void read(std::span<std::byte> bytes) {
        if (!bytes.empty()) std::memcpy(bytes.data(), left_.data(), bytes.size());
        left_ = left_.subspan(bytes.size());
    }

private:
    std::span<const std::byte> left_;
};

}  // namespace GRADIVA_NAMESPACE::detail
