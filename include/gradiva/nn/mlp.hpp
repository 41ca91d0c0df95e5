#pragma once

#include <cstddef>
#include <numbers>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/contiguous.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/nn/dense.hpp"
#include "gradiva/nn/init.hpp"
#include "gradiva/nn/layer_norm.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/nn/normalizer.hpp"

namespace GRADIVA_NAMESPACE {

/// Description of a multilayer perceptron. The numbers of inputs and outputs follow from where it is used.
struct Mlp {
    std::vector<Index> hidden = {64, 64};      ///< units of each hidden layer, each at least 1; none is a linear map
    Activation activation = Activation::tanh;  ///< after every hidden layer; the output is linear
    bool layer_norm = false;                   ///< normalise each hidden layer's units before its activation
    bool normalize_observations = false;       ///< normalise inputs by their running moments (see `Normalizer`)
};

/// A multilayer perceptron: A_0 = X, normalised where asked for, A_l = f(W_l A_{l-1} + b_l), Y = W_L A_{L-1} + b_L.
/// X is inputs x batch, Y outputs x batch. Flat parameters: W_1 (column-major), b_1, W_2, b_2, ... Models `Module` with
/// jvp and input gradient.
///
/// With `layer_norm`, A_l = f(gain_l * normalised(W_l A_{l-1} + b_l) + shift_l) for l < L, and each hidden layer's b is
/// followed by its gain and shift (see `LayerNorm`). Source: Gallici et al., "Simplifying Deep Temporal Difference
/// Learning", 2024.
template <class ScalarT>
class MlpNetwork {
public:
    using Scalar = ScalarT;

    /// In a forward pass a column has the same bits in a batch of any width.
    static constexpr bool column_by_column = true;

    /// The weights of each layer, packed by `pack` for the matrix products of passes until the parameters change.
    using PackedWeights = std::vector<PackedDense<Scalar>>;

    /// What a forward pass stores for `backward` and `jvp`. One tape per shard; reusable for batches of any width.
    struct Tape {
        ConstMatrixMap<Scalar> input{nullptr, 0, 0};  ///< A_0
        MatrixBuffer<Scalar> normalized;              ///< storage of A_0 with a normaliser
        MatrixBuffer<Scalar> dense_input, dense_dy;   ///< copies of X and dY where their columns have gaps
        std::vector<MatrixBuffer<Scalar>> output;     ///< A_1, ..., A_{L-1}, Y
        std::vector<MatrixBuffer<Scalar>> before;     ///< Z_1, ..., Z_{L-1} where f' needs them, A_l = f(Z_l)
        std::vector<LayerNorm::Tape<Scalar>> norm;
        MatrixBuffer<Scalar> scratch[2];  ///< derivatives or tangents of a layer's input and output, alternately
        bool single_use = false;
        const PackedWeights* packed = nullptr;

        void use_once() { single_use = true; }
        void use_packed(const PackedWeights& weights) { packed = &weights; }
        const PackedDense<Scalar>* packed_layer(std::size_t l) const { return packed ? &(*packed)[l] : nullptr; }
    };

    /// Initialises weights to orthogonal matrices (`orthogonal_init`) of gain sqrt(2) in hidden layers and
    /// `output_gain` in the last, biases and shifts to 0, and gains of layer normalisation to 1. Throws `Error` when
    /// `inputs`, `outputs` or the size of a hidden layer is below 1.
    MlpNetwork(Index inputs, Index outputs, const Mlp& description, Rng rng, double output_gain = 1)
        : activation_(description.activation) {
        require(inputs >= 1, "MlpNetwork: inputs is {}; give at least 1 input", inputs);
        require(outputs >= 1, "MlpNetwork: outputs is {}; give at least 1 output", outputs);
        Index width = inputs;
        Index offset = 0;
        const auto add_layer = [&](Index units) {
            layers_.push_back({width, units, offset});
            offset += layers_.back().parameter_count();
            width = units;
        };
        for (std::size_t i = 0; i < description.hidden.size(); ++i) {
            require(description.hidden[i] >= 1, "Mlp: hidden[{}] is {}; give every hidden layer at least 1 unit", i,
                    description.hidden[i]);
            add_layer(description.hidden[i]);
            if (!description.layer_norm) continue;
            norms_.push_back({width, offset});
            offset += norms_.back().parameter_count();
        }
        add_layer(outputs);
        parameters_.resize(offset);
        for (const Dense& layer : layers_) {
            const double gain = &layer == &layers_.back() ? output_gain : std::numbers::sqrt2;
            orthogonal_init<Scalar>(layer.weight(parameters()), gain, rng);
        }
        for (const LayerNorm& norm : norms_) norm.gain(parameters()).setOnes();
        if (description.normalize_observations) normalizer_.emplace(inputs);
    }

