#pragma once

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"

namespace gradiva {

/// The non-linearity between the layers of a network.
enum class Activation { tanh, relu };

namespace kernels {

/// Z := f(Z + b 1^T), in place. Z: units x batch, b: units. NaN stays NaN.
template <class Scalar>
void add_bias_and_activate(Activation f, ConstVectorRef<Scalar> b, MatrixRef<Scalar> z) {
    GRADIVA_ASSERT(b.size() == z.rows());
    // Column by column: a broadcast inside one expression over the matrix keeps GCC from vectorising it.
    switch (f) {
        case Activation::tanh:
            for (Index j = 0; j < z.cols(); ++j) z.col(j) = (z.col(j) + b).array().tanh();
            break;
        case Activation::relu:
            for (Index j = 0; j < z.cols(); ++j) {
                for (Index i = 0; i < z.rows(); ++i) {
                    const Scalar x = z(i, j) + b[i];
                    z(i, j) = x < 0 ? Scalar(0) : x;
                }
            }
            break;
    }
}

/// Z := Z + b 1^T, in place.
template <class Scalar>
void add_bias(ConstVectorRef<Scalar> b, MatrixRef<Scalar> z) {
    GRADIVA_ASSERT(b.size() == z.rows());
    if (z.rows() == 1) {
        z.array() += b[0];
        return;
    }
    for (Index j = 0; j < z.cols(); ++j) z.col(j) += b;
}

/// D := D * f'(Z) with the derivative taken from the output A = f(Z): 1 - A^2 for tanh, 1 where A > 0 for ReLU.
/// Serves the backward pass (D: loss by output) and the forward derivative (D: tangent of Z).
template <class Scalar>
void multiply_by_derivative(Activation f, ConstMatrixRef<Scalar> a, MatrixRef<Scalar> d) {
    GRADIVA_ASSERT(a.rows() == d.rows() && a.cols() == d.cols());
    switch (f) {
        case Activation::tanh: d.array() *= Scalar(1) - a.array().square(); break;
        case Activation::relu:
            // A plain loop, which GCC vectorises; Eigen's expression it does not.
            for (Index j = 0; j < d.cols(); ++j) {
                const Scalar* output = a.col(j).data();
                Scalar* derivative = d.col(j).data();
                for (Index i = 0; i < d.rows(); ++i) derivative[i] = output[i] > 0 ? derivative[i] : Scalar(0);
            }
            break;
    }
}

/// b += sum over the batch of D: the gradient of a bias.
template <class Scalar>
void add_row_sums(ConstMatrixRef<Scalar> d, VectorRef<Scalar> b) {
    GRADIVA_ASSERT(d.rows() == b.size());
    if (d.rows() == 1) {
        b[0] += d.sum();
        return;
    }
    for (Index j = 0; j < d.cols(); ++j) b += d.col(j);
}

}  // namespace kernels
}  // namespace gradiva
