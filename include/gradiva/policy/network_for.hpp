#pragma once

#include <concepts>

#include "gradiva/nn/mlp.hpp"
#include "gradiva/nn/module.hpp"

namespace GRADIVA_NAMESPACE {

/// Which network a description stands for: specialise it for a description of your own, whose network is then built as
/// `Type(inputs, outputs, description, rng, output_gain)`.
template <class Description, class Scalar>
struct NetworkFor;

template <class Scalar>
struct NetworkFor<Mlp, Scalar> {
    using Type = MlpNetwork<Scalar>;
};

/// What describes a network, such as `Mlp`: `NetworkFor` names the network that is built from it.
template <class D>
concept NetworkDescription = requires {
    typename NetworkFor<D, float>::Type;
};

namespace detail {

template <class D, class Scalar>
concept BuildsItsNetwork = std::constructible_from < typename NetworkFor<D, Scalar>::Type,
        Index, Index,
const D&, Rng, double > ;

/// One sentence for each rule of network descriptions that the type breaks, as a compile-time error.
template <class D, class Scalar>
consteval bool explain_network_description() {
    if constexpr (!NetworkDescription<D>) {
        static_assert(
            NetworkDescription<D>,
            "gradiva: this is no description of a network, such as Mlp: specialise gradiva::NetworkFor for it");
    } else {
        using Network = typename NetworkFor<D, Scalar>::Type;
        if constexpr (explain_module<Network>()) {
            static_assert(std::same_as<typename Network::Scalar, Scalar>,
                          "gradiva: NetworkFor<Description, Scalar> names a network of another Scalar");
        }
        static_assert(BuildsItsNetwork<D, Scalar>,
                      "gradiva: a network is built from its description as Type(Index inputs, Index outputs, const "
                      "Description&, Rng, double output_gain)");
        return BuildsItsNetwork<D, Scalar>;
    }
    return false;
}

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE
