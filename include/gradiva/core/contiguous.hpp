#pragma once

#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE {

/// A matrix whose columns follow each other without gaps, for what walks through its numbers one after the other or
/// keeps them until later: `m` where it lies so already, else a copy of it in `room`, which keeps its memory. What `m`
/// copied for itself, as of a sum of matrices, does not stay and is copied too.
template <class Scalar>
ConstMatrixMap<Scalar> contiguous(const ConstMatrixRef<Scalar>& m, MatrixBuffer<Scalar>& room) {
    const bool dense = m.outerStride() == m.rows() || m.cols() <= 1;
    if (dense && !m.is_copy()) return {m.data(), m.rows(), m.cols()};
    room.resize(m.rows(), m.cols());
    room.matrix() = m;
    return std::as_const(room).matrix();
}

}  // namespace GRADIVA_NAMESPACE
