#pragma once

#include <memory>
#include <type_traits>

#include <Eigen/Core>

#include "gradiva/core/index.hpp"
#include "gradiva/core/view.hpp"

namespace GRADIVA_NAMESPACE {

/// Column-major, whatever a program has set as Eigen's default; in a batch one sample is one column. Owns its memory,
/// as do `Vector` and `RowVector`.
template <class Scalar>
using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor>;

template <class Scalar>
using Vector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1, Eigen::ColMajor>;

/// A contiguous row.
template <class Scalar>
using RowVector = Eigen::Matrix<Scalar, 1, Eigen::Dynamic, Eigen::RowMajor>;

/// Views for function parameters (see `View`): any matrix, map or block with contiguous columns binds to them without
/// a copy.
template <class Scalar>
using MatrixRef = View<Matrix<Scalar>, ColumnStride>;

template <class Scalar>
using ConstMatrixRef = View<const Matrix<Scalar>, ColumnStride>;

template <class Scalar>
using VectorRef = View<Vector<Scalar>, Contiguous>;

template <class Scalar>
using ConstVectorRef = View<const Vector<Scalar>, Contiguous>;

/// A row of a matrix; its elements may have a stride.
template <class Scalar>
using RowRef = View<RowVector<Scalar>, ElementStride>;

template <class Scalar>
using ConstRowRef = View<const RowVector<Scalar>, ElementStride>;

/// Views for return values and members: contiguous, without storage for expressions.
template <class Scalar>
using MatrixMap = Eigen::Map<Matrix<Scalar>, Eigen::Unaligned, Contiguous>;

template <class Scalar>
using ConstMatrixMap = Eigen::Map<const Matrix<Scalar>, Eigen::Unaligned, Contiguous>;

/// The same with gaps between columns, such as some rows of a matrix.
template <class Scalar>
using ConstRowsMap = Eigen::Map<const Matrix<Scalar>, Eigen::Unaligned, ColumnStride>;

template <class Scalar>
using VectorMap = Eigen::Map<Vector<Scalar>, Eigen::Unaligned, Contiguous>;

template <class Scalar>
using ConstVectorMap = Eigen::Map<const Vector<Scalar>, Eigen::Unaligned, Contiguous>;

/// Makes `map` refer to what `other` refers to. An assignment `map = other` copies elements instead.
template <class Map>
void rebind(Map& map, const std::type_identity_t<Map>& other) {
    std::construct_at(&map, other);
}

/// A read-only view of the same elements.
template <class Scalar>
ConstMatrixMap<Scalar> as_const(const MatrixMap<Scalar>& m) {
    return {m.data(), m.rows(), m.cols()};
}

}  // namespace GRADIVA_NAMESPACE
