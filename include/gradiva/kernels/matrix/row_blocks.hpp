#pragma once

#include <type_traits>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/types.hpp"

// Matrices cut into blocks of rows, each some registers high. The last block may have fewer rows than its registers
// have numbers; its registers are loaded and stored whole all the same wherever that stays within the matrix.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// Calls `body(Height, row, rows)` for blocks of 1, 2 or `Most` registers that cover `rows` rows, the last one first:
/// what it stores beyond its rows falls into the next column, and is overwritten by the blocks before it.
template <class Scalar, Index Most, class Body>
void for_each_row_block(Index rows, const Body& body, Index row = 0) {
    constexpr Index width = simd::lanes<Scalar>;
    const Index left = rows - row;
    if (left <= 0) return;
    const auto do_block = [&](auto height) {
        const Index taken = left < height() * width ? left : height() * width;
        for_each_row_block<Scalar, Most>(rows, body, row + taken);
        body(height, row, taken);
    };
    if (left <= width) return do_block(std::integral_constant<Index, 1>{});
    if (Most == 2 || left <= (Most - 1) * width) return do_block(std::integral_constant<Index, 2>{});
    do_block(std::integral_constant<Index, Most>{});
}

/// In how many of a matrix' columns, from the first on, a block from `row` on may be stored `height` rows high, though
/// only `rows` of them exist: where the matrix is dense, what is too much falls into the next column.
inline Index whole_columns(Index row, Index rows, Index height, bool dense, Index matrix_rows, Index columns) {
    if (rows == height) return columns;
    const Index room = matrix_rows * columns - row - height;  // beyond the first column's block
    const bool fits = dense && room >= 0;
    return fits ? room / matrix_rows + 1 : 0;
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
