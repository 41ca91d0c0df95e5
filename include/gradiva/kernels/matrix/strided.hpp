#pragma once

#include "gradiva/core/types.hpp"

// Views of matrices in memory, as operands of products.

namespace GRADIVA_NAMESPACE::kernels {

/// A read-only matrix, or its transpose: element (i, j) is `data[i * row_stride + j * column_stride]`, and one of the
/// two strides, which are in elements, is 1.
template <class Scalar>
struct Strided {
    const Scalar* data;
    Index rows, columns;
    Index row_stride, column_stride;
    const Scalar* panels = nullptr;  ///< the same elements as packed by `pack_panels`; null: not packed
};

/// The matrix as it lies in memory. It must outlive the view.
template <class Derived>
Strided<typename Derived::Scalar> plain(const Eigen::MatrixBase<Derived>& m) {
    return {m.derived().data(), m.rows(), m.cols(), 1, m.derived().outerStride()};
}

/// The transpose of a matrix, without a copy. The matrix must outlive the view.
template <class Derived>
Strided<typename Derived::Scalar> transposed(const Eigen::MatrixBase<Derived>& m) {
    return {m.derived().data(), m.cols(), m.rows(), m.derived().outerStride(), 1};
}

namespace detail {

/// Element (i, j) of columns that are contiguous is `data[i + j * stride]`, that of a row `data[j * stride]`; where the
/// stride is 0, all columns are the same one. `T` is const for a read-only view.
template <class T>
struct Columns {
    T* data;
    Index stride;

    /// The same from row `row` and column `column` on.
    Columns at(Index row, Index column) const { return {data + row + column * stride, stride}; }
};

/// Whether both matrices have the same shape and no gap between columns.
template <class A, class B>
bool alike(const A& a, const B& b) {
    const auto contiguous = [](const auto& m) { return m.outerStride() == m.rows() || m.cols() <= 1; };
    return a.rows() == b.rows() && a.cols() == b.cols() && contiguous(a) && contiguous(b);
}

/// Rows [row, row + rows) and columns [column, column + columns) of a matrix.
template <class Scalar>
Strided<Scalar> block(const Strided<Scalar>& a, Index row, Index rows, Index column, Index columns) {
    return {a.data + row * a.row_stride + column * a.column_stride, rows, columns, a.row_stride, a.column_stride};
}

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE::kernels
