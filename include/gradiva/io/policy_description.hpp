#pragma once

#include "gradiva/core/namespace.hpp"

#include <optional>
#include <string>
#include <vector>

#include "gradiva/core/dtype.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/convolution_shape.hpp"

namespace GRADIVA_NAMESPACE {

/// One dense layer: Z = W X + b. With layer normalisation, gain * normalised(Z) + shift takes the place of Z (see
/// `LayerNorm`).
struct DescribedLayer {
    Index inputs = 0, outputs = 0;
    std::vector<double> weight = {};            ///< W, outputs x inputs, column after column
    std::vector<double> bias = {};              ///< b, one per output
    std::vector<double> gain = {}, shift = {};  ///< one per output; empty: no layer normalisation

    bool operator==(const DescribedLayer&) const = default;
};

/// One convolution with square kernels over the images of `shape`, whose element (y, x, c) is number
/// (y width + x) shape.channels + c; its outputs lie in the same order. Output (y, x) of channel m is
///   bias[m] + sum over (ky, kx, c) of
///                 weight[m, (ky kernel + kx) shape.channels + c] in(y stride + ky - padding, x stride + kx - padding,
///                 c),
/// where the input is 0 beyond its borders.
struct DescribedConvolution {
    kernels::ConvolutionShape shape = {};  ///< of the input and of the kernels
    Index channels = 0;                    ///< of the output, the number of kernels
    std::vector<double> weight = {};       ///< channels x shape.patch(), column after column
    std::vector<double> bias = {};         ///< one per channel

    Index outputs() const { return shape.positions() * channels; }

    bool operator==(const DescribedConvolution&) const = default;
};

/// The memory of a `Gru` or an `Lstm`: with P = W x + b and Q = U h + c of all gates, each `units` numbers, of an input
/// x and the state before it,
///   Gru:  r = sigmoid(P_r + Q_r), z = sigmoid(P_z + Q_z), n = tanh(P_n + r Q_n), h' = (1 - z) n + z h;
///   Lstm: i, f, o = sigmoid(P + Q), g = tanh(P_g + Q_g), s' = f s + i g, h' = o tanh(s').
/// Gates lie in the order r z n, or i f g o. The state is h, or h and then s; at the beginning of an episode it is 0.
struct DescribedMemory {
    enum class Cell { gru, lstm };

    Cell cell = Cell::gru;
    DescribedLayer input = {};   ///< W and b
    DescribedLayer hidden = {};  ///< U and c

    Index units() const { return hidden.inputs; }
    Index gates() const { return cell == Cell::gru ? 3 : 4; }
    Index state_size() const { return cell == Cell::gru ? units() : 2 * units(); }

    bool operator==(const DescribedMemory&) const = default;
};

/// A network with its weights. An `Mlp` has layers only; a `Convolution` has convolutions before them; a `Join` has
/// parts, whose outputs side by side are the inputs of its layers. The trunk of a `SharedTrunk` is such a part, and the
/// layers are those of the actor. A `Gru` or an `Lstm` has a memory, dense layers before it, and layers of its h.
struct DescribedNetwork {
    /// Rows that are read of the input, which is the observation, or of a part what the network around it reads;
    /// without a value: all.
    std::optional<Range> rows = {};
    Activation activation = Activation::tanh;  ///< after every convolution, and every layer but the last
    /// One after the other, each on the outputs of the one before; the first on the rows. Not together with parts.
    std::vector<DescribedConvolution> convolutions = {};
    /// Networks without an output layer, which read of the same rows. Empty, or at least one.
    std::vector<DescribedNetwork> parts = {};
    /// Activated dense layers on the rows, before the memory; empty without a memory.
    std::vector<DescribedLayer> before = {};
    /// Reads the rows, or the outputs of the layers before it. Neither with parts or convolutions, nor in a part.
    std::optional<DescribedMemory> memory = {};
    /// Dense layers on the rows, or on the outputs of the convolutions, of the parts, or the h of the memory. At least
    /// one where the last is the output layer; its outputs are then the head.
    std::vector<DescribedLayer> layers = {};
    bool activates_last = false;  ///< the last layer is activated, too: of parts, which have no output layer
    /// Rows are normalised, y = clamp((x - mean) * scale, -10, 10), in double; empty: they are not. With parts each of
    /// them has its own.
    std::vector<double> mean = {}, scale = {};

