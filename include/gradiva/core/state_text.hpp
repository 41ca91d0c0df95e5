#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include <fmt/core.h>

#include "gradiva/core/state_piece.hpp"

namespace GRADIVA_NAMESPACE {

/// The name of the type, such as "float" or "uint64".
constexpr const char* name_of(ElementType type) {
    switch (type) {
        case ElementType::f64: return "double";
        case ElementType::f32: return "float";
        case ElementType::i64: return "int64";
        case ElementType::i32: return "int32";
        case ElementType::i16: return "int16";
        case ElementType::i8: return "int8";
        case ElementType::u64: return "uint64";
        case ElementType::u32: return "uint32";
        case ElementType::u16: return "uint16";
        case ElementType::u8: return "uint8";
        case ElementType::boolean: break;
    }
    return "bool";
}

namespace detail {

template <class T>
std::string text_of_number(const std::byte* data) {
    T number;
    std::memcpy(&number, data, sizeof(T));
    return fmt::format("{}", number);
}

}  // namespace detail

/// The number at `data`, which need not be aligned, as text.
inline std::string text_of(ElementType type, const std::byte* data) {
    switch (type) {
        case ElementType::f64: return detail::text_of_number<double>(data);
        case ElementType::f32: return detail::text_of_number<float>(data);
        case ElementType::i64: return detail::text_of_number<std::int64_t>(data);
        case ElementType::i32: return detail::text_of_number<std::int32_t>(data);
        case ElementType::i16: return detail::text_of_number<std::int16_t>(data);
        case ElementType::u64: return detail::text_of_number<std::uint64_t>(data);
        case ElementType::u32: return detail::text_of_number<std::uint32_t>(data);
        case ElementType::u16: return detail::text_of_number<std::uint16_t>(data);
        case ElementType::i8: return fmt::format("{}", static_cast<int>(static_cast<std::int8_t>(*data)));
        case ElementType::u8: return fmt::format("{}", static_cast<unsigned>(*data));
        case ElementType::boolean: break;
    }
    return *data != std::byte{0} ? "true" : "false";
}

}  // namespace GRADIVA_NAMESPACE
