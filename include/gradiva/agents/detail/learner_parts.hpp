#pragma once

#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/distribution_for.hpp"
#include "gradiva/policy/network_for.hpp"
#include "gradiva/policy/shared_trunk.hpp"

// The types that the deduction guides of `Learner` deduce from descriptions.

namespace GRADIVA_NAMESPACE::detail {

template <class D, class Distribution>
using LearnerActor = Actor<typename NetworkFor<D, typename Distribution::Scalar>::Type, Distribution>;

template <class D, class Scalar>
using LearnerCritic = Critic<typename NetworkFor<D, Scalar>::Type>;

template <class Space>
using LearnerDistribution = typename DistributionFor<Space, float>::Type;

/// The critic of a learner with one description for both networks: of a shared trunk, that of the actor's.
template <class D, class A>
struct CriticBeside {
    using Type = LearnerCritic<D, typename A::Scalar>;
};
template <class A>
struct CriticBeside<SharedTrunk, A> {
    using Type = SharedCritic<A>;
};

}  // namespace GRADIVA_NAMESPACE::detail
