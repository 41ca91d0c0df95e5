// Small safetensors files: by hand, right or wrong, and by the writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "gradiva/io/safetensors_file.hpp"
#include "gradiva/io/safetensors_writer.hpp"
#include "helpers/temporary_folder.hpp"

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

/// A small file of the writer with all that a file has.
inline std::string small_safetensors(const TemporaryFolder& folder) {
    const std::vector<float> weights = {1, 2.5F, -3};
    const std::uint8_t flag = 1;
    gradiva::SafetensorsWriter writer;
    writer.add("flag", std::vector<gradiva::Index>{}, &flag);
    writer.add("w", std::vector<gradiva::Index>{3, 1}, weights.data());
    writer.add_text("k", "v");
    writer.write(folder / "small");
    return read_text(folder / "small");
}

}  // namespace gradiva_test
