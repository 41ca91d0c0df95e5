#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "gradiva/core/dtype.hpp"
#include "gradiva/core/index.hpp"

// The safetensors format: 8 bytes, the length N of the header as a little-endian number; N bytes of header, a JSON
// object; the bytes of all tensors, without gaps. The header has for each tensor
//   "name":{"dtype":"F32","shape":[2,3],"data_offsets":[begin,end]}   offsets from the end of the header
// and may have "__metadata__", an object of texts.

namespace GRADIVA_NAMESPACE::detail {

inline constexpr std::uint64_t most_header_bytes = 100'000'000;  // as the reference implementation
inline constexpr std::string_view metadata_name = "__metadata__";

/// The metadata in which this library keeps the CRC-64 of the whole file, computed with its own 16 digits as '0'.
inline constexpr std::string_view checksum_key = "gradiva.crc64";
inline constexpr std::string_view checksum_prefix = "\"gradiva.crc64\":\"";
inline constexpr std::string_view no_checksum = "0000000000000000";

/// Bytes of a tensor; nothing where a size is negative or the number does not fit in an Index.
inline std::optional<std::uint64_t> tensor_bytes(Dtype type, std::span<const Index> shape) {
    constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<Index>::max());
    std::uint64_t bytes = dtype_bytes(type);
    for (const Index size : shape) {
        const auto n = static_cast<std::uint64_t>(size);
        if (size < 0 || (n != 0 && bytes > most / n)) return {};
        bytes *= n;
    }
    return bytes;
}

}  // namespace GRADIVA_NAMESPACE::detail
