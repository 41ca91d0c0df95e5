#pragma once

#include "gradiva/core/state.hpp"
#include "gradiva/nn/any_layers.hpp"
#include "gradiva/nn/join_layers.hpp"
#include "gradiva/nn/layered_network.hpp"

namespace GRADIVA_NAMESPACE {

/// Several networks over their own rows of the observation, with dense layers behind them, described by `Join`. Models
/// `Module` with jvp and input gradient.
template <class ScalarT>
class JoinNetwork : public LayeredNetwork<JoinLayers<ScalarT>> {
    using Base = LayeredNetwork<JoinLayers<ScalarT>>;

public:
    JoinNetwork(Index inputs, Index outputs, const Join& description, Rng rng, double output_gain = 1)
        : Base(inputs, outputs, description, rng, output_gain) {}

    void visit_state(State& state) { Base::visit_state(state); }
};

}  // namespace GRADIVA_NAMESPACE
