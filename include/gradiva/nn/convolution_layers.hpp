#pragma once

#include <algorithm>
#include <cstddef>
#include <numbers>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/convolution_description.hpp"
#include "gradiva/nn/detail/layer_outputs.hpp"
#include "gradiva/nn/detail/parameter_names.hpp"
#include "gradiva/nn/image_layer.hpp"
#include "gradiva/nn/init.hpp"
#include "gradiva/nn/input_rows.hpp"
#include "gradiva/nn/mlp_layers.hpp"

namespace GRADIVA_NAMESPACE {

/// The layers that a `Convolution` describes: A_0 = X, its rows that are read, normalised where asked for,
/// A_l = f(W_l P(A_{l-1}) + b_l) for each convolution, and dense layers of the last of these (see `MlpLayers`). X is
/// inputs x batch, Y outputs x batch. Owns no parameters: those of `parameters` are W_1 (kernels x (ky, kx, channel),
/// column-major), b_1, W_2, b_2, ..., then those of the dense layers.
template <class ScalarT>
class ConvolutionLayers {
public:
    using Scalar = ScalarT;

    /// Of the description, for errors.
    static constexpr std::string_view name = "Convolution";

    /// In a forward pass a column has the same bits in a batch of any width.
    static constexpr bool column_by_column = true;

    /// The weights of each layer, packed by `pack` for the matrix products of passes until the parameters change.
    struct PackedWeights {
        std::vector<PackedDense<Scalar>> images;
        typename MlpLayers<Scalar>::PackedWeights dense;
    };

    /// What a forward pass stores for `backward` and `jvp`. One tape per shard; reusable for batches of any width.
    struct Tape : detail::LayerOutputs<Scalar> {
        typename InputRows<Scalar>::Tape input;  ///< A_0
        typename MlpLayers<Scalar>::Tape dense;
        MatrixBuffer<Scalar> scratch[2];  ///< derivatives or tangents of a layer's input and output, alternately
        Buffer<Scalar> patches;           ///< of some positions at a time
        const PackedWeights* packed = nullptr;

        void use_once() { dense.use_once(); }
        void use_packed(const PackedWeights& weights) {
            packed = &weights;
            dense.use_packed(weights.dense);
        }
        const PackedDense<Scalar>* packed_layer(std::size_t l) const { return packed ? &packed->images[l] : nullptr; }
    };

    /// `outputs` may be `features`. Throws `Error` where there is no shape, or one that is not that of the rows that
    /// are read, without a layer, and for a layer that does not fit its image.
    ConvolutionLayers(Index inputs, Index outputs, const Convolution& description)
        : activation_(description.activation), input_(name, inputs, description.inputs),
          layers_(detail::image_layers(description, input_.size())), dense_(layers_.back().outputs(), outputs,
                                                                            {.hidden = description.hidden,
                                                                             .activation = description.activation,
                                                                             .layer_norm = description.layer_norm},
                                                                            name) {
        if (description.normalize_observations) input_.normalize(layers_.front().shape.channels);
    }

    Index inputs() const { return input_.observed(); }
    Index outputs() const { return dense_.outputs(); }
    Index parameter_count() const { return dense_offset() + dense_.parameter_count(); }
    /// What parameter i belongs to, such as "convolution 1, weight (3, 2)", kernel and number of the patch.
    std::string parameter_name(Index i) const {
        if (i >= dense_offset()) return dense_.parameter_name(i - dense_offset());
        std::size_t l = layers_.size() - 1;
        while (i < layers_[l].weights.offset) --l;
        return fmt::format("convolution {}, {}", l, detail::name_of_parameter(layers_[l].weights, i));
    }
    /// The convolutions, from the first on; each says where its W and b lie in the parameters.
    std::span<const ImageLayer> layers() const { return layers_; }
    /// The layers behind them, whose parameters begin at `dense_offset()`.
    const MlpLayers<Scalar>& dense() const { return dense_; }
    Index dense_offset() const {
        const Dense& last = layers_.back().weights;
        return last.offset + last.parameter_count();
    }
    InputRows<Scalar>& input() { return input_; }
    const InputRows<Scalar>& input() const { return input_; }

    /// Sets weights to orthogonal matrices (`orthogonal_init`), those of convolutions as kernels x patch, of gain
    /// sqrt(2) in convolutions and hidden layers and `output_gain` in the output layer. Biases stay as they are.
    void initialise(std::span<Scalar> parameters, Rng& rng, double output_gain) const {
        for (const ImageLayer& layer : layers_) {
            orthogonal_init<Scalar>(layer.weights.weight(parameters), std::numbers::sqrt2, rng);
        }
        dense_.initialise(of_dense(parameters), rng, output_gain);
    }

    /// Packs the current weights (see `pack_weights`).
    void pack(std::span<const Scalar> parameters, PackedWeights& packed) const {
        packed.images.resize(layers_.size());
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            layers_[l].weights.template pack<Scalar>(parameters, l > 0, packed.images[l]);
        }
        dense_.pack(of_dense(parameters), packed.dense);
    }

