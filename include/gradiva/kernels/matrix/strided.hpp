#pragma once

#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE::kernels {

/// A matrix seen through strides: element (i, j) is `data[i * row_stride + j * column_stride]`. One of them is 1.
template <class Scalar>
struct Strided {
    const Scalar* data;
    Index rows, columns;
    Index row_stride, column_stride;
    const Scalar* panels = nullptr;  ///< the same numbers as `pack_panels` left them, if it did
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

/// Whether both are contiguous and of the same size.
template <class A, class B>
bool alike(const A& a, const B& b) {
    const auto contiguous = [](const auto& m) { return m.outerStride() == m.rows() || m.cols() <= 1; };
    return a.rows() == b.rows() && a.cols() == b.cols() && contiguous(a) && contiguous(b);
}

/// Rows [row, row + rows) and columns [column, column + columns).
template <class Scalar>
Strided<Scalar> block(const Strided<Scalar>& a, Index row, Index rows, Index column, Index columns) {
    return {a.data + row * a.row_stride + column * a.column_stride, rows, columns, a.row_stride, a.column_stride};
}

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE::kernels
