#pragma once

#include <algorithm>
#include <cstring>

#include "gradiva/core/check.hpp"
#include "gradiva/kernels/row_product.hpp"
#include "gradiva/kernels/strided.hpp"

// Products of the small matrices of a network: C = A B and C += A B.
//
// The kernels keep a tile of C in registers, walk along the inner dimension and add one outer product per step. A is
// first copied, panel by panel, into a contiguous buffer on the stack, which also takes care of transposition. Nothing
// allocates. Each element of C is summed over the inner dimension in an order that the size of the batch does not
// change: a column of C has the same bits in a batch of any width.

namespace gradiva::kernels {

namespace detail {

template <class Scalar>
inline constexpr Index panel_rows = 2 * lanes<Scalar>;

// Inner dimension of one packed panel: 32 kB with vectors of 64 bytes.
inline constexpr Index panel_depth = 256;

// Columns of a register tile: with 2 vectors per column, 16 accumulators where there are 32 registers, else 8.
inline constexpr Index tile_columns = vector_bytes >= 64 ? 8 : 4;

// A copy of a panel costs more than it gains for few columns of C, or where its columns lie close enough together.
inline constexpr Index few_columns = 2 * tile_columns;
inline constexpr Index near_columns = 128;

/// Some rows of A: `panel_rows` numbers, `stride` apart from those of the next inner index.
template <class Scalar>
struct Panel {
    const Scalar* data;
    Index stride;
};

/// Copies a piece of A (rows x depth) into a buffer of `panel_rows` rows; rows beyond are zero.
template <class Scalar>
Panel<Scalar> pack(const Strided<Scalar>& a, Scalar* buffer) {
    constexpr Index height = panel_rows<Scalar>;
    if (a.rows < height) std::fill(buffer, buffer + height * a.columns, Scalar(0));
    if (a.row_stride == 1 && a.rows == height) {
        for (Index k = 0; k < a.columns; ++k) {
            std::memcpy(buffer + k * height, a.data + k * a.column_stride, height * sizeof(Scalar));
        }
    } else if (a.row_stride == 1) {
        for (Index k = 0; k < a.columns; ++k) std::copy_n(a.data + k * a.column_stride, a.rows, buffer + k * height);
    } else {
        for (Index i = 0; i < a.rows; ++i) {
            for (Index k = 0; k < a.columns; ++k) {
                buffer[k * height + i] = a.data[i * a.row_stride + k * a.column_stride];
            }
        }
    }
    return {buffer, height};
}

/// The first `rows` rows of a tile to C.
template <Index Vectors, Index Columns, bool Accumulate, class Scalar>
void store_rows(const RegisterOf<Scalar> (&sum)[Columns][Vectors], Scalar* c, Index c_stride, Index rows) {
    Scalar part[Columns][Vectors * lanes<Scalar>];
    std::memcpy(part, sum, sizeof part);
    for (Index j = 0; j < Columns; ++j) {
        for (Index i = 0; i < rows; ++i) {
            Scalar& out = c[j * c_stride + i];
            out = Accumulate ? out + part[j][i] : part[j][i];
        }
    }
}

// Clang 14 splits vectors of 64 bytes in two unless a function says that it means them.
#if defined(__clang__)
#define GRADIVA_WIDE_VECTORS __attribute__((min_vector_width(512)))
#else
#define GRADIVA_WIDE_VECTORS
#endif

/// Adds panel (Vectors * lanes x depth) times B (depth x Columns) to the tile of C, of which `rows` rows exist; or
/// overwrites C.
template <Index Vectors, Index Columns, bool Accumulate, class Scalar>
GRADIVA_WIDE_VECTORS void tile(Panel<Scalar> panel, const Scalar* b, Index b_row_stride, Index b_column_stride,
                               Index depth, Scalar* c, Index c_stride, Index rows) {
    constexpr Index width = lanes<Scalar>;
    // Unrolled, so that GCC keeps the sums in registers from their first use to their last.
    RegisterOf<Scalar> sum[Columns][Vectors];
#pragma GCC unroll 8
    for (Index j = 0; j < Columns; ++j) {
#pragma GCC unroll 2
        for (Index v = 0; v < Vectors; ++v) sum[j][v] = RegisterOf<Scalar>{};
    }
    for (Index k = 0; k < depth; ++k) {
        RegisterOf<Scalar> left[Vectors];
#pragma GCC unroll 2
        for (Index v = 0; v < Vectors; ++v) left[v] = load(panel.data + k * panel.stride + v * width);
#pragma GCC unroll 8
        for (Index j = 0; j < Columns; ++j) {
            const Scalar right = b[k * b_row_stride + j * b_column_stride];
#pragma GCC unroll 2
            for (Index v = 0; v < Vectors; ++v) sum[j][v] += left[v] * right;
        }
    }
    if (rows == Vectors * width) {
#pragma GCC unroll 8
        for (Index j = 0; j < Columns; ++j) {
#pragma GCC unroll 2
            for (Index v = 0; v < Vectors; ++v) {
                auto& out = *reinterpret_cast<typename Register<Scalar>::Unaligned*>(c + j * c_stride + v * width);
                out = Accumulate ? out + sum[j][v] : sum[j][v];
            }
        }
    } else {
        store_rows<Vectors, Columns, Accumulate>(sum, c, c_stride, rows);
    }
}

#undef GRADIVA_WIDE_VECTORS

/// One panel times all columns of B, in tiles of `Columns` and then half as many, down to one.
template <Index Vectors, Index Columns, bool Accumulate, class Scalar>
void sweep(Panel<Scalar> panel, const Strided<Scalar>& b, Index column, MatrixRef<Scalar>& c, Index row, Index rows) {
    for (; column + Columns <= c.cols(); column += Columns) {
        tile<Vectors, Columns, Accumulate>(panel, b.data + column * b.column_stride, b.row_stride, b.column_stride,
                                           b.rows, c.data() + column * c.outerStride() + row, c.outerStride(), rows);
    }
    if constexpr (Columns > 1) {
        if (column < c.cols()) {
            sweep<Vectors, Columns / 2, Accumulate>(panel, b, column, c, row, rows);
        }
    }
}

/// One stretch of the inner dimension, of at most `panel_depth`.
template <bool Accumulate, class Scalar>
void product(const Strided<Scalar>& a, const Strided<Scalar>& b, MatrixRef<Scalar>& c, Index first, Index depth) {
    const Strided<Scalar> right = block(b, first, depth, 0, b.columns);
    if (c.rows() == 1 && c.outerStride() == 1 && a.column_stride == 1) {
        if (b.row_stride == 1) return row_times_columns<Accumulate>(a.data + first, right, c.data());
        if (Accumulate && b.column_stride == 1) return add_row_times_rows(a.data + first, right, c.data());
    }
    alignas(64) Scalar buffer[panel_rows<Scalar> * panel_depth];
    for (Index row = 0; row < c.rows(); row += panel_rows<Scalar>) {
        const Index rows = std::min(panel_rows<Scalar>, c.rows() - row);
        const Strided<Scalar> left = block(a, row, rows, first, depth);
        const bool in_place = a.row_stride == 1 && rows == panel_rows<Scalar> &&
                              (c.cols() <= few_columns || a.column_stride <= near_columns);
        const Panel<Scalar> panel = in_place ? Panel<Scalar>{left.data, left.column_stride} : pack(left, buffer);
        if (rows > lanes<Scalar>) {
            sweep<2, tile_columns, Accumulate>(panel, right, Index{0}, c, row, rows);
        } else {
            sweep<1, tile_columns, Accumulate>(panel, right, Index{0}, c, row, rows);
        }
    }
}

}  // namespace detail

/// C = A B.
template <class Scalar>
void multiply(const Strided<Scalar>& a, const Strided<Scalar>& b, MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(a.columns == b.rows && a.rows == c.rows() && b.columns == c.cols());
    const Index inner = a.columns;
    detail::product<false>(a, b, c, 0, std::min(inner, detail::panel_depth));
    for (Index first = detail::panel_depth; first < inner; first += detail::panel_depth) {
        detail::product<true>(a, b, c, first, std::min(inner - first, detail::panel_depth));
    }
}

/// C += A B.
template <class Scalar>
void multiply_add(const Strided<Scalar>& a, const Strided<Scalar>& b, MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(a.columns == b.rows && a.rows == c.rows() && b.columns == c.cols());
    for (Index first = 0; first < a.columns; first += detail::panel_depth) {
        detail::product<true>(a, b, c, first, std::min(a.columns - first, detail::panel_depth));
    }
}

}  // namespace gradiva::kernels
