#pragma once

#include "gradiva/core/namespace.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace GRADIVA_NAMESPACE {

/// A message of Protocol Buffers as bytes. Fields lie in it in the order in which they are added; a repeated field is
/// added several times. Source: https://protobuf.dev/programming-guides/encoding
class ProtobufMessage {
public:
    /// An int32, int64 or enum. Negative numbers have ten bytes.
    ProtobufMessage& integer(std::uint32_t field, std::int64_t value) {
        tag(field, WireType::varint);
        varint(static_cast<std::uint64_t>(value));
        return *this;
    }

    ProtobufMessage& real(std::uint32_t field, float value) {
        tag(field, WireType::four_bytes);
        append(std::bit_cast<std::uint32_t>(value));
        return *this;
    }

    ProtobufMessage& real(std::uint32_t field, double value) {
        tag(field, WireType::eight_bytes);
        append(std::bit_cast<std::uint64_t>(value));
        return *this;
    }

    /// A string, which has to be UTF-8, or bytes.
    ProtobufMessage& text(std::uint32_t field, std::string_view value) {
        tag(field, WireType::length);
        varint(value.size());
        bytes_ += value;
        return *this;
    }

    ProtobufMessage& message(std::uint32_t field, const ProtobufMessage& value) { return text(field, value.bytes_); }

    const std::string& bytes() const { return bytes_; }

    /// Removes all fields, and keeps the memory.
    ProtobufMessage& clear() {
        bytes_.clear();
        return *this;
    }

private:
    enum class WireType : std::uint32_t { varint = 0, eight_bytes = 1, length = 2, four_bytes = 5 };

    void tag(std::uint32_t field, WireType type) { varint((field << 3U) | static_cast<std::uint32_t>(type)); }

    /// Seven bits in each byte, the lowest first; the eighth bit is set in all but the last.
    void varint(std::uint64_t value) {
        for (; value >= 0x80; value >>= 7U) bytes_ += static_cast<char>((value & 0x7FU) | 0x80U);
        bytes_ += static_cast<char>(value);
    }

    /// The bytes of a number, the lowest first.
    template <class T>
    void append(T bits) {
        for (unsigned shift = 0; shift < 8 * sizeof(T); shift += 8)
            bytes_ += static_cast<char>((bits >> shift) & 0xFFU);
    }

    std::string bytes_;
};

}  // namespace GRADIVA_NAMESPACE
