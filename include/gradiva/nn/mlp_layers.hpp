#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/contiguous.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/nn/dense.hpp"
#include "gradiva/nn/detail/layer_outputs.hpp"
#include "gradiva/nn/input_rows.hpp"
#include "gradiva/nn/layer_norm.hpp"
#include "gradiva/nn/mlp_structure.hpp"

namespace GRADIVA_NAMESPACE {

/// The layers of a multilayer perceptron: A_0 = X, its rows that are read, normalised where asked for,
/// A_l = f(W_l A_{l-1} + b_l), Y = W_L A_{L-1} + b_L. X is inputs x batch, Y outputs x batch. Owns no parameters: those
/// of `parameters` are W_1 (column-major), b_1, W_2, b_2, ...
///
/// With `layer_norm`, A_l = f(gain_l * normalised(W_l A_{l-1} + b_l) + shift_l) for l < L, and each hidden layer's b is
/// followed by its gain and shift (see `LayerNorm`). Source: Gallici et al., "Simplifying Deep Temporal Difference
/// Learning", 2024. `MlpStructure` says which layers there are, and builds them; here are the passes.
template <class ScalarT>
class MlpLayers : public MlpStructure<ScalarT> {
    using Structure = MlpStructure<ScalarT>;

public:
    using Scalar = ScalarT;
    using Structure::Structure;
    using typename Structure::PackedWeights;

    /// In a forward pass a column has the same bits in a batch of any width.
    static constexpr bool column_by_column = true;

    /// What a forward pass stores for `backward` and `jvp`. One tape per shard; reusable for batches of any width.
    /// Its `output` is A_1, ..., A_{L-1}, Y; without layers, a copy of A_0. `before` is Z_1, ..., Z_{L-1}.
    struct Tape : detail::LayerOutputs<Scalar> {
        typename InputRows<Scalar>::Tape input;  ///< A_0
        MatrixBuffer<Scalar> dense_dy;           ///< a copy of dY where its columns have gaps
        std::vector<LayerNorm::Tape<Scalar>> norm;
        MatrixBuffer<Scalar> scratch[2];  ///< derivatives or tangents of a layer's input and output, alternately
        bool single_use = false;
        const PackedWeights* packed = nullptr;

        void use_once() { single_use = true; }
        void use_packed(const PackedWeights& weights) { packed = &weights; }
        const PackedDense<Scalar>* packed_layer(std::size_t l) const { return packed ? &(*packed)[l] : nullptr; }
    };

    /// Y (outputs x batch) of X (inputs x batch), a view into the tape.
    ConstMatrixMap<Scalar> forward(std::span<const Scalar> parameters, const ConstMatrixRef<Scalar>& x,
                                   Tape& tape) const {
        const ConstRowsMap<Scalar>& first = input_.forward(x, tape.input);
        tape.output.resize(std::max<std::size_t>(layers_.size(), 1));
        tape.norm.resize(norms_.size());
        if (kernels::keeps_input(activation_)) tape.before.resize(hidden_);
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            tape.output[l].resize(layers_[l].outputs, x.cols());
            if (l < hidden_) {
                forward_hidden(parameters, l, tape);
            } else {
                layers_[l].template forward<Scalar>(parameters, input_of(l, tape), tape.output[l].matrix(),
                                                    tape.packed_layer(l));
            }
        }
        if (layers_.empty()) {
            tape.output[0].resize(first.rows(), first.cols());
            tape.output[0].matrix() = first;
        }
        return std::as_const(tape.output.back()).matrix();
    }

    /// Y of the last forward pass of this tape, or of one that it is a copy of; without columns before the first.
    ConstMatrixMap<Scalar> output(const Tape& tape) const {
        if (tape.output.empty()) return {nullptr, outputs_, 0};
        return tape.output.back().matrix();
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
        if (layers_.empty()) {
            input_.rows_of(dx) = dz;
        } else {
            layers_.front().template input_gradient<Scalar>(parameters, dz, input_.rows_of(dx));
        }
        input_.backward(tape.input, dx);
    }

    /// The tangent of Y, (dY/dparameters) v + (dY/dX) X', outputs x batch, at the point of the last forward pass, a
    /// view into the tape. X' (inputs x batch), the tangent of X, is for layers behind others, which normalise nothing;
    /// null: 0.
    ConstMatrixMap<Scalar> jvp(std::span<const Scalar> parameters, Tape& tape, std::span<const Scalar> v,
                               const ConstMatrixMap<Scalar>* x_tangent = nullptr) const {
        GRADIVA_ASSERT(!x_tangent || !input_.normalizer());
        ConstRowsMap<Scalar> tangent_of_input = tape.input.rows;
        if (x_tangent) rebind(tangent_of_input, tangent_of_rows(*x_tangent));
        const ConstRowsMap<Scalar>* before = x_tangent ? &tangent_of_input : nullptr;
        for (std::size_t l = 0; l < layers_.size(); ++l) {
            MatrixMap<Scalar> tangent = scratch(tape, l % 2, layers_[l].outputs);
            layers_[l].template jvp<Scalar>(parameters, v, input_of(l, tape), before, tangent);
            if (l < hidden_) {
                if (!norms_.empty()) norms_[l].template jvp<Scalar>(parameters, v, tape.norm[l], tangent);
                kernels::multiply_by_derivative<Scalar>(activation_, tape.kept(activation_, l), tangent);
            }
            rebind(tangent_of_input, with_stride(as_const(tangent)));
            before = &tangent_of_input;
        }
        if (layers_.empty()) {
            MatrixMap<Scalar> tangent = scratch(tape, 1, outputs_);
            x_tangent ? void(tangent = tangent_of_input) : void(tangent.setZero());
            return as_const(tangent);
        }
        return std::as_const(tape.scratch[(layers_.size() + 1) % 2]).matrix();
    }