    /// The normaliser of the inputs; null unless the description asks for one. Its moments are not parameters.
    Normalizer<Scalar>* normalizer() { return normalizer_ ? &*normalizer_ : nullptr; }
    const Normalizer<Scalar>* normalizer() const { return normalizer_ ? &*normalizer_ : nullptr; }

    Index inputs() const { return layers_.front().inputs; }
    Index outputs() const { return layers_.back().outputs; }
    const Dense& output_layer() const { return layers_.back(); }
    /// The layers, from the first to the output layer; each says where its W and b lie in `parameters()`.
    std::span<const Dense> layers() const { return layers_; }
    bool has_layer_norm() const { return !norms_.empty(); }
    std::span<Scalar> parameters() { return parameters_.span(); }
    std::span<const Scalar> parameters() const { return parameters_.span(); }
    void append_parameters(Index count) { parameters_.resize(parameters_.size() + count); }

    /// Packs the current weights (see `pack_weights`).
    void pack(PackedWeights& packed) const {
        packed.resize(layers_.size());
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            layers_[l].template pack<Scalar>(parameters(), l > 0, packed[l]);
        }
    }

    /// Y (outputs x batch) of X (inputs x batch), a view into the tape.
    ConstMatrixMap<Scalar> forward(const ConstMatrixRef<Scalar>& x, Tape& tape) const {
        GRADIVA_ASSERT(x.rows() == inputs());
        rebind(tape.input, first_input(x, tape));
        tape.output.resize(layers_.size());
        tape.norm.resize(norms_.size());
        if (kernels::keeps_input(activation_)) tape.before.resize(layers_.size() - 1);
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            tape.output[l].resize(layers_[l].outputs, x.cols());
            if (l + 1 < layers_.size()) forward_hidden(l, tape);
        }
        const std::size_t last = layers_.size() - 1;
        layers_[last].template forward<Scalar>(parameters(), input_of(last, tape), tape.output[last].matrix(),
                                               tape.packed_layer(last));
        return std::as_const(tape.output.back()).matrix();
    }

    /// Adds dL/dparameters to `gradient`.
    void backward(Tape& tape, ConstMatrixRef<Scalar> dy, std::span<Scalar> gradient) const {
        backward_to_first_layer(tape, dy, gradient);
    }

    /// The same, and dX := dL/dX.
    void backward(Tape& tape, ConstMatrixRef<Scalar> dy, std::span<Scalar> gradient, MatrixRef<Scalar> dx) const {
        const ConstMatrixMap<Scalar> dz = backward_to_first_layer(tape, dy, gradient);
        layers_.front().template input_gradient<Scalar>(parameters(), dz, dx);
        if (normalizer_) normalizer_->backward(tape.normalized.matrix(), dx);
    }

    /// The tangent of Y, (dY/dparameters) v, outputs x batch, at the point of the last forward pass.
    ConstMatrixMap<Scalar> jvp(Tape& tape, std::span<const Scalar> v) const {
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const Dense& layer = layers_[l];
            MatrixBuffer<Scalar>& buffer = tape.scratch[l % 2];
            buffer.resize(layer.outputs, tape.input.cols());
            MatrixMap<Scalar> tangent = buffer.matrix();
            const ConstMatrixMap<Scalar> before = std::as_const(tape.scratch[(l + 1) % 2]).matrix();
            layer.jvp<Scalar>(parameters(), v, input_of(l, tape), l > 0 ? &before : nullptr, tangent);
            if (l + 1 == layers_.size()) break;
            if (!norms_.empty()) norms_[l].template jvp<Scalar>(parameters(), v, tape.norm[l], tangent);
            kernels::multiply_by_derivative<Scalar>(activation_, kept_of(l, tape), tangent);
        }
        return std::as_const(tape.scratch[(layers_.size() + 1) % 2]).matrix();
    }

    void visit_state(State& state) {
        state.fixed("type", "Mlp");
        std::vector<Index> widths{inputs()};
        for (const Dense& layer : layers_) widths.push_back(layer.outputs);
        state.fixed("widths", widths);
        state.fixed("activation", activation_);
        state.fixed("layer_norm", !norms_.empty());
        state.fixed("normalize_observations", normalizer_.has_value());
        state("parameters", parameters());
        if (normalizer_) state("normalizer", *normalizer_);
    }

