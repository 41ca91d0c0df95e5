#pragma once

#include "gradiva/core/namespace.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

namespace GRADIVA_NAMESPACE {

/// The element type of a tensor in a safetensors file, by the name it has there: two's complement integers, IEEE 754
/// numbers, bf16 (the upper half of an f32), and boolean, one byte of 0 or 1.
enum class Dtype { f64, f32, f16, bf16, i64, i32, i16, i8, u64, u32, u16, u8, boolean };

namespace detail {

struct DtypeRow {
    std::string_view name;
    std::size_t bytes;
};

/// In the order of `Dtype`.
inline constexpr std::array<DtypeRow, 13> dtype_rows = {{{"F64", 8},
                                                         {"F32", 4},
                                                         {"F16", 2},
                                                         {"BF16", 2},
                                                         {"I64", 8},
                                                         {"I32", 4},
                                                         {"I16", 2},
                                                         {"I8", 1},
                                                         {"U64", 8},
                                                         {"U32", 4},
                                                         {"U16", 2},
                                                         {"U8", 1},
                                                         {"BOOL", 1}}};

}  // namespace detail

/// The name of a type in the file, such as "F32".
constexpr std::string_view dtype_name(Dtype type) { return detail::dtype_rows[static_cast<std::size_t>(type)].name; }

/// Bytes of one element.
constexpr std::size_t dtype_bytes(Dtype type) { return detail::dtype_rows[static_cast<std::size_t>(type)].bytes; }

/// The type of a name; nothing where the name is unknown.
constexpr std::optional<Dtype> dtype_named(std::string_view name) {
    for (std::size_t i = 0; i < detail::dtype_rows.size(); ++i) {
        if (detail::dtype_rows[i].name == name) return static_cast<Dtype>(i);
    }
    return {};
}

/// The type of elements of C++ type `T`: float, double, bool, or an integer of 8, 16, 32 or 64 bits. A std::byte and a
/// char are u8.
template <class T>
constexpr Dtype dtype_of() {
    using U = std::remove_cv_t<T>;
    if constexpr (std::is_same_v<U, double>) {
        return Dtype::f64;
    } else if constexpr (std::is_same_v<U, float>) {
        return Dtype::f32;
    } else if constexpr (std::is_same_v<U, bool>) {
        static_assert(sizeof(bool) == 1);
        return Dtype::boolean;
    } else if constexpr (std::is_same_v<U, std::byte> || std::is_same_v<U, char>) {
        return Dtype::u8;  // of text, too: char is signed on some processors only
    } else {
        static_assert(std::is_integral_v<U> && sizeof(U) <= 8, "a tensor holds float, double, bool, bytes or integers");
        constexpr std::array<Dtype, 4> with_sign = {Dtype::i8, Dtype::i16, Dtype::i32, Dtype::i64};
        constexpr std::array<Dtype, 4> without_sign = {Dtype::u8, Dtype::u16, Dtype::u32, Dtype::u64};
        constexpr std::size_t row = sizeof(U) == 1 ? 0 : sizeof(U) == 2 ? 1 : sizeof(U) == 4 ? 2 : 3;
        return std::is_signed_v<U> ? with_sign[row] : without_sign[row];
    }
}

}  // namespace GRADIVA_NAMESPACE
