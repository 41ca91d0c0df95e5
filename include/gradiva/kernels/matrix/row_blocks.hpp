#pragma once

#include <algorithm>
#include <type_traits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/types.hpp"

// A column-major matrix is computed in blocks of rows, each as high as a few vector registers. Its last block may have
// fewer rows than these registers have lanes.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// Rows [first, first + rows) of a matrix, computed in `Registers` registers per column; at most `height` rows.
template <class Scalar, Index Registers>
struct RowBlock {
    static constexpr Index height = Registers * simd::lanes<Scalar>;
    Index first, rows;

    bool is_full() const { return rows == height; }
};

/// Calls `body(block)` for blocks of 1, 2 or `Most` registers that cover `rows` rows. The last block comes first, as
/// `Overhang` asks for; all others are full.
template <class Scalar, Index Most, class Body>
void for_each_row_block(Index rows, const Body& body, Index first = 0) {
    constexpr Index width = simd::lanes<Scalar>;
    const Index left = rows - first;
    if (left <= 0) return;
    const auto visit = [&](auto registers) {
        using Block = RowBlock<Scalar, registers()>;
        const Block block{first, std::min(left, Block::height)};
        for_each_row_block<Scalar, Most>(rows, body, first + block.rows);
        body(block);
    };
    if (left <= width) return visit(std::integral_constant<Index, 1>{});
    if (Most == 2 || left <= (Most - 1) * width) return visit(std::integral_constant<Index, 2>{});
    visit(std::integral_constant<Index, Most>{});
}

/// In which columns of a matrix C the last row block may be stored in whole registers, although they reach beyond its
/// rows. Example: C is 6 x 3, the block is rows 4 and 5, a register has 4 lanes. C in memory, and what is stored:
///
///     column 0      column 1      column 2
///     0 1 2 3 4 5   0 1 2 3 4 5   0 1 2 3 4 5
///             4 5   x x                            x: the overhang, in the first rows of column 1
///                           4 5   x x
///                                         4 5      through a copy: the overhang would lie beyond C
///
/// The invariant: each element that an overhang overwrites is stored after it, and not read before that. It holds if
///  - blocks are stored from the last to the first, and the columns of a block from the first to the last;
///  - the columns of C are contiguous: no element of another matrix lies between them;
///  - the block's computation reads nothing of C, as an addend or as the output of an activation, where it is stored
///    into;
///  - the overhang ends before C does.
class Overhang {
public:
    /// For the storing of `block` into C; `reads_c` says whether its computation reads C.
    template <class Scalar, Index Registers>
    Overhang(const RowBlock<Scalar, Registers>& block, const MatrixRef<Scalar>& c, bool reads_c = false)
        : rows_(block.rows), whole_columns_(block.is_full() ? c.cols() : 0) {
        const Index last_start = c.size() - block.first - block.height;  // in column 0's coordinates
        const bool is_dense = c.outerStride() == c.rows();
        if (!block.is_full() && is_dense && !reads_c && last_start >= 0) whole_columns_ = last_start / c.rows() + 1;
    }

    /// The rows of the block: what is stored of the columns that must not be stored whole.
    Index rows() const { return rows_; }
    /// Columns [0, whole_columns()) may be stored in whole registers.
    Index whole_columns() const { return whole_columns_; }

private:
    Index rows_;
    Index whole_columns_;
};

}  // namespace GRADIVA_NAMESPACE::kernels::detail
