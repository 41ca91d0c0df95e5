#pragma once

#include <algorithm>
#include <limits>

#include "gradiva/core/simd/lanes.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Exponential moving average: mean := beta mean + (1 - beta) x, for scalars and registers. 1 - beta is computed in
/// double, since Scalar may round beta to 1.
template <class Scalar>
struct MovingMean {
    explicit MovingMean(double beta) : keep(static_cast<Scalar>(beta)), share(static_cast<Scalar>(1 - beta)) {}

    template <class V>
    V operator()(const V& mean, const V& x) const {
        return keep * mean + share * x;
    }

    Scalar keep, share;
};

/// Exponential moving average of squared gradients, with a lower bound `least` that keeps it from decaying into
/// denormal numbers, with which arithmetic is some twenty times slower. The root of the bound is below a thousandth of
/// the epsilon that is added to it, also after division by 1 - beta^t. There is no bound where epsilon is too small for
/// that.
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

/// x, or 0 where |x| < least, before it decays into denormal numbers.
template <class V, class Scalar>
V without_negligible(const V& x, Scalar least) {
    return ((x > -least) & (x < least)) ? V{} : x;
}

}  // namespace GRADIVA_NAMESPACE::detail
