#pragma once

#include "gradiva/core/state.hpp"
#include "gradiva/nn/convolution_layers.hpp"
#include "gradiva/nn/layered_network.hpp"

namespace GRADIVA_NAMESPACE {

/// Convolutions of an image with dense layers behind them (see `ConvolutionLayers`), described by `Convolution`. Models
/// `Module` with jvp and input gradient.
template <class ScalarT>
class ConvolutionNetwork : public LayeredNetwork<ConvolutionLayers<ScalarT>> {
    using Base = LayeredNetwork<ConvolutionLayers<ScalarT>>;

public:
    ConvolutionNetwork(Index inputs, Index outputs, const Convolution& description, Rng rng, double output_gain = 1)
        : Base(inputs, outputs, description, rng, output_gain) {}

    void visit_state(State& state) { Base::visit_state(state); }
};

}  // namespace GRADIVA_NAMESPACE
