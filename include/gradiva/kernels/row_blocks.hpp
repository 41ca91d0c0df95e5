#pragma once

#include <type_traits>

#include "gradiva/core/types.hpp"
#include "gradiva/kernels/registers.hpp"

// Matrices cut into blocks of rows, each some registers high. The last block may have fewer rows than its registers
// have numbers; its registers are loaded and stored whole all the same wherever that stays within the matrix.

namespace gradiva::kernels::detail {

/// Calls `body(Height, row, rows)` for blocks of 1, 2 or `Most` registers that cover `rows` rows, the last one first:
/// what it stores beyond its rows falls into the next column, and is overwritten by the blocks before it.
template <class Scalar, Index Most, class Body>
void for_each_row_block(Index rows, const Body& body, Index row = 0) {
    constexpr Index width = lanes<Scalar>;
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

/// In how many columns, from the first on, `height` rows from `row` on lie within a dense matrix of this size.
inline Index columns_with_room(Index row, Index height, Index rows, Index columns) {
    const Index room = rows * columns - row - height;  // beyond the first column's block
    return room < 0 ? 0 : room / rows + 1;
}

}  // namespace gradiva::kernels::detail
