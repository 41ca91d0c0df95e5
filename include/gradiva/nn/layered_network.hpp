#pragma once

#include <span>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/nn/sequences.hpp"

namespace GRADIVA_NAMESPACE {

/// A network: layers, such as `MlpLayers`, and the flat parameters that they read. Models `Module`, or with layers that
/// have a memory `RecurrentModule`, with jvp and input gradient.
template <class LayersT>
class LayeredNetwork {
public:
    using Layers = LayersT;
    using Scalar = typename Layers::Scalar;
    using Tape = typename Layers::Tape;
    using PackedWeights = typename Layers::PackedWeights;

    static constexpr bool column_by_column = Layers::column_by_column;

    /// Builds the described layers with initial parameters: weights are orthogonal matrices (`orthogonal_init`) of gain
    /// sqrt(2) in hidden layers and `output_gain` in the last, biases 0. Throws `Error` when `outputs` is below 1, and
    /// for what the description refuses.
    template <class Description>
    LayeredNetwork(Index inputs, Index outputs, const Description& description, Rng rng, double output_gain = 1)
        : layers_(inputs, outputs, description) {
        require(outputs >= 1, "{}: the network has {} outputs; give at least 1 output", Layers::name, outputs);
        parameters_.resize(layers_.parameter_count());
        layers_.initialise(parameters(), rng, output_gain);
    }

    /// Takes given layers; all parameters are 0.
    explicit LayeredNetwork(Layers layers) : layers_(std::move(layers)) {
        parameters_.resize(layers_.parameter_count());
    }

    Index inputs() const { return layers_.inputs(); }
    Index outputs() const { return layers_.outputs(); }
    const Layers& structure() const { return layers_; }
    std::span<Scalar> parameters() { return parameters_.span(); }
    std::span<const Scalar> parameters() const { return parameters_.span(); }
    void append_parameters(Index count) { parameters_.resize(parameters_.size() + count); }
    /// What parameter i belongs to, such as "layer 1, weight (3, 2)", row and column, or "layer 1, bias 3".
    std::string parameter_name(Index i) const {
        const Index own = layers_.parameter_count();
        return i < own ? layers_.parameter_name(i) : fmt::format("appended parameter {}", i - own);
    }

    /// Packs the current weights (see `pack_weights`).
    void pack(PackedWeights& packed) const { layers_.pack(parameters(), packed); }

    // See `Module`, and `RecurrentModule` for the members of layers with memory.

    ConstMatrixMap<Scalar> forward(const ConstMatrixRef<Scalar>& x, Tape& tape) const requires(!HasMemory<LayersT>) {
        return layers_.forward(parameters(), x, tape);
    }
    // Templates, as Clang 14 would instantiate others with the class, whatever they require.
    template <HasMemory = LayersT>
    ConstMatrixMap<Scalar> forward(const ConstMatrixRef<Scalar>& x, const Sequences<Scalar>& sequences,
                                   Tape& tape) const {
        return layers_.forward(parameters(), x, sequences, tape);
    }
    template <HasMemory = LayersT>
    Index state_size() const {
        return layers_.state_size();
    }
    template <HasMemory = LayersT>
    ConstMatrixMap<Scalar> state_after(const Tape& tape, Index t) const {
        return layers_.state_after(tape, t);
    }
    void backward(Tape& tape, const ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient) const {
        GRADIVA_ASSERT(gradient.size() == parameters().size());
        layers_.backward(parameters(), tape, dy, gradient);
    }
    void backward(Tape& tape, const ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient,
                  MatrixRef<Scalar> dx) const {
        GRADIVA_ASSERT(gradient.size() == parameters().size());
        layers_.backward(parameters(), tape, dy, gradient, dx);
    }
    ConstMatrixMap<Scalar> jvp(Tape& tape, std::span<const Scalar> v) const {
        return layers_.jvp(parameters(), tape, v);
    }

    bool normalizes() const { return layers_.normalizes(); }
    void merge_observations(std::span<const kernels::Moments> rows) { layers_.merge_observations(rows); }

    void visit_state(State& state) {
        layers_.visit_state(state);
        state("parameters", parameters());
    }

protected:
    Layers layers_;

private:
    Buffer<Scalar> parameters_;
};

}  // namespace GRADIVA_NAMESPACE
