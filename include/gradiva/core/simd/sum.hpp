#pragma once

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// Sums summand(0), ..., summand(n - 1) in an order that depends on n only, and not on where the numbers lie: a column
/// has the same bits in a batch of any width. Compilers vectorise it, which they may not do to one running sum.
template <class Scalar, class Summand>
Scalar sum_in_lanes(Index n, const Summand& summand) {
    constexpr Index lanes = 16;
    Scalar lane[lanes] = {};
    Index i = 0;
    for (; i + lanes <= n; i += lanes) {
        for (Index l = 0; l < lanes; ++l) lane[l] += summand(i + l);
    }
    for (Index l = 0; i + l < n; ++l) lane[l] += summand(i + l);
    for (Index half = lanes / 2; half > 0; half /= 2) {
        for (Index l = 0; l < half; ++l) lane[l] += lane[l + half];
    }
    return lane[0];
}

}  // namespace GRADIVA_NAMESPACE
