#pragma once

#include <string_view>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/recurrent/gru_cell.hpp"
#include "gradiva/nn/layered_network.hpp"
#include "gradiva/nn/recurrent_description.hpp"
#include "gradiva/nn/recurrent_layers.hpp"

namespace GRADIVA_NAMESPACE {

/// The cell that `Gru` describes.
struct GruCell : kernels::GruCell {
    using Description = Gru;
    static constexpr std::string_view name = "Gru";
};

/// The layers that `Gru` describes, with the gates in the order r z n.
template <class Scalar>
using GruLayers = RecurrentLayers<Scalar, GruCell>;

/// A gated recurrent unit with dense layers before and after it (see `RecurrentLayers`), described by `Gru`. Models
/// `RecurrentModule` with jvp and input gradient.
template <class ScalarT>
class GruNetwork : public LayeredNetwork<GruLayers<ScalarT>> {
    using Base = LayeredNetwork<GruLayers<ScalarT>>;

public:
    GruNetwork(Index inputs, Index outputs, const Gru& description, Rng rng, double output_gain = 1)
        : Base(inputs, outputs, description, rng, output_gain) {}

    void visit_state(State& state) { Base::visit_state(state); }
};

}  // namespace GRADIVA_NAMESPACE
