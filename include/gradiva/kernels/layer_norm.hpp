#pragma once

#include <cmath>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE::kernels {

/// Added to a layer's variance, so that units that are all equal have a finite result.
inline constexpr double layer_norm_epsilon = 1e-5;

/// Normalises each column of Z (units x batch, at least one unit): r_j := 1 / sqrt(var(z_j) + 1e-5),
/// N_j := r_j (z_j - mean(z_j)), Z_j := gain * N_j. `gain` has one element per unit; N (units x batch) and r (batch)
/// are what the derivative needs. The mean is taken of the differences from the first unit: where all are equal N is
/// exactly 0, and a mean far from 0 costs no digits. Source: Ba, Kiros and Hinton, "Layer Normalization", 2016,
/// equation (4).
template <class Scalar>
void layer_norm(ConstVectorRef<Scalar> gain, MatrixRef<Scalar> z, MatrixRef<Scalar> n, VectorRef<Scalar> r) {
    GRADIVA_ASSERT(gain.size() == z.rows() && n.rows() == z.rows() && n.cols() == z.cols() && r.size() == z.cols());
    GRADIVA_ASSERT(z.rows() >= 1);
    const Index units = z.rows();
    const auto share = static_cast<Scalar>(1 / static_cast<double>(units));
    const Scalar* const g = gain.data();
    for (Index j = 0; j < z.cols(); ++j) {
        Scalar* const x = z.data() + j * z.outerStride();
        Scalar* const centred = n.data() + j * n.outerStride();
        const Scalar first = x[0];
        const Scalar mean = share * simd::sum_in_lanes<Scalar>(units, [x, first](Index i) { return x[i] - first; });
        simd::transform(
            units, centred, [=](const auto& value) { return (value - first) - mean; }, x);
        const Scalar variance =
            share * simd::sum_in_lanes<Scalar>(units, [centred](Index i) { return centred[i] * centred[i]; });
        const Scalar scale = 1 / std::sqrt(variance + static_cast<Scalar>(layer_norm_epsilon));
        r[j] = scale;
        simd::transform(
            units, centred, [=](const auto& value) { return scale * value; }, centred);
        simd::transform(
            units, x, [](const auto& own, const auto& value) { return own * value; }, g, centred);
    }
}

/// D_j := r_j (D_j - mean(D_j) - N_j mean(N_j * D_j)): the derivative of N by Z times D (units x batch). That matrix is
/// symmetric: the same for the backward pass (D: derivative of the loss by N) and for the forward derivative (D:
/// tangent of Z). As N has mean 0, both means may be taken of the differences from the first unit: a D that is the same
/// for all units becomes exactly 0.
template <class Scalar>
void multiply_by_layer_norm_derivative(ConstMatrixRef<Scalar> n, ConstVectorRef<Scalar> r, MatrixRef<Scalar> d) {
    GRADIVA_ASSERT(n.rows() == d.rows() && n.cols() == d.cols() && r.size() == d.cols() && d.rows() >= 1);
    const Index units = d.rows();
    const auto share = static_cast<Scalar>(1 / static_cast<double>(units));
    for (Index j = 0; j < d.cols(); ++j) {
        Scalar* const x = d.data() + j * d.outerStride();
        const Scalar* const normal = n.data() + j * n.outerStride();
        const Scalar first = x[0];
        const Scalar mean = share * simd::sum_in_lanes<Scalar>(units, [x, first](Index i) { return x[i] - first; });
        const Scalar along = share * simd::sum_in_lanes<Scalar>(
                                         units, [x, normal, first](Index i) { return normal[i] * (x[i] - first); });
        simd::transform(
            units, x,
            [=, scale = r[j]](const auto& value, const auto& own) {
                return scale * (((value - first) - mean) - own * along);
            },
            x, normal);
    }
}

/// gain := gain + (D * N) 1, the row sums of an element-wise product: the gradient of a gain. D and N: units x batch.
template <class Scalar>
void add_row_sums_of_product(ConstMatrixRef<Scalar> d, ConstMatrixRef<Scalar> n, VectorRef<Scalar> gain) {
    GRADIVA_ASSERT(d.rows() == n.rows() && d.cols() == n.cols() && gain.size() == d.rows());
    Scalar* const sum = gain.data();
    for (Index j = 0; j < d.cols(); ++j) {
        simd::transform(
            d.rows(), sum, [](const auto& s, const auto& x, const auto& normal) { return s + x * normal; },
            static_cast<const Scalar*>(sum), d.data() + j * d.outerStride(), n.data() + j * n.outerStride());
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
