// Safetensors files by hand, right or wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "gradiva/io/safetensors_file.hpp"

namespace gradiva_test {

/// A file of a header and bytes of 1; the header's length as given, or that of the header.
inline std::string raw_safetensors(const std::string& header, std::size_t data, std::uint64_t length) {
    std::string file(8, ' ');
    std::memcpy(file.data(), &length, 8);
    return file + header + std::string(data, '\1');
}
inline std::string raw_safetensors(const std::string& header, std::size_t data = 0) {
    return raw_safetensors(header, data, header.size());
}

/// Reads a file from memory that ends with the text.
inline gradiva::SafetensorsFile read_safetensors(const std::string& file) {
    return {std::as_bytes(std::span(file)), "F"};
}

}  // namespace gradiva_test