    /// Y (outputs x batch) of X (inputs x batch), a view into the tape.
    ConstMatrixMap<Scalar> forward(std::span<const Scalar> parameters, const ConstMatrixRef<Scalar>& x,
                                   Tape& tape) const {
        input_.forward(x, tape.input);
        tape.output.resize(layers_.size());
        if (kernels::keeps_input(activation_)) tape.before.resize(layers_.size());
        for (std::size_t l = 0; l < layers_.size(); ++l) forward_image(parameters, l, tape);
        return dense_.forward(of_dense(parameters), std::as_const(tape.output.back()).matrix(), tape.dense);
    }

    /// Adds dL/dparameters to `gradient`.
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                  std::span<Scalar> gradient) const {
        backward_to_first_layer(parameters, tape, dy, gradient);
    }

    /// The same, and dX := dL/dX.
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixRef<Scalar>& dy,
                  std::span<Scalar> gradient, MatrixRef<Scalar> dx) const {
        const ConstMatrixMap<Scalar> dz = backward_to_first_layer(parameters, tape, dy, gradient);
        layers_.front().template input_gradient<Scalar>(parameters, dz, input_.rows_of(dx), tape.patches);
        input_.backward(tape.input, dx);
    }

    /// The tangent of Y, (dY/dparameters) v, outputs x batch, at the point of the last forward pass.
    ConstMatrixMap<Scalar> jvp(std::span<const Scalar> parameters, Tape& tape, std::span<const Scalar> v) const {
        ConstMatrixMap<Scalar> before{nullptr, 0, 0};
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            const MatrixMap<Scalar> tangent = scratch(tape, l);
            layers_[l].template jvp<Scalar>(parameters, v, input_of(l, tape), l > 0 ? &before : nullptr, tangent,
                                            tape.patches);
            kernels::multiply_by_derivative<Scalar>(activation_, tape.kept(activation_, l), tangent);
            rebind(before, as_const(tangent));
        }
        return dense_.jvp(of_dense(parameters), tape.dense, of_dense(v), &before);
    }

    bool normalizes() const { return input_.normalizer() != nullptr; }
    void merge_observations(std::span<const kernels::Moments> rows) { input_.merge_observations(rows); }

    void visit_state(State& state) {
        state.fixed("type", name);
        input_.visit_state(state);
        const kernels::ConvolutionShape& image = layers_.front().shape;
        state.fixed("shape", std::vector<Index>{image.height, image.width, image.channels});
        std::vector<Index> numbers;
        for (const ImageLayer& layer : layers_) {
            const auto& shape = layer.shape;
            numbers.insert(numbers.end(), {layer.weights.outputs, shape.kernel, shape.stride, shape.padding});
        }
        state.fixed("layers", numbers);
        state.fixed("activation", activation_);
        state("dense", dense_);
    }

private:
    template <class T>
    std::span<T> of_dense(std::span<T> flat) const {
        return part(flat, dense_offset(), dense_.parameter_count());
    }

    /// Storage for a derivative or tangent of A_l.
    MatrixMap<Scalar> scratch(Tape& tape, std::size_t l) const {
        tape.scratch[l % 2].resize(layers_[l].outputs(), tape.input.rows.cols());
        return tape.scratch[l % 2].matrix();
    }

    static ConstMatrixRef<Scalar> input_of(std::size_t l, const Tape& tape) {
        if (l == 0) return tape.input.rows;
        return tape.output[l - 1].matrix();
    }

    void forward_image(std::span<const Scalar> parameters, std::size_t l, Tape& tape) const {
        const ImageLayer& layer = layers_[l];
        const ConstMatrixRef<Scalar> x = input_of(l, tape);
        tape.output[l].resize(layer.outputs(), x.cols());
        tape.activate(
            activation_, l,
            [&](const MatrixMap<Scalar>& z) {
                layer.forward<Scalar>(parameters, x, z, tape.patches, tape.packed_layer(l));
            },
            [&](const MatrixMap<Scalar>& a) {
                layer.forward<Scalar>(parameters, activation_, x, a, tape.patches, tape.packed_layer(l));
            });
    }

    /// The backward pass down to the first convolution's gradient; returns dL/dZ of it, a view into the tape.
    ConstMatrixMap<Scalar> backward_to_first_layer(std::span<const Scalar> parameters, Tape& tape,
                                                   const ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient) const {
        std::size_t l = layers_.size() - 1;
        MatrixMap<Scalar> dz = scratch(tape, l);
        dense_.backward(of_dense(parameters), tape.dense, dy, of_dense(gradient), dz);
        for (;; --l) {
            kernels::multiply_by_derivative<Scalar>(activation_, tape.kept(activation_, l), dz);
            layers_[l].template add_gradient<Scalar>(as_const(dz), input_of(l, tape), gradient, tape.patches);
            if (l == 0) return as_const(dz);
            const MatrixMap<Scalar> da = scratch(tape, l - 1);
            layers_[l].template input_gradient<Scalar>(parameters, as_const(dz), da, tape.patches,
                                                       tape.packed_layer(l));
            rebind(dz, da);
        }
    }

    Activation activation_;
    InputRows<Scalar> input_;
    std::vector<ImageLayer> layers_;
    MlpLayers<Scalar> dense_;
};

}  // namespace GRADIVA_NAMESPACE