    void visit_state(State& state) { Structure::visit_state(state); }

private:
    using Structure::activation_;
    using Structure::hidden_;
    using Structure::input_;
    using Structure::layers_;
    using Structure::norms_;
    using Structure::outputs_;
    using Structure::parameter_count_;

    static ConstRowsMap<Scalar> with_stride(const ConstMatrixMap<Scalar>& m) {
        return {m.data(), m.rows(), m.cols(), ColumnStride(m.rows())};
    }
    ConstRowsMap<Scalar> tangent_of_rows(const ConstMatrixMap<Scalar>& x_tangent) const {
        return {x_tangent.data() + input_.rows().begin, input_.size(), x_tangent.cols(),
                ColumnStride(x_tangent.rows())};
    }
    static MatrixMap<Scalar> scratch(Tape& tape, std::size_t number, Index rows) {
        tape.scratch[number].resize(rows, tape.input.rows.cols());
        return tape.scratch[number].matrix();
    }

    static ConstRowsMap<Scalar> input_of(std::size_t layer, const Tape& tape) {
        return layer == 0 ? tape.input.rows : with_stride(tape.output[layer - 1].matrix());
    }

    /// A_l of the hidden layer `l`, whose storage has its size.
    void forward_hidden(std::span<const Scalar> parameters, std::size_t l, Tape& tape) const {
        const auto linear = [&](const MatrixMap<Scalar>& z) {
            forward_linear(parameters, l, tape, z);
            if (!norms_.empty()) kernels::add_bias<Scalar>(norms_[l].shift(parameters), z);
        };
        tape.activate(activation_, l, linear, [&](const MatrixMap<Scalar>& a) {
            if (norms_.empty()) {
                return layers_[l].template forward<Scalar>(parameters, activation_, input_of(l, tape), a,
                                                           tape.packed_layer(l));
            }
            forward_linear(parameters, l, tape, a);
            kernels::add_bias_and_activate<Scalar>(activation_, norms_[l].shift(parameters), a);
        });
    }

    /// W_l A_{l-1} + b_l of a hidden layer; with layer normalisation normalised, but for the shift.
    void forward_linear(std::span<const Scalar> parameters, std::size_t l, Tape& tape,
                        const MatrixMap<Scalar>& z) const {
        layers_[l].template forward<Scalar>(parameters, input_of(l, tape), z, tape.packed_layer(l));
        if (!norms_.empty()) norms_[l].template forward<Scalar>(parameters, z, tape.norm[l]);
    }

    /// Storage for the derivative by a layer's input: the input itself where it may be overwritten, else a scratch
    /// buffer.
    MatrixMap<Scalar> storage_of_derivative(std::size_t layer, Tape& tape) const {
        MatrixBuffer<Scalar>& input = tape.output[layer - 1];
        const bool is_read_later = !kernels::is_fused(activation_) && !kernels::keeps_input(activation_);
        if (tape.single_use && !is_read_later && layers_[layer].template may_overwrite_input<Scalar>()) {
            return input.matrix();
        }
        return scratch(tape, layer % 2, input.rows());
    }

    /// dL/dZ of the last layer, given dL/dY: the same where that is an output layer.
    ConstMatrixMap<Scalar> derivative_of_last(std::span<const Scalar> parameters, Tape& tape,
                                              const ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient) const {
        if (hidden_ < layers_.size() || layers_.empty()) return contiguous<Scalar>(dy, tape.dense_dy);
        MatrixMap<Scalar> dz = scratch(tape, hidden_ % 2, outputs_);
        dz = dy;
        kernels::multiply_by_derivative<Scalar>(activation_, tape.kept(activation_, hidden_ - 1), dz);
        if (!norms_.empty()) {
            norms_[hidden_ - 1].template backward<Scalar>(parameters, tape.norm[hidden_ - 1], dz, gradient);
        }
        return as_const(dz);
    }

    /// The backward pass down to the first layer's gradient; returns dL/dZ of that layer, a view into the tape, or of
    /// dY where there is one layer or none.
    ConstMatrixMap<Scalar> backward_to_first_layer(std::span<const Scalar> parameters, Tape& tape,
                                                   const ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient) const {
        GRADIVA_ASSERT(dy.rows() == outputs_ && dy.cols() == tape.input.rows.cols());
        GRADIVA_ASSERT(static_cast<Index>(gradient.size()) >= parameter_count_);
        ConstMatrixMap<Scalar> dz = derivative_of_last(parameters, tape, dy, gradient);
        if (layers_.empty()) return dz;
        for (std::size_t l = layers_.size() - 1; l > 0; --l) {
            MatrixMap<Scalar> da = storage_of_derivative(l, tape);
            if (kernels::is_fused(activation_)) {
                layers_[l].template backward<Scalar>(parameters, activation_, dz, input_of(l, tape), gradient, da,
                                                     tape.packed_layer(l));
            } else {
                layers_[l].template backward<Scalar>(parameters, dz, input_of(l, tape), gradient, da,
                                                     tape.packed_layer(l));
                kernels::multiply_by_derivative<Scalar>(activation_, tape.kept(activation_, l - 1), da);
            }
            if (!norms_.empty()) {
                norms_[l - 1].template backward<Scalar>(parameters, tape.norm[l - 1], da, gradient);
            }
            rebind(dz, as_const(da));
        }
        layers_.front().template add_gradient<Scalar>(dz, tape.input.rows, gradient);
        return dz;
    }
};

}  // namespace GRADIVA_NAMESPACE
