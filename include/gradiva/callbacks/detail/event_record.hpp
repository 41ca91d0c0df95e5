#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gradiva/core/crc32c.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Appends the lowest bytes of a number, the lowest first.
inline void append_bytes(std::string& out, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i) out += static_cast<char>((number >> (8 * i)) & 0xFF);
}

/// The checksum of records: a CRC-32C that is masked, since records may hold CRCs.
inline std::uint32_t masked_crc32c(std::string_view bytes) {
    const std::uint32_t crc = crc32c(bytes);
    return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

/// Appends a record of an event file: the length, its checksum, the data, its checksum. Source: record_writer.h of
/// https://github.com/tensorflow/tensorflow
inline void append_record(std::string& out, std::string_view data) {
    const std::size_t begin = out.size();
    append_bytes(out, data.size(), 8);
    append_bytes(out, masked_crc32c(std::string_view(out).substr(begin)), 4);
    out += data;
    append_bytes(out, masked_crc32c(data), 4);
}

}  // namespace GRADIVA_NAMESPACE::detail
