#pragma once

#include <algorithm>
#include <type_traits>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/transpose.hpp"
#include "gradiva/kernels/matrix/row_blocks.hpp"
#include "gradiva/kernels/matrix/strided.hpp"
#include "gradiva/kernels/matrix/tile.hpp"

// Packing of A: the micro-kernel reads a panel of A, a few registers high, column by column. Source of the scheme: Goto
// and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// Elements of a packed panel: 32 kB, so that the columns of B stay in the first-level cache beside it.
template <class Scalar>
inline constexpr Index panel_size = 32 * 1024 / static_cast<Index>(sizeof(Scalar));

/// For at most so many columns of C, packing costs more than it gains.
inline constexpr Index few_columns = 16;
/// The largest column stride of A, in elements, at which it is read in place as fast as from a packed panel.
inline constexpr Index near_columns = 128;

/// Packs A, of at most `Height` rows: column k goes to `panel[k * Height]` and after; rows that A lacks are zero.
template <Index Height, class Scalar>
void pack(const Strided<Scalar>& a, Scalar* panel) {
    constexpr Index width = simd::lanes<Scalar>;
    if (a.rows < Height) std::fill_n(panel, Height * a.columns, Scalar(0));
    if (a.row_stride == 1) {
        const auto copy = [&](auto rows) {
            for (Index k = 0; k < a.columns; ++k) std::copy_n(a.data + k * a.column_stride, rows, panel + k * Height);
        };
        return a.rows == Height ? copy(std::integral_constant<Index, Height>{}) : copy(a.rows);
    }
    const Index whole_rows = a.rows / width * width;
    const Index whole_columns = a.columns / width * width;
    for (Index i = 0; i < whole_rows; i += width) {
        for (Index k = 0; k < whole_columns; k += width) {
            simd::transpose_block(a.data + i * a.row_stride + k, a.row_stride, panel + k * Height + i, Height);
        }
    }
    for (Index i = 0; i < a.rows; ++i) {
        for (Index k = i < whole_rows ? whole_columns : 0; k < a.columns; ++k) {
            panel[k * Height + i] = a.data[i * a.row_stride + k];
        }
    }
}

/// Whether A, in a product with many columns, is read in place.
template <class Scalar>
bool reads_in_place(const Strided<Scalar>& a) {
    return a.row_stride == 1 && a.column_stride <= near_columns;
}

/// A, of at most `Height` rows, as a panel for a product with `columns` columns: in place, or packed into `buffer`.
template <Index Height, class Scalar>
Columns<const Scalar> panel_of(const Strided<Scalar>& a, Index columns, Scalar* buffer) {
    if (a.row_stride == 1 && a.rows == Height && (columns <= few_columns || reads_in_place(a))) {
        return {a.data, a.column_stride};
    }
    pack<Height>(a, buffer);
    return {buffer, Height};
}

}  // namespace detail

/// Packs all panels of A (m x k), for several products with the same A: set its `panels` to `panels.data()`. `panels`
/// becomes empty where products read A in place as fast, else k times m rounded up to whole registers.
template <class Scalar>
void pack_panels(const Strided<Scalar>& a, Buffer<Scalar>& panels) {
    if (detail::reads_in_place(a)) return panels.clear();
    constexpr Index width = simd::lanes<Scalar>;
    panels.resize(pieces_of(a.rows, width) * width * a.columns);
    detail::for_each_row_block<Scalar, detail::widest_tile>(a.rows, [&](auto block) {
        detail::pack<block.height>(detail::block(a, block.first, block.rows, 0, a.columns),
                                   panels.data() + block.first * a.columns);
    });
}

}  // namespace GRADIVA_NAMESPACE::kernels
