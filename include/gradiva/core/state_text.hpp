#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include <fmt/core.h>

#include "gradiva/core/state_piece.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class T>
std::string text_of_number(const std::byte* data) {
    T number;
    std::memcpy(&number, data, sizeof(T));
    return fmt::format("{}", number);
}

}  // namespace detail

/// The number at `data`, which need not be aligned, as text.
inline std::string text_of(Dtype type, const std::byte* data) {
    switch (type) {
        case Dtype::f64: return detail::text_of_number<double>(data);
        case Dtype::f32: return detail::text_of_number<float>(data);
        case Dtype::i64: return detail::text_of_number<std::int64_t>(data);
        case Dtype::i32: return detail::text_of_number<std::int32_t>(data);
        case Dtype::i16: return detail::text_of_number<std::int16_t>(data);
        case Dtype::u64: return detail::text_of_number<std::uint64_t>(data);
        case Dtype::u32: return detail::text_of_number<std::uint32_t>(data);
        case Dtype::u16: return detail::text_of_number<std::uint16_t>(data);
        case Dtype::i8: return fmt::format("{}", static_cast<int>(static_cast<std::int8_t>(*data)));
        case Dtype::u8: return fmt::format("{}", static_cast<unsigned>(*data));
        case Dtype::boolean: return *data != std::byte{0} ? "true" : "false";
        case Dtype::f16:
        case Dtype::bf16: break;
    }
    return "a number of 16 bits";
}

}  // namespace GRADIVA_NAMESPACE
