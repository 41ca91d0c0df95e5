#pragma once

#include <utility>

#include "gradiva/distributions/distribution.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/nn/recurrent_module.hpp"
#include "gradiva/policy/distribution_for.hpp"
#include "gradiva/policy/network_for.hpp"

// The types that the deduction guides of `Actor(...)` and `Critic(...)` deduce from the arguments. Where an argument
// does not fit there is no type, and a static_assert says why; in a deduction guide it precedes the compiler's own
// errors.

namespace GRADIVA_NAMESPACE::detail {

template <class V, class D>
consteval bool explain_critic() {
    if constexpr (explain_vector_env<V>()) return explain_network_description<D, float>();
    return false;
}

template <class V, class D>
consteval bool explain_actor() {
    if constexpr (HasTape<V> && !HasVectorSizes<V>) {  // the constructor from a network: another guide deduces it
        if constexpr (explain_network<V>()) explain_distribution<D>();
        return false;
    } else if constexpr (!explain_vector_env<V>()) {
        return false;
    } else if constexpr (Distribution<D>) {
        static_assert(!Distribution<D>,
                      "gradiva: Actor(envs, network, distribution): a description of the network, such as Mlp, is "
                      "missing before the distribution");
        return false;
    } else {
        return explain_network_description<D, float>();
    }
}

template <class V, class D, class DistributionT>
consteval bool explain_actor_with() {
    if constexpr (!explain_vector_env<V>()) {
        return false;
    } else if constexpr (!explain_distribution<DistributionT>()) {
        return false;
    } else {
        return explain_network_description<D, typename DistributionT::Scalar>();
    }
}

template <class V, class D, bool fits = explain_critic<V, D>()>
struct CriticParts {};
template <class V, class D>
struct CriticParts<V, D, true> {
    using Network = typename NetworkFor<D, float>::Type;
};

template <class V, class D, bool fits = explain_actor<V, D>()>
struct ActorParts {};
template <class V, class D>
struct ActorParts<V, D, true> {
    using Network = typename NetworkFor<D, float>::Type;
    using Distribution = typename DistributionFor<decltype(std::declval<const V&>().action_space()), float>::Type;
};

template <class V, class D, class DistributionT, bool fits = explain_actor_with<V, D, DistributionT>()>
struct ActorPartsWith {};
template <class V, class D, class DistributionT>
struct ActorPartsWith<V, D, DistributionT, true> {
    using Network = typename NetworkFor<D, typename DistributionT::Scalar>::Type;
};

}  // namespace GRADIVA_NAMESPACE::detail
