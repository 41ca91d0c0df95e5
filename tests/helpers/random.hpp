// Matrices and vectors of random numbers.
#pragma once

#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"

namespace gradiva_test {

/// Uniform on [-1, 1).
template <class Scalar>
gradiva::Matrix<Scalar> random_matrix(gradiva::Index rows, gradiva::Index columns, gradiva::Rng& rng) {
    gradiva::Matrix<Scalar> m(rows, columns);
    for (gradiva::Index j = 0; j < columns; ++j) {
        for (gradiva::Index i = 0; i < rows; ++i) m(i, j) = static_cast<Scalar>(rng.uniform(-1, 1));
    }
    return m;
}

template <class Scalar>
gradiva::Vector<Scalar> random_vector(gradiva::Index size, gradiva::Rng& rng) {
    return random_matrix<Scalar>(size, 1, rng);
}

}  // namespace gradiva_test
