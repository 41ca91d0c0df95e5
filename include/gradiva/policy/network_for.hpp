#pragma once

#include <concepts>

#include "gradiva/nn/convolution.hpp"
#include "gradiva/nn/explain_module.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/join.hpp"
#include "gradiva/nn/lstm.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/nn/recurrent_module.hpp"

namespace GRADIVA_NAMESPACE {

/// Maps a network description to its network: `Type` is a `Module` of the scalar type, constructed as
/// `Type(inputs, outputs, description, rng, output_gain)`. Specialise it for descriptions of your own.
template <class Description, class Scalar>
struct NetworkFor;

template <class Scalar>
struct NetworkFor<Mlp, Scalar> {
    using Type = MlpNetwork<Scalar>;
};

template <class Scalar>
struct NetworkFor<Convolution, Scalar> {
    using Type = ConvolutionNetwork<Scalar>;
};

template <class Scalar>
struct NetworkFor<Join, Scalar> {
    using Type = JoinNetwork<Scalar>;
};

template <class Scalar>
struct NetworkFor<Gru, Scalar> {
    using Type = GruNetwork<Scalar>;
};

template <class Scalar>
struct NetworkFor<Lstm, Scalar> {
    using Type = LstmNetwork<Scalar>;
};

/// A description of a network, such as `Mlp`: a type for which `NetworkFor` is specialised.
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
        if constexpr (explain_network<Network>()) {
            static_assert(std::same_as<typename Network::Scalar, Scalar>,
                          "gradiva: NetworkFor<Description, Scalar> names a network of another Scalar");
            static_assert(BuildsItsNetwork<D, Scalar>,
                          "gradiva: a network is built from its description as Type(Index inputs, Index outputs, const "
                          "Description&, Rng, double output_gain)");
            return BuildsItsNetwork<D, Scalar>;
        }
    }
    return false;
}

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE
