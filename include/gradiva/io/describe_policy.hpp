#pragma once

#include "gradiva/core/namespace.hpp"

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "gradiva/core/state_image.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/io/detail/any_distribution.hpp"
#include "gradiva/io/detail/described_policy.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/nn/any_layers.hpp"
#include "gradiva/nn/any_recurrent_layers.hpp"
#include "gradiva/nn/convolution.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/join.hpp"
#include "gradiva/nn/layered_network.hpp"
#include "gradiva/nn/lstm.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/check_fit.hpp"
#include "gradiva/policy/shared_trunk.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class Network>
inline constexpr bool is_described_network = false;
template <class Scalar>
inline constexpr bool is_described_network<MlpNetwork<Scalar>> = true;
template <class Scalar>
inline constexpr bool is_described_network<ConvolutionNetwork<Scalar>> = true;
template <class Scalar>
inline constexpr bool is_described_network<JoinNetwork<Scalar>> = true;
template <class Scalar>
inline constexpr bool is_described_network<TrunkNetwork<Scalar>> = true;
template <class Scalar>
inline constexpr bool is_described_network<GruNetwork<Scalar>> = true;
template <class Scalar>
inline constexpr bool is_described_network<LstmNetwork<Scalar>> = true;
template <class Scalar>
inline constexpr bool is_described_network<LayeredNetwork<AnyLayers<Scalar>>> = true;  // of a saved policy
template <class Scalar>
inline constexpr bool is_described_network<LayeredNetwork<AnyRecurrentLayers<Scalar>>> = true;

template <class D, class Variant>
inline constexpr bool is_alternative = false;
template <class D, class... Alternatives>
inline constexpr bool is_alternative<D, std::variant<Alternatives...>> = (std::same_as<D, Alternatives> || ...);

template <class D>
inline constexpr bool is_described_distribution =
    is_alternative<D, typename AnyDistribution<typename D::Scalar>::Chosen> ||
    std::same_as<D, AnyDistribution<typename D::Scalar>>;

/// One sentence for an actor that cannot be described, as a compile-time error.
template <class A>
consteval bool explain_described() {
    if constexpr (!requires(const A& actor) {
                      actor.network();
                      actor.distribution();
                  }) {
        static_assert(!std::same_as<A, A>, "gradiva: only an Actor can be saved as a policy or exported");
        return false;
    } else {
        using Network = std::remove_cvref_t<decltype(std::declval<const A&>().network())>;
        using D = std::remove_cvref_t<decltype(std::declval<const A&>().distribution())>;
        static_assert(is_described_network<Network>,
                      "gradiva: an actor that is saved as a policy or exported has a network of the library, such as "
                      "Mlp, Convolution, Join, SharedTrunk, Gru or Lstm; one of your own, and a RecurrentTrunk, is "
                      "saved with the training, by Checkpoint");
        static_assert(is_described_distribution<D>,
                      "gradiva: an actor that is saved as a policy or exported has a distribution of the library; one "
                      "of your own is saved with the training, by Checkpoint");
        return is_described_network<Network> && is_described_distribution<D>;
    }
}

/// A copy of the actor that has the spaces of `envs`.
template <class A, VectorEnv V>
A with_spaces_of(const char* who, const A& actor, const V& envs) {
    check_fit(who, actor, envs);
    A copy = actor;
    copy.set_spaces(spaces_of(envs));
    return copy;
}

}  // namespace detail

/// A policy of the library's own networks and distributions as plain numbers. Throws `Error` where the actor was not
/// built from environments (then give them too), or has weights that are not finite.
template <class A>
PolicyDescription describe_policy(const A& actor) {
    static_assert(detail::explain_described<A>());
    A copy = actor;  // to visit an object may change it
    StateImage image;
    StateWriter writer(image);
    writer.within("actor", [&] { copy.visit_state(writer); });
    return detail::described_policy("describe_policy", image, "actor");
}
template <class A, VectorEnv V>
PolicyDescription describe_policy(const A& actor, const V& envs) {
    static_assert(detail::explain_described<A>());
    return describe_policy(detail::with_spaces_of("describe_policy", actor, envs));
}

}  // namespace GRADIVA_NAMESPACE
