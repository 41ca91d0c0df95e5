#pragma once

#include <string>

#include "gradiva/core/dtype.hpp"
#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// The numbers of a piece of state, as a visitor gets them.
struct StatePiece {
    Dtype type = Dtype::f64;
    Index rank = 0;         ///< 0: a single number, 1: an array of `columns`, 2: a matrix, column after column
    Index rows = 1;         ///< of a matrix
    Index columns = 1;      ///< of a matrix; elements of an array
    void* data = nullptr;   ///< `rows * columns` numbers without gaps
    bool fixed = false;     ///< saved and compared, never restored
    bool text = false;      ///< characters
    bool in_place = false;  ///< `data` stays valid and unchanged until training goes on; else during the visit only
    /// Changes the size of `object`, and returns its data; null where the size cannot change.
    void* (*resize)(void* object, Index rows, Index columns) = nullptr;
    void* object = nullptr;
    /// Of an enumeration: the name of the enumerator at `data`; null for other numbers.
    std::string (*enumerator)(const void* data) = nullptr;

    Index size() const { return rows * columns; }
    Index bytes() const { return size() * static_cast<Index>(dtype_bytes(type)); }
};

}  // namespace GRADIVA_NAMESPACE
