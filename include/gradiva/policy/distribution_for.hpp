#pragma once

#include "gradiva/distributions/categorical.hpp"
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

}  // namespace gradiva
