#pragma once

#include <algorithm>
#include <cmath>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"

namespace gradiva {

/// Fills W (outputs x inputs) with `gain` times a random matrix whose rows, or columns where there are fewer of them,
/// are orthonormal. Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in
/// deep linear neural networks", 2014. Normal vectors made orthogonal by the method of Gram and Schmidt, twice over.
template <class Scalar>
void orthogonal_init(MatrixRef<Scalar> w, double gain, Rng& rng) {
    const Index length = std::max(w.rows(), w.cols());
    const Index count = std::min(w.rows(), w.cols());
    Matrix<double> basis(length, count);
    for (Index j = 0; j < count; ++j) {
        double norm = 0;
        while (norm < 1e-6) {
            for (Index i = 0; i < length; ++i) basis(i, j) = rng.normal();
            for (int pass = 0; pass < 2; ++pass) {
                for (Index k = 0; k < j; ++k) basis.col(j) -= basis.col(k).dot(basis.col(j)) * basis.col(k);
            }
            norm = basis.col(j).norm();
        }
        basis.col(j) /= norm;
    }
    for (Index i = 0; i < w.rows(); ++i) {
        for (Index j = 0; j < w.cols(); ++j) {
            w(i, j) = static_cast<Scalar>(gain * (w.rows() >= w.cols() ? basis(i, j) : basis(j, i)));
        }
    }
}

}  // namespace gradiva