private:
    ConstMatrixMap<Scalar> first_input(const ConstMatrixRef<Scalar>& x, Tape& tape) const {
        if (!normalizer_) return contiguous<Scalar>(x, tape.dense_input);
        tape.normalized.resize(x.rows(), x.cols());
        normalizer_->forward(x, tape.normalized.matrix());
        return std::as_const(tape.normalized).matrix();
    }

    static ConstMatrixMap<Scalar> input_of(std::size_t layer, const Tape& tape) {
        return layer == 0 ? tape.input : tape.output[layer - 1].matrix();
    }

    /// What `multiply_by_derivative` needs of a hidden layer.
    ConstMatrixMap<Scalar> kept_of(std::size_t layer, const Tape& tape) const {
        return (kernels::keeps_input(activation_) ? tape.before : tape.output)[layer].matrix();
    }

    /// A_l of the hidden layer `l`, whose storage has its size.
    void forward_hidden(std::size_t l, Tape& tape) const {
        const MatrixMap<Scalar> a = tape.output[l].matrix();
        if (kernels::keeps_input(activation_)) {
            tape.before[l].resize(a.rows(), a.cols());
            const MatrixMap<Scalar> z = tape.before[l].matrix();
            forward_linear(l, tape, z);
            if (!norms_.empty()) kernels::add_bias<Scalar>(norms_[l].shift(parameters()), z);
            kernels::activate_to<Scalar>(activation_, z, a);
        } else if (norms_.empty()) {
            layers_[l].template forward<Scalar>(parameters(), activation_, input_of(l, tape), a, tape.packed_layer(l));
        } else {
            forward_linear(l, tape, a);
            kernels::add_bias_and_activate<Scalar>(activation_, norms_[l].shift(parameters()), a);
        }
    }

    /// W_l A_{l-1} + b_l of a hidden layer; with layer normalisation normalised, but for the shift.
    void forward_linear(std::size_t l, Tape& tape, const MatrixMap<Scalar>& z) const {
        layers_[l].template forward<Scalar>(parameters(), input_of(l, tape), z, tape.packed_layer(l));
        if (!norms_.empty()) norms_[l].template forward<Scalar>(parameters(), z, tape.norm[l]);
    }

    /// Storage for the derivative by a layer's input: the input itself where it may be overwritten, else a scratch
    /// buffer.
    MatrixMap<Scalar> storage_of_derivative(std::size_t layer, Tape& tape) const {
        MatrixBuffer<Scalar>& input = tape.output[layer - 1];
        const bool is_read_later = !kernels::is_fused(activation_) && !kernels::keeps_input(activation_);
        if (tape.single_use && !is_read_later && layers_[layer].template may_overwrite_input<Scalar>()) {
            return input.matrix();
        }
        MatrixBuffer<Scalar>& scratch = tape.scratch[layer % 2];
        scratch.resize(input.rows(), input.cols());
        return scratch.matrix();
    }

    /// The backward pass down to the first layer's gradient; returns dL/dZ of that layer, a view into the tape, or of
    /// dY where there is one layer.
    ConstMatrixMap<Scalar> backward_to_first_layer(Tape& tape, const ConstMatrixRef<Scalar>& dy,
                                                   std::span<Scalar> gradient) const {
        GRADIVA_ASSERT(dy.rows() == outputs() && dy.cols() == tape.input.cols());
        GRADIVA_ASSERT(gradient.size() == parameters().size());
        ConstMatrixMap<Scalar> dz = contiguous<Scalar>(dy, tape.dense_dy);
        for (std::size_t l = layers_.size() - 1; l > 0; --l) {
            MatrixMap<Scalar> da = storage_of_derivative(l, tape);
            if (kernels::is_fused(activation_)) {
                layers_[l].template backward<Scalar>(parameters(), activation_, dz, input_of(l, tape), gradient, da,
                                                     tape.packed_layer(l));
            } else {
                layers_[l].template backward<Scalar>(parameters(), dz, input_of(l, tape), gradient, da,
                                                     tape.packed_layer(l));
                kernels::multiply_by_derivative<Scalar>(activation_, kept_of(l - 1, tape), da);
            }
            if (!norms_.empty()) {
                norms_[l - 1].template backward<Scalar>(parameters(), tape.norm[l - 1], da, gradient);
            }
            rebind(dz, as_const(da));
        }
        layers_.front().template add_gradient<Scalar>(dz, tape.input, gradient);
        return dz;
    }

    Activation activation_;
    std::vector<Dense> layers_;
    std::optional<Normalizer<Scalar>> normalizer_;
    std::vector<LayerNorm> norms_;  // of the hidden layers; empty without normalisation
    Buffer<Scalar> parameters_;
};

}  // namespace GRADIVA_NAMESPACE
