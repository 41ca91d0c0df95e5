#pragma once

#include <string_view>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/recurrent/lstm_cell.hpp"
#include "gradiva/nn/layered_network.hpp"
#include "gradiva/nn/recurrent_description.hpp"
#include "gradiva/nn/recurrent_layers.hpp"

namespace GRADIVA_NAMESPACE {

/// The cell that `Lstm` describes.
struct LstmCell : kernels::LstmCell {
    using Description = Lstm;
    static constexpr std::string_view name = "Lstm";
};

/// The layers that `Lstm` describes, with the gates in the order i f g o.
template <class Scalar>
using LstmLayers = RecurrentLayers<Scalar, LstmCell>;

/// A long short-term memory with dense layers before and after it (see `RecurrentLayers`), described by `Lstm`. Models
/// `RecurrentModule` with jvp and input gradient.
template <class ScalarT>
class LstmNetwork : public LayeredNetwork<LstmLayers<ScalarT>> {
    using Base = LayeredNetwork<LstmLayers<ScalarT>>;

public:
    LstmNetwork(Index inputs, Index outputs, const Lstm& description, Rng rng, double output_gain = 1)
        : Base(inputs, outputs, description, rng, output_gain) {}

    void visit_state(State& state) { Base::visit_state(state); }
};

}  // namespace GRADIVA_NAMESPACE
