#pragma once

#include <Eigen/Core>

#include "gradiva/core/index.hpp"
#include "gradiva/core/view.hpp"

namespace GRADIVA_NAMESPACE {

/// Column-major, whatever a program has made Eigen's default; one sample is one column.
template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;

template <class Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1, Eigen::ColMajor>;

/// Contiguous where it is not a view.
template <class Scalar>
using RowVector = Eigen::Matrix<Scalar, 1, Eigen::Dynamic, Eigen::RowMajor>;

/// Views as function parameters: any matrix, map or block of contiguous columns binds to them without a copy.
template <class Scalar>
using MatrixRef = View<Matrix<Scalar>, ColumnStride>;

template <class Scalar>
using ConstMatrixRef = View<const Matrix<Scalar>, ColumnStride>;

template <class Scalar>
using VectorRef = View<Vector<Scalar>, Contiguous>;

template <class Scalar>
using ConstVectorRef = View<const Vector<Scalar>, Contiguous>;

/// A row of a matrix.
template <class Scalar>
using RowRef = View<RowVector<Scalar>, ElementStride>;

template <class Scalar>
using ConstRowRef = View<const RowVector<Scalar>, ElementStride>;

/// Views as return values and members.
template <class Scalar>
using MatrixMap = Eigen::Map<Matrix<Scalar>, Eigen::Unaligned, Contiguous>;

template <class Scalar>
using ConstMatrixMap = Eigen::Map<const Matrix<Scalar>, Eigen::Unaligned, Contiguous>;

template <class Scalar>
using VectorMap = Eigen::Map<Vector<Scalar>, Eigen::Unaligned, Contiguous>;

template <class Scalar>
using ConstVectorMap = Eigen::Map<const Vector<Scalar>, Eigen::Unaligned, Contiguous>;

/// The same matrix, to be read only.
template <class Scalar>
ConstMatrixMap<Scalar> as_const(const MatrixMap<Scalar>& m) {
    return {m.data(), m.rows(), m.cols()};
}

}  // namespace GRADIVA_NAMESPACE