    /// Outputs of the last layer, rows of the head; without layers 0.
    Index outputs() const { return layers.empty() ? 0 : layers.back().outputs; }
    /// Whether hidden layers are normalised.
    bool has_layer_norm() const {
        return (!layers.empty() && !layers.front().gain.empty()) || (!before.empty() && !before.front().gain.empty());
    }
    /// Numbers of the state that goes from one action to the next; 0 without a memory.
    Index state_size() const { return memory ? memory->state_size() : 0; }
    /// The range of rows, and the outputs also of a part without layers, for an input of `observed` numbers.
    Range rows_of(Index observed) const { return rows.value_or(Range{0, observed}); }
    Index outputs_for(Index observed) const { return layers.empty() ? inputs_of_layers(observed) : outputs(); }
    /// The numbers that the layers get.
    Index inputs_of_layers(Index observed) const {
        const Index read = rows_of(observed).size();
        if (memory) return memory->units();
        if (!convolutions.empty()) return convolutions.back().outputs();
        if (parts.empty()) return read;
        Index sum = 0;
        for (const DescribedNetwork& part : parts) sum += part.outputs_for(read);
        return sum;
    }

    bool operator==(const DescribedNetwork&) const = default;
};

/// A distribution over actions: of integers, of real numbers, or both (see the distributions' own comments). The rows
/// of the head are those of all choices, or of all answers, then those of the real numbers.
struct DescribedDistribution {
    enum class Integers {
        none,
        choices,        ///< Categorical, MultiCategorical, or the choice of a Hybrid: `choices[k]` logits each
        greedy_choice,  ///< EpsilonGreedy: `choices[0]` action values
        answers,        ///< Bernoulli: `answers` logits
    };
    enum class Reals {
        none,
        gaussian,                  ///< `dimensions` means; log sigma are the own parameters
        state_dependent_gaussian,  ///< `dimensions` means, as many h with log sigma = initial_log_std + h
        beta,                      ///< `dimensions` h of alpha, as many of beta
    };

    Integers integers = Integers::none;
    std::vector<Index> choices = {};
    Index answers = 0;
    double epsilon = 0;  ///< of EpsilonGreedy

    Reals reals = Reals::none;
    bool squashed = false;  ///< SquashedGaussian: u is normal, and the action low + (high - low) (tanh u + 1) / 2
    Index dimensions = 0;
    double initial_log_std = 0;
    std::vector<double> low = {}, high = {};  ///< bounds of Beta and SquashedGaussian, one per dimension
    std::vector<double> own_parameters = {};  ///< of the Gaussian, one log sigma per dimension; else empty

    bool hybrid = false;  ///< one choice and real numbers

    /// Rows of masks: one per choice; 0 where there are no masks.
    Index mask_size() const {
        Index sum = 0;
        for (const Index n : choices) sum += n;
        return sum;
    }
    /// The first row of the head that belongs to real numbers.
    Index first_real_row() const { return mask_size() + answers; }
    Index head_size() const {
        const bool two = reals == Reals::state_dependent_gaussian || reals == Reals::beta;
        return first_real_row() + (reals == Reals::none ? 0 : two ? 2 * dimensions : dimensions);
    }

    bool operator==(const DescribedDistribution&) const = default;
};

/// A policy of the library's own networks and distributions as plain numbers: all that acting needs, and what is
/// written to files of other formats. Numbers of a policy in float are exact in double.
struct PolicyDescription {
    Dtype scalar = Dtype::f32;  ///< f32 or f64: in which the network computes
    Spaces spaces = {};
    DescribedNetwork network = {};
    DescribedDistribution distribution = {};

    bool operator==(const PolicyDescription&) const = default;
};

}  // namespace GRADIVA_NAMESPACE
