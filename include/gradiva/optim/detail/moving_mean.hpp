#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include "gradiva/kernels/registers.hpp"

namespace gradiva::detail {

/// mean := beta mean + (1 - beta) x, for numbers and for vectors of them. 1 - beta is rounded once, and not taken of a
/// rounded beta: as mean + (1 - beta) (x - mean) the mean of equal numbers goes to that number also where the scalar
/// rounds beta to 1. `AnyBeta` is for decays below one half too, which need a term more: there the difference would
/// cost an x far smaller than the mean its digits.
template <class Scalar, bool AnyBeta>
struct MovingMean {
    explicit MovingMean(double beta)
        : keep(static_cast<Scalar>(beta < 0.5 ? beta : 1)), pull(static_cast<Scalar>(beta < 0.5 ? 0 : 1)),
          share(static_cast<Scalar>(1 - beta)) {}

    template <class V>
    V operator()(const V& mean, const V& x) const {
        if constexpr (AnyBeta) return keep * mean + share * (x - pull * mean);
        return mean + share * (x - mean);
    }

    /// The smallest that a mean is multiplied with, but for 0.
    Scalar least_factor() const { return keep > 0 ? std::min(keep, share) : share; }

    Scalar keep, pull, share;
};

/// Calls body(constant), which says whether moving means are to be for any beta.
template <class Body>
void with_form_for(double least_beta, const Body& body) {
    if (least_beta < 0.5) return body(std::true_type{});
    body(std::false_type{});
}

/// The mean of squared gradients. After the first step it stays above a number that is invisible beside any epsilon
/// added to its root: decay would make denormal numbers of it or of its parts, on which processors take some twenty
/// times as long.
template <class Scalar, bool AnyBeta>
struct MeanSquare {
    explicit MeanSquare(double beta)
        : mean(beta), least(std::numeric_limits<Scalar>::min() * std::min(4 / mean.least_factor(), Scalar(1 << 20))) {}

    template <class V>
    V operator()(const V& square, const V& gradient) const {
        return kernels::detail::larger(mean(square, V(gradient * gradient)), V(V{} + least));
    }

    MovingMean<Scalar, AnyBeta> mean;
    Scalar least;
};

/// 0 in place of a number that is so small that it would decay into denormal ones.
template <class V, class Scalar>
V without_negligible(const V& x, Scalar least) {
    return ((x > -least) & (x < least)) ? V{} : x;
}

}  // namespace gradiva::detail
