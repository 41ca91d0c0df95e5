#pragma once

#include "gradiva/core/types.hpp"

// Normal samples as functions of mean and deviation, so that a derivative by the sample is passed on to both. Source:
// Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, section 2.4. All matrices are dimensions x batch; `std`,
// the standard deviations, and the derivative by their logarithms s have one column for all samples or one for each.

namespace GRADIVA_NAMESPACE::kernels {

/// A := M + sigma * noise, element by element, with standard normal noise.
template <class Scalar>
void reparameterise(ConstMatrixRef<Scalar> mean, ConstMatrixRef<Scalar> std, ConstMatrixRef<Scalar> noise,
                    MatrixRef<Scalar> action) {
    for (Index j = 0; j < mean.cols(); ++j) {
        const Index column = std.cols() == 1 ? 0 : j;
        for (Index i = 0; i < mean.rows(); ++i) action(i, j) = mean(i, j) + std(i, column) * noise(i, j);
    }
}

/// ds := ds + dL/dA * sigma * noise, summed over the samples where they share one column. The derivative by the mean is
/// dL/dA itself.
template <class Scalar>
void add_reparameterised_gradient(ConstMatrixRef<Scalar> std, ConstMatrixRef<Scalar> noise,
                                  ConstMatrixRef<Scalar> d_action, MatrixRef<Scalar> d_s) {
    for (Index j = 0; j < noise.cols(); ++j) {
        const Index column = std.cols() == 1 ? 0 : j;
        for (Index i = 0; i < noise.rows(); ++i) d_s(i, column) += d_action(i, j) * std(i, column) * noise(i, j);
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
