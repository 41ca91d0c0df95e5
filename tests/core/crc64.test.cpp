#include "gradiva/core/crc64.hpp"

#include <cstdint>
#include <random>
#include <span>
#include <string_view>
#include <vector>

#include "catch.hpp"

using namespace gradiva;

namespace {

std::uint64_t crc_of(std::span<const std::byte> bytes) {
    Crc64 crc;
    crc.add(bytes);
    return crc.value();
}

/// Bit by bit, as the definition says.
std::uint64_t plain_crc_of(std::span<const std::byte> bytes) {
    std::uint64_t crc = ~std::uint64_t{0};
    for (const std::byte byte : bytes) {
        crc ^= std::to_integer<std::uint64_t>(byte);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xC96C5795D7870F42 : 0);
    }
    return ~crc;
}

}  // namespace

TEST_CASE("the CRC is CRC-64/XZ: of 123456789 it is the check value of the catalogues") {
    const std::string_view text = "123456789";
    CHECK(crc_of(std::as_bytes(std::span(text))) == 0x995DC9BBDF1939FA);
    CHECK(crc_of({}) == 0);
}

TEST_CASE("the CRC of any length, at any address and in any parts is that of the definition") {
    std::mt19937 random(1);
    std::vector<std::byte> bytes(300);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    for (std::size_t from = 0; from < 9; ++from) {
        for (std::size_t size = 0; size < 70; ++size) {
            const auto part = std::span<const std::byte>(bytes).subspan(from, size);
            REQUIRE(crc_of(part) == plain_crc_of(part));
        }
    }
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        Crc64 crc;
        crc.add(std::span<const std::byte>(bytes).first(cut));
        crc.add(std::span<const std::byte>(bytes).subspan(cut));
        REQUIRE(crc.value() == plain_crc_of(bytes));
    }
}

TEST_CASE("a number has 16 lower-case hexadecimal digits") {
    const auto digits = hex_digits(0x0123456789ABCDEF);
    CHECK(std::string_view(digits.data(), 16) == "0123456789abcdef");
}
