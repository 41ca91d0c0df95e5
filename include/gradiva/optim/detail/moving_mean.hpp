#pragma once

#include <algorithm>
#include <limits>

#include "gradiva/kernels/registers.hpp"

namespace gradiva::detail {

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

/// The mean of squared gradients. After the first step it stays above a number that is invisible beside any epsilon
/// added to its root: decay would make denormal numbers of it, on which processors take some twenty times as long.
template <class Scalar>
struct MeanSquare {
    explicit MeanSquare(double beta)
        : mean(beta), least(std::numeric_limits<Scalar>::min() * std::min(4 / mean.keep, Scalar(1 << 20))) {}

    template <class V>
    V operator()(const V& square, const V& gradient) const {
        return kernels::detail::larger(mean(square, V(gradient * gradient)), V(V{} + least));
    }

    MovingMean<Scalar> mean;
    Scalar least;
};

/// 0 in place of a number that is so small that it would decay into denormal ones.
template <class V, class Scalar>
V without_negligible(const V& x, Scalar least) {
    return ((x > -least) & (x < least)) ? V{} : x;
}

}  // namespace gradiva::detail
