// The logarithm of softmax by a plain loop.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "gradiva/core/types.hpp"

namespace gradiva_test {

/// Of one column, in long double.
template <class Scalar>
std::vector<double> log_softmax(const gradiva::Matrix<Scalar>& z, gradiva::Index column) {
    std::vector<long double> logits(z.col(column).begin(), z.col(column).end());
    const long double largest = *std::max_element(logits.begin(), logits.end());
    long double sum = 0;
    for (const long double logit : logits) sum += std::exp(logit - largest);
    std::vector<double> result;
    for (const long double logit : logits) result.push_back(static_cast<double>(logit - largest - std::log(sum)));
    return result;
}

}  // namespace gradiva_test
