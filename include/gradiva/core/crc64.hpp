#pragma once

#include "gradiva/core/namespace.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace GRADIVA_NAMESPACE {

static_assert(std::endian::native == std::endian::little, "gradiva needs a little-endian processor");

using Crc64Tables = std::array<std::array<std::uint64_t, 256>, 16>;

/// Row k, entry b: the remainder of byte b followed by k zero bytes.
inline Crc64Tables make_crc64_tables() {
    constexpr std::uint64_t polynomial = 0xC96C5795D7870F42;  // of ECMA-182, 0x42F0E1EBA9EA3693, bits reversed
    Crc64Tables tables{};
    for (std::uint64_t byte = 0; byte < 256; ++byte) {
        std::uint64_t remainder = byte;
        for (int bit = 0; bit < 8; ++bit) remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? polynomial : 0);
        tables[0][byte] = remainder;
    }
    for (std::size_t k = 1; k < 16; ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const std::uint64_t before = tables[k - 1][byte];
            tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
        }
    }
    return tables;
}

/// Computed once a program: as a constant they would be computed by each compilation that includes this header.
inline const Crc64Tables& crc64_tables() {
    static const Crc64Tables tables = make_crc64_tables();
    return tables;
}

/// CRC-64/XZ of bytes that are given in parts (polynomial of ECMA-182, bits reflected, initial value and final xor all
/// ones; of "123456789": 995dc9bbdf1939fa), 16 bytes at a time: Kounavis and Berry, "A systematic approach to building
/// high performance software-based CRC generators", 2005.
class Crc64 {
public:
    Crc64() = default;
    /// Goes on from the bytes whose CRC is `value`.
    explicit Crc64(std::uint64_t value) : state_(~value) {}

    void add(std::span<const std::byte> bytes) {
        const Crc64Tables& table = crc64_tables();
        const std::byte* at = bytes.data();
        std::size_t left = bytes.size();
        std::uint64_t crc = state_;
        for (; left >= 16; at += 16, left -= 16) {
            std::uint64_t low, high;
            std::memcpy(&low, at, 8);
            std::memcpy(&high, at + 8, 8);
            low ^= crc;
            crc = 0;
            for (std::size_t i = 0; i < 8; ++i) {
                crc ^= table[15 - i][(low >> (8 * i)) & 0xFF] ^ table[7 - i][(high >> (8 * i)) & 0xFF];
            }
        }
        for (; left > 0; ++at, --left) crc = (crc >> 8) ^ table[0][(crc ^ std::to_integer<std::uint64_t>(*at)) & 0xFF];
        state_ = crc;
    }

    std::uint64_t value() const { return ~state_; }

private:
    std::uint64_t state_ = ~std::uint64_t{0};
};

/// A number as 16 lower-case hexadecimal digits, the highest first.
inline std::array<char, 16> hex_digits(std::uint64_t number) {
    std::array<char, 16> digits{};
    for (std::size_t i = 0; i < 16; ++i) digits[i] = "0123456789abcdef"[(number >> (60 - 4 * i)) & 0xF];
    return digits;
}

}  // namespace GRADIVA_NAMESPACE
