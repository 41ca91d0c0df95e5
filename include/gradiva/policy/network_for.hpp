#pragma once

#include "gradiva/nn/mlp.hpp"

namespace gradiva {

/// Which network a description stands for: specialise it for a description of your own, whose network is then built as
/// `Type(inputs, outputs, description, rng, output_gain)`.
template <class Description, class Scalar>
struct NetworkFor;

template <class Scalar>
struct NetworkFor<Mlp, Scalar> {
    using Type = MlpNetwork<Scalar>;
};

template <class D>
concept NetworkDescription = requires {
    typename NetworkFor<D, float>::Type;
};

}  // namespace gradiva
