#pragma once

#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE {

/// A view of the elements of `m` without gaps between columns, valid after `m` is gone: of `m`'s own elements where
/// these are contiguous, else of a copy in `storage`. The value of an expression that `m` holds itself
/// (`View::is_copy`) is copied too.
template <class Scalar>
ConstMatrixMap<Scalar> contiguous(const ConstMatrixRef<Scalar>& m, MatrixBuffer<Scalar>& storage) {
    const bool dense = m.outerStride() == m.rows() || m.cols() <= 1;
    if (dense && !m.is_copy()) return {m.data(), m.rows(), m.cols()};
    storage.resize(m.rows(), m.cols());
    storage.matrix() = m;
    return std::as_const(storage).matrix();
}

}  // namespace GRADIVA_NAMESPACE
