#pragma once

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"

namespace gradiva::kernels {

/// Backward scan along time, for N environments side by side:
///   x_t := x_t + factor * continues_t * x_{t+1},   x_T = 0.
/// x and continues: N x T, so that one time step is contiguous; continues is 1, or 0 where the episode ended at t.
template <class Scalar>
void advantage_scan(Scalar factor, ConstMatrixRef<Scalar> continues, MatrixRef<Scalar> x) {
    GRADIVA_ASSERT(continues.rows() == x.rows() && continues.cols() == x.cols());
    for (Index t = x.cols() - 2; t >= 0; --t) {
        x.col(t).array() += factor * continues.col(t).array() * x.col(t + 1).array();
    }
}

/// delta_t := r_t + gamma V'_t - V_t, the error of temporal difference. All N x T; V' is the value that follows the
/// step: 0 if terminated, that of the final observation if truncated, else V_{t+1}.
template <class Scalar>
void temporal_difference(Scalar gamma, ConstMatrixRef<Scalar> reward, ConstMatrixRef<Scalar> value,
                         ConstMatrixRef<Scalar> next_value, MatrixRef<Scalar> delta) {
    delta.array() = reward.array() + gamma * next_value.array() - value.array();
}

}  // namespace gradiva::kernels
