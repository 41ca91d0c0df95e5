#pragma once

#include <algorithm>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/matrix/panel.hpp"
#include "gradiva/kernels/matrix/row_blocks.hpp"
#include "gradiva/kernels/matrix/strided.hpp"
#include "gradiva/kernels/matrix/tile.hpp"

// Products by row blocks of C: for each a panel of A, packed where that pays, and tiles of C along it. Nothing
// allocates. Each element of C is summed over the inner dimension in an order that does not depend on the number of
// columns: a column of C has the same bits in a batch of any width.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// C := epilogue(S + A B), with C: m x n, A: m x k, B: k x n.
template <class Scalar>
struct Product {
    Strided<Scalar> a, b;
    Columns<const Scalar> addend{nullptr, 0};  // S: m x n, C itself or a bias in all columns; null: zero
    Epilogue epilogue = Epilogue::none;
    Columns<const Scalar> output{nullptr, 0};  // m x n, for an epilogue that takes a derivative
    Scalar* row_sums = nullptr;                // m; A 1 is added to it, for an A with contiguous columns; or null

    bool adds_bias() const { return addend.data != nullptr && addend.stride == 0; }
};

/// S from row `first` on, with at least `Height` rows: one that is the same in all columns and has fewer is copied to
/// `padded`, with zeros after its rows.
template <Index Height, class Scalar>
Columns<const Scalar> addend_of(const Product<Scalar>& product, Index first, Index rows, Scalar* padded) {
    const bool has_addend = product.addend.data != nullptr;
    if (has_addend && (rows == Height || product.addend.stride > 0)) return product.addend.at(first, 0);
    std::fill_n(padded, Height, Scalar(0));
    if (has_addend) std::copy_n(product.addend.data + first, rows, padded);
    return {padded, 0};
}

/// Computes columns [column, end) of a row block, from the tile's first column on: in tiles of `Width` columns, then of
/// fewer, down to one.
template <Index Registers, Index Width, class Scalar>
void compute_tiles(Tile<Scalar>& tile, const Overhang& overhang, Index column, Index end) {
    constexpr auto compute = compute_tile<Registers, Width, RowSums::no, Scalar>;
    for (; column + Width <= end; column += Width) {
        if (column + Width <= overhang.whole_columns()) {
            compute(tile);
        } else {
            compute_on_copies<Scalar>(compute, Registers * simd::lanes<Scalar>, Width, overhang.rows(), tile);
        }
        tile.advance(Width);
    }
    if constexpr (Width > 1) {
        if (column < end) compute_tiles<Registers, Width == 6 ? 4 : Width / 2>(tile, overhang, column, end);
    }
}

/// Computes the last `columns` columns of a row block in a tile that adds up the rows of A as well.
template <Index Registers, Index Width = 1, class Scalar>
void compute_with_row_sums(const Tile<Scalar>& tile, Index columns) {
    if constexpr (Width < most_columns_with_row_sums) {
        if (columns > Width) return compute_with_row_sums<Registers, Width + 1>(tile, columns);
    }
    compute_tile<Registers, Width, RowSums::yes>(tile);
}

/// The columns of the tile that adds up rows: what tiles of `width` columns leave over, where that is few enough.
inline Index columns_of_row_sums(Index columns, Index width) {
    const Index rest = columns % width;
    return std::min(columns, rest == 0 || rest > most_columns_with_row_sums ? most_columns_with_row_sums : rest);
}

/// Computes a row block of C panel by panel along the inner dimension: later panels add to what C holds of earlier
/// ones.
template <class Scalar, Index Registers>
void compute_row_block(const Product<Scalar>& product, RowBlock<Scalar, Registers> rows, MatrixRef<Scalar>& c) {
    constexpr Index height = RowBlock<Scalar, Registers>::height;
    alignas(64) Scalar packed[panel_size<Scalar>], padded_addend[to_size(height)];
    const Index inner = product.a.columns;
    const Columns<Scalar> c_rows{c.data() + rows.first, c.outerStride()};
    const Columns<const Scalar> output = product.output.data ? product.output.at(rows.first, 0) : product.output;
    Columns<const Scalar> addend = addend_of<height>(product, rows.first, rows.rows, padded_addend);
    Scalar* const row_sums = product.row_sums && rows.is_full() ? product.row_sums + rows.first : nullptr;
    const Index apart = row_sums ? columns_of_row_sums(c.cols(), tile_columns<Registers>) : 0;
    Index first = 0;
    do {
        const Index depth = std::min(panel_size<Scalar> / height, inner - first);
        const Scalar* const panels = product.a.panels;
        Tile<Scalar> tile{
            .a = panels ? Columns<const Scalar>{panels + rows.first * inner + first * height, height}
                        : panel_of<height>(block(product.a, rows.first, rows.rows, first, depth), c.cols(), packed),
            .b = block(product.b, first, depth, 0, c.cols()),
            .addend = addend,
            .epilogue = first + depth < inner ? Epilogue::none : product.epilogue,
            .output = output,
            .c = c_rows,
            .row_sums = row_sums};
        const Overhang overhang(rows, c, addend.data == c_rows.data || output.data == c_rows.data);
        compute_tiles<Registers, tile_columns<Registers>>(tile, overhang, 0, c.cols() - apart);
        if (row_sums) compute_with_row_sums<Registers>(tile, apart);
        addend = {c_rows.data, c_rows.stride};
        first += depth;
    } while (first < inner);
    if (product.row_sums && !row_sums) {
        const Eigen::Map<const Matrix<Scalar>, 0, ColumnStride> a(product.a.data + rows.first, rows.rows, inner,
                                                                  ColumnStride(product.a.column_stride));
        kernels::add_row_sums<Scalar>(a, VectorMap<Scalar>(product.row_sums + rows.first, rows.rows));
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
