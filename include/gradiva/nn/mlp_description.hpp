#pragma once

#include "gradiva/core/namespace.hpp"

#include <optional>
#include <vector>

#include "gradiva/core/index.hpp"
#include "gradiva/kernels/activation_functions.hpp"

namespace GRADIVA_NAMESPACE {

/// Description of a multilayer perceptron. The numbers of inputs and outputs follow from where it is used.
struct Mlp {
    std::vector<Index> hidden = {64, 64};      ///< units of each hidden layer, each at least 1; none is a linear map
    Activation activation = Activation::tanh;  ///< after every hidden layer; the output is linear
    bool layer_norm = false;                   ///< normalise each hidden layer's units before its activation
    bool normalize_observations = false;       ///< normalise inputs by their running moments (see `Normalizer`)
    std::optional<Range> inputs = {};          ///< rows of the observation that it reads; without a value, all
};

/// In place of a number of outputs: a network without an output layer, whose outputs are the activations of its last
/// hidden layer, or without one its inputs.
inline constexpr Index features = 0;

}  // namespace GRADIVA_NAMESPACE
