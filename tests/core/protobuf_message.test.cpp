#include "gradiva/core/protobuf_message.hpp"

#include <cstdint>
#include <limits>
#include <string>

#include "catch.hpp"

using namespace gradiva;

namespace {

/// Bytes as hexadecimal digits.
std::string hex(const ProtobufMessage& message) {
    std::string digits;
    for (const char c : message.bytes()) {
        digits += "0123456789abcdef"[(c >> 4) & 0xF];
        digits += "0123456789abcdef"[c & 0xF];
    }
    return digits;
}

}  // namespace

// The first three are the examples of https://protobuf.dev/programming-guides/encoding
TEST_CASE("fields are encoded as the documentation of Protocol Buffers shows") {
    CHECK(hex(ProtobufMessage().integer(1, 150)) == "089601");
    CHECK(hex(ProtobufMessage().text(2, "testing")) == "120774657374696e67");
    CHECK(hex(ProtobufMessage().message(3, ProtobufMessage().integer(1, 150))) == "1a03089601");
    CHECK(hex(ProtobufMessage().real(2, 1.5F)) == "150000c03f");
    CHECK(hex(ProtobufMessage().real(2, 1.5)) == "11000000000000f83f");
    CHECK(hex(ProtobufMessage().text(1, "").integer(2, 17)) == "0a001011");
}

TEST_CASE("integers of protobuf have seven bits in each byte, and ten bytes below 0") {
    CHECK(hex(ProtobufMessage().integer(1, 0)) == "0800");
    CHECK(hex(ProtobufMessage().integer(1, 127)) == "087f");
    CHECK(hex(ProtobufMessage().integer(1, 128)) == "088001");
    CHECK(hex(ProtobufMessage().integer(1, 16384)) == "08808001");
    CHECK(hex(ProtobufMessage().integer(1, -1)) == "08ffffffffffffffffff01");
    CHECK(hex(ProtobufMessage().integer(1, std::numeric_limits<std::int64_t>::max())) == "08ffffffffffffffff7f");
}

TEST_CASE("fields of protobuf above 15 have a tag of two bytes, and long texts a length of two") {
    CHECK(hex(ProtobufMessage().integer(20, 2)) == "a00102");
    const ProtobufMessage text = ProtobufMessage().text(14, std::string(300, 'x'));
    CHECK(text.bytes().substr(0, 3) == "\x72\xAC\x02");
    CHECK(text.bytes().size() == 303);
}

TEST_CASE("a message that was cleared has no fields, and its memory") {
    ProtobufMessage message;
    message.text(1, std::string(1000, 'x'));
    const char* const before = message.bytes().data();
    CHECK(hex(message.clear().integer(1, 150)) == "089601");
    CHECK(message.bytes().data() == before);
}
