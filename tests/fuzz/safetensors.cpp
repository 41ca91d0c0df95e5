// Any bytes are a safetensors file that keeps to the format, or an Error that names it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include "gradiva/io.hpp"

namespace {

void require(bool right) {
    if (!right) std::abort();
}

/// Tensors lie one behind the other up to the file's end, and have the bytes that their shapes say.
void check(const gradiva::SafetensorsFile& file, std::size_t file_size) {
    std::size_t bytes = 0;
    unsigned sum = 0;
    for (const auto& [name, tensor] : file.tensors()) {
        std::size_t elements = 1;
        for (const gradiva::Index size : tensor.shape) elements *= gradiva::to_size(size);
        require(tensor.bytes.size() == elements * gradiva::dtype_bytes(tensor.type));
        for (const std::byte byte : tensor.bytes) sum += std::to_integer<unsigned>(byte);
        bytes += tensor.bytes.size();
        require(file.find(name) == &tensor);
    }
    require(bytes + 8 <= file_size && sum <= 255 * bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        check(gradiva::SafetensorsFile(std::as_bytes(std::span(data, size)), "fuzzed"), size);
    } catch (const gradiva::Error& error) {
        require(std::strstr(error.what(), "'fuzzed' is damaged or no safetensors file: ") != nullptr);
    }
    return 0;
}
