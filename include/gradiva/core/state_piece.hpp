#pragma once

#include <cstdint>

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// The type of a stored number.
enum class ElementType : std::uint8_t { f64, f32, i64, i32, i16, i8, u64, u32, u16, u8, boolean };

/// Bytes of a number of this type.
constexpr Index size_of(ElementType type) {
    switch (type) {
        case ElementType::f64:
        case ElementType::i64:
        case ElementType::u64: return 8;
        case ElementType::f32:
        case ElementType::i32:
        case ElementType::u32: return 4;
        case ElementType::i16:
        case ElementType::u16: return 2;
        case ElementType::i8:
        case ElementType::u8:
        case ElementType::boolean: break;
    }
    return 1;
}

/// The numbers of a piece of state, as a visitor gets them.
struct StatePiece {
    ElementType type = ElementType::f64;
    Index rank = 0;         ///< 0: a single number, 1: an array of `columns`, 2: a matrix, column after column
    Index rows = 1;         ///< of a matrix
    Index columns = 1;      ///< of a matrix; elements of an array
    void* data = nullptr;   ///< `rows * columns` numbers without gaps
    bool fixed = false;     ///< saved and compared, never restored
    bool in_place = false;  ///< `data` stays valid and unchanged until training goes on; else during the visit only
    /// Changes the size of `object`, and returns its data; null where the size cannot change.
    void* (*resize)(void* object, Index rows, Index columns) = nullptr;
    void* object = nullptr;

    Index size() const { return rows * columns; }
    Index bytes() const { return size() * size_of(type); }
};

}  // namespace GRADIVA_NAMESPACE
