// Moments of a batch of observations.
#pragma once

#include <vector>

#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"

namespace gradiva_test {

/// The moments of each row.
inline std::vector<gradiva::kernels::Moments> moments_of(const gradiva::Matrix<double>& x) {
    std::vector<gradiva::kernels::Moments> result;
    for (gradiva::Index i = 0; i < x.rows(); ++i) {
        const gradiva::Vector<double> row = x.row(i).transpose();
        result.push_back(gradiva::kernels::moments<double>(row));
    }
    return result;
}

}  // namespace gradiva_test
