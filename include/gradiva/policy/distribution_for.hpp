#pragma once

#include "gradiva/distributions/bernoulli.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/distributions/hybrid.hpp"
#include "gradiva/distributions/multi_categorical.hpp"
#include "gradiva/env/space.hpp"

namespace GRADIVA_NAMESPACE {

/// The default distribution of an actor for an action space: `Type`, built by `make(space)`. Specialise it for spaces
/// of your own.
template <class Space, class Scalar>
struct DistributionFor {
    static_assert(sizeof(Space) == 0, "gradiva: Actor knows no distribution for this action space; give one");
};

template <class Scalar>
struct DistributionFor<Discrete, Scalar> {
    using Type = Categorical<Scalar>;
    static Type make(const Discrete& space) { return Type(space.n); }
};

/// Unbounded: actions are clipped to the bounds where they are sent to the environment.
template <class Scalar>
struct DistributionFor<Box, Scalar> {
    using Type = DiagonalGaussian<Scalar>;
    static Type make(const Box& space) { return Type(space.size); }
};

template <class Scalar>
struct DistributionFor<MultiDiscrete, Scalar> {
    using Type = MultiCategorical<Scalar>;
    static Type make(const MultiDiscrete& space) { return Type(space.n); }
};

template <class Scalar>
struct DistributionFor<MultiBinary, Scalar> {
    using Type = Bernoulli<Scalar>;
    static Type make(const MultiBinary& space) { return Type(space.size); }
};

template <class Scalar>
struct DistributionFor<HybridSpace, Scalar> {
    using Type = Hybrid<Scalar>;
    static Type make(const HybridSpace& space) { return Type(space.choice.n, space.box.size); }
};

}  // namespace GRADIVA_NAMESPACE
