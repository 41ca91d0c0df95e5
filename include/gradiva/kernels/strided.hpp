#pragma once

#include "gradiva/core/lanes.hpp"
#include "gradiva/core/types.hpp"

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

template <class Scalar>
inline constexpr Index lanes = vector_bytes / static_cast<Index>(sizeof(Scalar));

/// As many numbers as a vector register holds. `Unaligned` is the same in memory, wherever it starts.
template <class Scalar>
struct Register {
    typedef Scalar Type __attribute__((vector_size(vector_bytes)));
    typedef Scalar Unaligned __attribute__((vector_size(vector_bytes), aligned(alignof(Scalar)), may_alias));
};

/// Rows [row, row + rows) and columns [column, column + columns).
template <class Scalar>
Strided<Scalar> block(const Strided<Scalar>& a, Index row, Index rows, Index column, Index columns) {
    return {a.data + row * a.row_stride + column * a.column_stride, rows, columns, a.row_stride, a.column_stride};
}

}  // namespace detail
}  // namespace gradiva::kernels
