#pragma once

#include <cstddef>
#include <numbers>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/dense.hpp"
#include "gradiva/nn/detail/parameter_names.hpp"
#include "gradiva/nn/init.hpp"
#include "gradiva/nn/input_rows.hpp"
#include "gradiva/nn/layer_norm.hpp"
#include "gradiva/nn/mlp_description.hpp"

namespace GRADIVA_NAMESPACE {

/// Which layers a multilayer perceptron has, what they read, and where their parameters lie in a flat span, of which it
/// owns none: W_1 (column-major), b_1, W_2, b_2, ... With layer normalisation each hidden layer's b is followed by its
/// gain and shift (see `LayerNorm`). The passes are those of `MlpLayers`.
template <class ScalarT>
class MlpStructure {
public:
    using Scalar = ScalarT;

    /// Of the description, for errors.
    static constexpr std::string_view name = "Mlp";

    /// The weights of each layer, packed by `pack` for the matrix products of passes until the parameters change.
    using PackedWeights = std::vector<PackedDense<Scalar>>;

    /// `outputs` may be `features`. Throws an `Error` that begins with `who` when `inputs` or the size of a hidden
    /// layer is below 1, and where the description reads rows that do not exist.
    MlpStructure(Index inputs, Index outputs, const Mlp& description, std::string_view who = name)
        : activation_(description.activation), input_(who, inputs, description.inputs), outputs_(input_.size()) {
        if (description.normalize_observations) input_.normalize(input_.size());
        for (std::size_t i = 0; i < description.hidden.size(); ++i) {
            require(description.hidden[i] >= 1, "{}: hidden[{}] is {}; give every hidden layer at least 1 unit", who, i,
                    description.hidden[i]);
            add_layer(description.hidden[i]);
            if (!description.layer_norm) continue;
            norms_.push_back({outputs_, parameter_count_});
            parameter_count_ += norms_.back().parameter_count();
        }
        hidden_ = layers_.size();
        if (outputs != features) add_layer(outputs);
    }

    Index inputs() const { return input_.observed(); }
    Index outputs() const { return outputs_; }
    Index parameter_count() const { return parameter_count_; }
    /// What parameter i belongs to, such as "layer 1, weight (3, 2)", row and column, or "layer 1, bias 3".
    std::string parameter_name(Index i) const { return detail::name_of_parameter(std::span(layers_), norms_, i); }
    /// The layers, from the first to the output layer; each says where its W and b lie in the parameters.
    std::span<const Dense> layers() const { return layers_; }
    bool has_layer_norm() const { return !norms_.empty(); }
    InputRows<Scalar>& input() { return input_; }
    const InputRows<Scalar>& input() const { return input_; }

    /// Sets weights to orthogonal matrices (`orthogonal_init`) of gain sqrt(2) in hidden layers and `output_gain` in
    /// the output layer, and gains of layer normalisation to 1. Biases and shifts stay as they are.
    void initialise(std::span<Scalar> parameters, Rng& rng, double output_gain) const {
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const double gain = l < hidden_ ? std::numbers::sqrt2 : output_gain;
            orthogonal_init<Scalar>(layers_[l].weight(parameters), gain, rng);
        }
        for (const LayerNorm& norm : norms_) norm.gain(parameters).setOnes();
    }

    /// Packs the current weights (see `pack_weights`).
    void pack(std::span<const Scalar> parameters, PackedWeights& packed) const {
        packed.resize(layers_.size());
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            layers_[l].template pack<Scalar>(parameters, l > 0, packed[l]);
        }
    }

    bool normalizes() const { return input_.normalizer() != nullptr; }
    void merge_observations(std::span<const kernels::Moments> rows) { input_.merge_observations(rows); }

    void visit_state(State& state) {
        state.fixed("type", name);
        input_.visit_state(state);
        std::vector<Index> widths{input_.size()};
        for (const Dense& layer : layers_) widths.push_back(layer.outputs);
        state.fixed("widths", widths);
        state.fixed("output_layer", layers_.size() > hidden_);
        state.fixed("activation", activation_);
        state.fixed("layer_norm", !norms_.empty());
    }

protected:
    Activation activation_;
    InputRows<Scalar> input_;
    Index outputs_;  // of the last layer; those of the input before there is one
    Index parameter_count_ = 0;
    std::size_t hidden_ = 0;  // layers that are hidden: all but the output layer
    std::vector<Dense> layers_;
    std::vector<LayerNorm> norms_;  // of the hidden layers; empty without normalisation

private:
    void add_layer(Index units) {
        layers_.push_back({outputs_, units, parameter_count_});
        parameter_count_ += layers_.back().parameter_count();
        outputs_ = units;
    }
};

}  // namespace GRADIVA_NAMESPACE
