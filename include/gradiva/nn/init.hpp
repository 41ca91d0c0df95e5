#pragma once

#include <algorithm>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/detail/orthonormal_vectors.hpp"

namespace GRADIVA_NAMESPACE {

/// Orthogonal initialisation: fills W (outputs x inputs) with `gain` times a random matrix whose columns, or rows if
/// there are fewer of them, are orthonormal, uniformly distributed over all such matrices. Source: Saxe, McClelland and
/// Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural networks", 2014.
template <class Scalar>
void orthogonal_init(MatrixRef<Scalar> w, double gain, Rng& rng) {
    const bool is_tall = w.rows() >= w.cols();
    const detail::OrthonormalVectors basis(std::max(w.rows(), w.cols()), std::min(w.rows(), w.cols()),
                                           [&rng] { return rng.normal(); });
    for (Index j = 0; j < w.cols(); ++j) {
        for (Index i = 0; i < w.rows(); ++i) {
            w(i, j) = static_cast<Scalar>(gain * (is_tall ? basis(i, j) : basis(j, i)));
        }
    }
}

}  // namespace GRADIVA_NAMESPACE
