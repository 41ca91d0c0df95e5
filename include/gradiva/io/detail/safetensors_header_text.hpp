#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/crc64.hpp"
#include "gradiva/core/dtype.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/json_text.hpp"
#include "gradiva/io/detail/safetensors_format.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What stands in a file before the data, written piece by piece into one buffer: `begin`, texts, `begin_tensors`,
/// tensors, `end`. It has a checksum of zeros until `set_checksum`.
class SafetensorsHeaderText {
public:
    void begin() {
        text_.assign(8, ' ');  // the length
        text_ += "{\"__metadata__\":{";
        text_ += checksum_prefix;
        digits_at_ = text_.size();
        text_ += no_checksum;
        text_ += '"';
    }

    void add_text(std::string_view key, std::string_view value) {
        text_ += ',';
        append_json(text_, key);
        text_ += ':';
        append_json(text_, value);
    }

    void begin_tensors() {
        text_ += "}";
        offset_ = 0;
    }

    void add_tensor(std::string_view name, Dtype type, std::span<const Index> shape, std::size_t bytes) {
        text_ += ',';
        append_json(text_, name);
        text_ += ":{\"dtype\":";
        append_json(text_, dtype_name(type));
        text_ += ",\"shape\":[";
        for (std::size_t i = 0; i < shape.size(); ++i) {
            if (i > 0) text_ += ',';
            append_json(text_, static_cast<std::uint64_t>(shape[i]));
        }
        text_ += "],\"data_offsets\":[";
        append_json(text_, offset_);
        text_ += ',';
        append_json(text_, offset_ += bytes);
        text_ += "]}";
    }

    void end() {
        text_ += "}";
        text_.resize((text_.size() + 7) / 8 * 8, ' ');
        const std::uint64_t length = text_.size() - 8;
        require(length <= most_header_bytes,
                "SafetensorsWriter: the header has {} bytes, more than the format's {}; write fewer tensors or texts",
                length, most_header_bytes);
        std::memcpy(text_.data(), &length, 8);
    }

    void set_checksum(std::uint64_t crc) {
        const auto digits = hex_digits(crc);
        std::copy(digits.begin(), digits.end(), text_.data() + digits_at_);
    }

    std::span<const std::byte> bytes() const { return std::as_bytes(std::span(text_)); }

private:
    std::string text_;
    std::size_t digits_at_ = 0;
    std::uint64_t offset_ = 0;  // where the next tensor begins
};

}  // namespace GRADIVA_NAMESPACE::detail
