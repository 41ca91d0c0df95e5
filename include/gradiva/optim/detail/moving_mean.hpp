#pragma once

#include <algorithm>
#include <limits>

#include "gradiva/core/simd/lanes.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// mean := beta mean + (1 - beta) x, for numbers and for vectors of them. 1 - beta is taken in double: of a beta that
/// the scalar rounds to 1 nothing else is left.
template <class Scalar>
struct MovingMean {
    explicit MovingMean(double beta) : keep(static_cast<Scalar>(beta)), share(static_cast<Scalar>(1 - beta)) {}

    template <class V>
    V operator()(const V& mean, const V& x) const {
        return keep * mean + share * x;
    }

    Scalar keep, share;
};

/// The mean of squared gradients. After the first step it stays above a number whose root is below a thousandth of the
/// epsilon that is added to it, also after the division by 1 - beta^t: decay would make denormal numbers of it, on
/// which processors take some twenty times as long. An epsilon so small that there is no such number leaves it as it
/// is.
template <class Scalar>
struct MeanSquare {
    MeanSquare(double beta, double epsilon)
        : mean(beta), least(std::numeric_limits<Scalar>::min() * std::min(4 / mean.keep, Scalar(1 << 20))) {
        if (static_cast<double>(least) > 1e-6 * epsilon * epsilon * (1 - beta)) least = 0;
    }

    template <class V>
    V operator()(const V& square, const V& gradient) const {
        return simd::larger(mean(square, V(gradient * gradient)), V(V{} + least));
    }

    MovingMean<Scalar> mean;
    Scalar least;
};

/// 0 in place of a number that is so small that it would decay into denormal ones.
template <class V, class Scalar>
V without_negligible(const V& x, Scalar least) {
    return ((x > -least) & (x < least)) ? V{} : x;
}

}  // namespace GRADIVA_NAMESPACE::detail
