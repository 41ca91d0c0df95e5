#pragma once

#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/distribution_for.hpp"
#include "gradiva/policy/network_for.hpp"
#include "gradiva/policy/shared_trunk.hpp"

// The types that the deduction guides of `Learner` deduce from descriptions.

namespace GRADIVA_NAMESPACE::detail {

template <class Description, class Distribution>
using LearnerActor = Actor<typename NetworkFor<Description, typename Distribution::Scalar>::Type, Distribution>;

template <class Description, class Scalar>
using LearnerCritic = Critic<typename NetworkFor<Description, Scalar>::Type>;

template <class Space>
using LearnerDistribution = typename DistributionFor<Space, float>::Type;

/// The critic of a learner with one description for both networks: of a shared trunk, that of the actor's.
template <class Description, class A>
struct CriticBeside {
    using Type = LearnerCritic<Description, typename A::Scalar>;
};
template <class A>
struct CriticBeside<SharedTrunk, A> {
    using Type = SharedCritic<A>;
};

}  // namespace GRADIVA_NAMESPACE::detail
