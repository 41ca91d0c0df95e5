#include "gradiva/core/crc32c.hpp"

#include <string>

#include "catch.hpp"

using namespace gradiva;

// The values of RFC 3720, appendix B.4, and the usual one of "123456789".
TEST_CASE("CRC-32C has the published values") {
    CHECK(crc32c("123456789") == 0xE3069283);
    CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
    CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
    std::string rising, falling;
    for (int i = 0; i < 32; ++i) {
        rising += static_cast<char>(i);
        falling += static_cast<char>(31 - i);
    }
    CHECK(crc32c(rising) == 0x46DD794E);
    CHECK(crc32c(falling) == 0x113FDB5C);
    CHECK(crc32c("") == 0);
}

TEST_CASE("CRC-32C of eight bytes at a time is that of one at a time") {
    std::string text;
    for (int size = 0; size < 40; ++size) {
        std::uint32_t crc = 0xFFFFFFFF;
        for (const char c : text) {
            crc ^= static_cast<unsigned char>(c);
            for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
        }
        CHECK(crc32c(text) == ~crc);
        text += static_cast<char>(size * 37 + 11);
    }
}
