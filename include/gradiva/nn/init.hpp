#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/sum_in_lanes.hpp"
#include "gradiva/core/types.hpp"

namespace gradiva {

namespace detail {

/// `count` orthonormal vectors of `length`, one after the other: normal vectors made orthogonal by the method of Gram
/// and Schmidt, twice over.
inline std::vector<double> orthonormal_vectors(Index length, Index count, Rng& rng) {
    const auto dot = [length](const double* a, const double* b) {
        return sum_in_lanes<double>(length, [a, b](Index i) { return a[i] * b[i]; });
    };
    std::vector<double> basis(static_cast<std::size_t>(length * count));
    for (Index j = 0; j < count; ++j) {
        double* const x = basis.data() + j * length;
        double norm = 0;
        while (norm < 1e-6) {
            for (Index i = 0; i < length; ++i) x[i] = rng.normal();
            for (int pass = 0; pass < 2; ++pass) {
                for (const double* y = basis.data(); y < x; y += length) {
                    const double along = dot(y, x);
                    for (Index i = 0; i < length; ++i) x[i] -= along * y[i];
                }
            }
            norm = std::sqrt(dot(x, x));
        }
        for (Index i = 0; i < length; ++i) x[i] /= norm;
    }
    return basis;
}

}  // namespace detail

/// Fills W (outputs x inputs) with `gain` times a random matrix whose rows, or columns where there are fewer of them,
/// are orthonormal. Source: Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in
/// deep linear neural networks", 2014.
template <class Scalar>
void orthogonal_init(MatrixRef<Scalar> w, double gain, Rng& rng) {
    const Index length = std::max(w.rows(), w.cols());
    const bool is_tall = w.rows() >= w.cols();
    const std::vector<double> basis = detail::orthonormal_vectors(length, std::min(w.rows(), w.cols()), rng);
    for (Index j = 0; j < w.cols(); ++j) {
        for (Index i = 0; i < w.rows(); ++i) {
            const Index element = is_tall ? j * length + i : i * length + j;
            w(i, j) = static_cast<Scalar>(gain * basis[static_cast<std::size_t>(element)]);
        }
    }
}

}  // namespace gradiva
