#pragma once

#include <algorithm>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/transpose.hpp"
#include "gradiva/kernels/matrix/strided.hpp"
#include "gradiva/kernels/matrix/tile.hpp"

// The panels of A that tiles walk along: in place where that is as good, else copied.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// Numbers in a copied panel: 32 kB, which leaves room for the columns of B in a first-level cache.
template <class Scalar>
inline constexpr Index panel_size = 32 * 1024 / static_cast<Index>(sizeof(Scalar));

// A copy of a panel costs more than it gains for few columns of C, or where its columns lie close enough together.
inline constexpr Index few_columns = 16;
inline constexpr Index near_columns = 128;

/// Copies A into `buffer`, column by column of `Height` numbers; rows beyond those of A are zero.
template <Index Height, class Scalar>
void pack(const Strided<Scalar>& a, Scalar* buffer) {
    constexpr Index width = simd::lanes<Scalar>;
    if (a.rows < Height) std::fill_n(buffer, Height * a.columns, Scalar(0));
    if (a.row_stride == 1 && a.rows == Height) {
        for (Index k = 0; k < a.columns; ++k) std::copy_n(a.data + k * a.column_stride, Height, buffer + k * Height);
        return;
    }
    if (a.row_stride == 1) {
        for (Index k = 0; k < a.columns; ++k) std::copy_n(a.data + k * a.column_stride, a.rows, buffer + k * Height);
        return;
    }
    const Index whole_rows = a.rows / width * width;
    const Index whole_columns = a.columns / width * width;
    for (Index i = 0; i < whole_rows; i += width) {
        for (Index k = 0; k < whole_columns; k += width) {
            simd::transpose_block(a.data + i * a.row_stride + k, a.row_stride, buffer + k * Height + i, Height);
        }
    }
    for (Index i = 0; i < a.rows; ++i) {
        for (Index k = i < whole_rows ? whole_columns : 0; k < a.columns; ++k) {
            buffer[k * Height + i] = a.data[i * a.row_stride + k];
        }
    }
}

/// Whether a whole matrix, as A of a product with many columns, is read in place.
template <class Scalar>
bool reads_in_place(const Strided<Scalar>& a) {
    return a.row_stride == 1 && a.column_stride <= near_columns;
}

/// A as a panel of `Height` rows, for a product with `columns` columns; `buffer` holds the copy, where one is made.
template <Index Height, class Scalar>
Columns<Scalar> panel_of(const Strided<Scalar>& a, Index columns, Scalar* buffer) {
    if (a.row_stride == 1 && a.rows == Height && (columns <= few_columns || reads_in_place(a))) {
        return {a.data, a.column_stride};
    }
    pack<Height>(a, buffer);
    return {buffer, Height};
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
