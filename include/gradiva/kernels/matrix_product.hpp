#pragma once

#include <algorithm>
#include <cstring>

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"

// Products of the small matrices of a network: C = A B and C += A B.
//
// The kernels keep a tile of C in registers, walk along the inner dimension and add one outer product per step. A is
// first copied, panel by panel, into a contiguous buffer on the stack, which also takes care of transposition. Nothing
// allocates. Each element of C is summed over the inner dimension in ascending order, whatever the size of the batch:
// a column of C has the same bits in a batch of any width.

namespace gradiva::kernels {

/// A matrix seen through strides: element (i, j) is `data[i * row_stride + j * column_stride]`.
template <class Scalar>
struct Strided {
    const Scalar* data;
    Index rows, columns;
    Index row_stride, column_stride;
};

template <class Derived>
Strided<typename Derived::Scalar> plain(const Eigen::MatrixBase<Derived>& m) {
    return {m.derived().data(), m.rows(), m.cols(), 1, m.derived().outerStride()};
}

template <class Derived>
Strided<typename Derived::Scalar> transposed(const Eigen::MatrixBase<Derived>& m) {
    return {m.derived().data(), m.cols(), m.rows(), m.derived().outerStride(), 1};
}

namespace detail {

// The widest vector of the target, as Eigen sees it; 16 bytes where there is none.
inline constexpr Index vector_bytes = EIGEN_MAX_STATIC_ALIGN_BYTES > 16 ? EIGEN_MAX_STATIC_ALIGN_BYTES : 16;

template <class Scalar>
inline constexpr Index lanes = vector_bytes / static_cast<Index>(sizeof(Scalar));

template <class Scalar>
struct Register {
    typedef Scalar Type __attribute__((vector_size(vector_bytes)));
};

template <class Scalar>
inline constexpr Index panel_rows = 2 * lanes<Scalar>;

// Inner dimension of one packed panel: 32 kB with vectors of 64 bytes.
inline constexpr Index panel_depth = 256;

// Columns of a register tile: with 2 vectors per column, 16 accumulators where there are 32 registers, else 8.
inline constexpr Index tile_columns = vector_bytes >= 64 ? 8 : 4;

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

/// Adds panel (Vectors * lanes x depth) times B (depth x Columns) to the tile of C, of which `rows` rows exist; or
/// overwrites C.
template <Index Vectors, Index Columns, bool Accumulate, class Scalar>
void tile(Panel<Scalar> panel, const Scalar* b, Index b_row_stride, Index b_column_stride, Index depth, Scalar* c,
          Index c_stride, Index rows) {
    using Packet = typename Register<Scalar>::Type;
    constexpr Index width = lanes<Scalar>;
    Packet sum[Columns][Vectors];
    for (Index j = 0; j < Columns; ++j) {
        for (Index v = 0; v < Vectors; ++v) sum[j][v] = Packet{};
    }
    for (Index k = 0; k < depth; ++k) {
        Packet left[Vectors];
        for (Index v = 0; v < Vectors; ++v) {
            std::memcpy(&left[v], panel.data + k * panel.stride + v * width, sizeof(Packet));
        }
        for (Index j = 0; j < Columns; ++j) {
            const Scalar right = b[k * b_row_stride + j * b_column_stride];
            for (Index v = 0; v < Vectors; ++v) sum[j][v] += left[v] * right;
        }
    }
    for (Index j = 0; j < Columns; ++j) {
        for (Index v = 0; v < Vectors; ++v) {
            Scalar* out = c + j * c_stride + v * width;
            const Index present = std::min(width, rows - v * width);
            if (present == width) {
                Packet old{};
                if constexpr (Accumulate) std::memcpy(&old, out, sizeof(Packet));
                if constexpr (Accumulate) sum[j][v] += old;
                std::memcpy(out, &sum[j][v], sizeof(Packet));
            } else {
                for (Index i = 0; i < present; ++i) out[i] = Accumulate ? out[i] + sum[j][v][i] : sum[j][v][i];
            }
        }
    }
}

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

/// Rows [row, row + rows) and inner indices [first, first + depth) of A.
template <class Scalar>
Strided<Scalar> block(const Strided<Scalar>& a, Index row, Index rows, Index first, Index depth) {
    return {a.data + row * a.row_stride + first * a.column_stride, rows, depth, a.row_stride, a.column_stride};
}

/// One stretch of the inner dimension, of at most `panel_depth`.
template <bool Accumulate, class Scalar>
void product(const Strided<Scalar>& a, const Strided<Scalar>& b, MatrixRef<Scalar>& c, Index first, Index depth) {
    alignas(64) Scalar buffer[panel_rows<Scalar> * panel_depth];
    const Strided<Scalar> right = block(b, first, depth, 0, b.columns);
    for (Index row = 0; row < c.rows(); row += panel_rows<Scalar>) {
        const Index rows = std::min(panel_rows<Scalar>, c.rows() - row);
        const Strided<Scalar> left = block(a, row, rows, first, depth);
        // For few columns the copy would cost more than it gains.
        const bool in_place = a.row_stride == 1 && rows == panel_rows<Scalar> && c.cols() <= 2 * tile_columns;
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
