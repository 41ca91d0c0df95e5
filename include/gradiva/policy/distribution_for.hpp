#pragma once

#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/env/space.hpp"

namespace gradiva {

/// Which distribution an actor gets for an action space when none is named: specialise it for a space of your own.
template <class Space, class Scalar>
struct DistributionFor {
    static_assert(sizeof(Space) == 0, "gradiva: Actor knows no distribution for this action space; give one");
};

template <class Scalar>
struct DistributionFor<Discrete, Scalar> {
    using Type = Categorical<Scalar>;
    static Type make(const Discrete& space) { return Type(space.n); }
};

/// The bounds are not its business: who steps the environment clips what it sends there.
template <class Scalar>
struct DistributionFor<Box, Scalar> {
    using Type = DiagonalGaussian<Scalar>;
    static Type make(const Box& space) { return Type(space.size); }
};

}  // namespace gradiva
