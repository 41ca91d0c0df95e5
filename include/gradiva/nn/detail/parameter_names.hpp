#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <span>
#include <string>

#include <fmt/core.h>

#include "gradiva/nn/dense.hpp"
#include "gradiva/nn/layer_norm.hpp"

// What a parameter of a network belongs to, for people: see `parameter_name` of `Module`.

namespace GRADIVA_NAMESPACE::detail {

/// "weight (3, 2)", row and column of W, or "bias 3", for a number of the flat span that belongs to the layer.
inline std::string name_of_parameter(const Dense& layer, Index parameter) {
    const Index own = parameter - layer.offset, weights = layer.outputs * layer.inputs;
    if (own >= weights) return fmt::format("bias {}", own - weights);
    return fmt::format("weight ({}, {})", own % layer.outputs, own / layer.outputs);
}

/// "gain 3" or "shift 3".
inline std::string name_of_parameter(const LayerNorm& norm, Index parameter) {
    const Index own = parameter - norm.offset;
    return own < norm.units ? fmt::format("gain {}", own) : fmt::format("shift {}", own - norm.units);
}

/// The same behind the number of the layer, "layer 1, weight (3, 2)", for layers of which the first may have layer
/// normalisation behind them.
inline std::string name_of_parameter(std::span<const Dense> layers, std::span<const LayerNorm> norms, Index parameter) {
    std::size_t l = layers.size() - 1;
    while (l > 0 && parameter < layers[l].offset) --l;
    const bool is_of_norm = l < norms.size() && parameter >= norms[l].offset;
    return fmt::format("layer {}, {}", l,
                       is_of_norm ? name_of_parameter(norms[l], parameter) : name_of_parameter(layers[l], parameter));
}

}  // namespace GRADIVA_NAMESPACE::detail
