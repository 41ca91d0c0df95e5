#pragma once

#include "gradiva/core/namespace.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace GRADIVA_NAMESPACE {

using Crc32cTables = std::array<std::array<std::uint32_t, 256>, 8>;

/// Row k, entry b: the remainder of byte b followed by k zero bytes.
inline Crc32cTables make_crc32c_tables() {
    constexpr std::uint32_t polynomial = 0x82F63B78;  // 0x1EDC6F41, bits reversed
    Crc32cTables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t remainder = byte;
        for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? polynomial : 0);
        tables[0][byte] = remainder;
    }
    for (std::size_t k = 1; k < 8; ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
        }
    }
    return tables;
}

/// Computed once a program: as a constant they would be computed by each compilation that includes this header.
inline const Crc32cTables& crc32c_tables() {
    static const Crc32cTables tables = make_crc32c_tables();
    return tables;
}

/// CRC-32C of bytes (polynomial of Castagnoli, bits reflected, initial value and final xor all ones; of "123456789":
/// e3069283), 8 bytes at a time, as `Crc64`.
inline std::uint32_t crc32c(std::string_view bytes) {
    const Crc32cTables& table = crc32c_tables();
    const char* at = bytes.data();
    std::size_t left = bytes.size();
    std::uint32_t crc = ~std::uint32_t{0};
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word;
        std::memcpy(&word, at, 8);
        word ^= crc;
        crc = 0;
        for (std::size_t i = 0; i < 8; ++i) crc ^= table[7 - i][(word >> (8 * i)) & 0xFF];
    }
    for (; left > 0; ++at, --left) crc = (crc >> 8) ^ table[0][(crc ^ static_cast<unsigned char>(*at)) & 0xFF];
    return ~crc;
}

}  // namespace GRADIVA_NAMESPACE
