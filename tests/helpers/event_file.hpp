// What is in an event file of TensorBoard, read by the letter of its format.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gradiva_test {

/// CRC-32C bit by bit, masked as records need it.
inline std::uint32_t slow_masked_crc(std::string_view bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
    }
    crc = ~crc;
    return ((crc >> 15) | (crc << 17)) + 0xA282EAD8;
}

template <class T>
T number_at(std::string_view bytes, std::size_t at) {
    T number;
    std::memcpy(&number, bytes.data() + at, sizeof(T));
    return number;
}

/// The data of the records; empty where one is not whole or has a wrong checksum.
inline std::vector<std::string> event_records(std::string_view bytes) {
    std::vector<std::string> records;
    while (!bytes.empty()) {
        if (bytes.size() < 16) return {};
        const auto length = static_cast<std::size_t>(number_at<std::uint64_t>(bytes, 0));
        if (number_at<std::uint32_t>(bytes, 8) != slow_masked_crc(bytes.substr(0, 8))) return {};
        if (bytes.size() - 16 < length) return {};
        const std::string_view data = bytes.substr(12, length);
        if (number_at<std::uint32_t>(bytes, 12 + length) != slow_masked_crc(data)) return {};
        records.emplace_back(data);
        bytes.remove_prefix(16 + length);
    }
    return records;
}

/// A field of a message of Protocol Buffers: a number, its bits, or bytes.
struct ProtobufField {
    std::uint64_t number = 0;
    std::uint64_t value = 0;
    std::string bytes = {};
};

inline std::vector<ProtobufField> protobuf_fields(std::string_view message) {
    std::vector<ProtobufField> fields;
    const auto varint = [&] {
        std::uint64_t value = 0;
        for (unsigned shift = 0;; shift += 7) {
            const auto byte = static_cast<unsigned char>(message.front());
            message.remove_prefix(1);
            value |= std::uint64_t{byte & 0x7FU} << shift;
            if (byte < 0x80) return value;
        }
    };
    while (!message.empty()) {
        const std::uint64_t tag = varint();
        ProtobufField field{.number = tag >> 3};
        switch (tag & 7) {
            case 0: field.value = varint(); break;
            case 1:
                field.value = number_at<std::uint64_t>(message, 0);
                message.remove_prefix(8);
                break;
            case 5:
                field.value = number_at<std::uint32_t>(message, 0);
                message.remove_prefix(4);
                break;
            default: {
                const auto length = static_cast<std::size_t>(varint());
                field.bytes = message.substr(0, length);
                message.remove_prefix(length);
            }
        }
        fields.push_back(field);
    }
    return fields;
}

/// An event with scalars.
struct ScalarEvent {
    std::int64_t step = 0;
    std::map<std::string, float> scalars = {};

    bool operator==(const ScalarEvent&) const = default;
};

/// The events that have scalars, in their order.
inline std::vector<ScalarEvent> scalar_events(std::string_view bytes) {
    std::vector<ScalarEvent> events;
    for (const std::string& record : event_records(bytes)) {
        ScalarEvent event;
        for (const ProtobufField& field : protobuf_fields(record)) {
            if (field.number == 2) event.step = static_cast<std::int64_t>(field.value);
            if (field.number != 5) continue;
            for (const ProtobufField& value : protobuf_fields(field.bytes)) {
                std::string tag;
                for (const ProtobufField& part : protobuf_fields(value.bytes)) {
                    if (part.number == 1) tag = part.bytes;
                    if (part.number == 2) {
                        event.scalars[tag] = std::bit_cast<float>(static_cast<std::uint32_t>(part.value));
                    }
                }
            }
        }
        if (!event.scalars.empty()) events.push_back(event);
    }
    return events;
}

}  // namespace gradiva_test
