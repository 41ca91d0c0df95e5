#pragma once

#include <span>

#include "gradiva/core/state.hpp"
#include "gradiva/nn/layered_network.hpp"
#include "gradiva/nn/mlp_layers.hpp"

namespace GRADIVA_NAMESPACE {

/// A multilayer perceptron (see `MlpLayers`), described by `Mlp`. Models `Module` with jvp and input gradient.
template <class ScalarT>
class MlpNetwork : public LayeredNetwork<MlpLayers<ScalarT>> {
    using Base = LayeredNetwork<MlpLayers<ScalarT>>;

public:
    using Scalar = ScalarT;

    MlpNetwork(Index inputs, Index outputs, const Mlp& description, Rng rng, double output_gain = 1)
        : Base(inputs, outputs, description, rng, output_gain) {}

    /// The normaliser of the rows that it reads; null unless the description asks for one. Its moments are not
    /// parameters.
    Normalizer<Scalar>* normalizer() { return this->layers_.input().normalizer(); }
    const Normalizer<Scalar>* normalizer() const { return this->layers_.input().normalizer(); }

    /// The layers, from the first to the output layer; each says where its W and b lie in `parameters()`.
    std::span<const Dense> layers() const { return this->layers_.layers(); }
    bool has_layer_norm() const { return this->layers_.has_layer_norm(); }

    void visit_state(State& state) { Base::visit_state(state); }
};

}  // namespace GRADIVA_NAMESPACE
