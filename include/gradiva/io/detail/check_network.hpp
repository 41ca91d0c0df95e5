#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/nn/convolution_description.hpp"

// Limits of networks in files and descriptions, which are checked before numbers are multiplied or memory is allocated.

namespace GRADIVA_NAMESPACE::detail {

/// Units of a layer, below.
inline constexpr Index too_many_units = Index{1} << 31;
/// Networks within networks at most.
inline constexpr int deepest_network = 8;

/// Throws `Error` unless the observation is of a size that is read from files, that of an image.
inline void check_observed(const std::string& who, Index observed) {
    require(observed >= 1 && observed <= most_image_numbers, "{}: observations have {} numbers, not 1 to {}", who,
            observed, most_image_numbers);
}

inline void check_depth(const std::string& who, int depth) {
    require(depth <= deepest_network, "{}: networks lie within networks {} times, at most {}", who, depth,
            deepest_network);
}

/// Throws `Error` unless the rows are some of the `observed` ones.
inline void check_rows(const std::string& who, const std::string& name, Range rows, Index observed) {
    require(rows.begin >= 0 && rows.begin < rows.end && rows.end <= observed,
            "{}: {}rows are [{}, {}), and there are rows [0, {})", who, name, rows.begin, rows.end, observed);
}

/// Throws an `Error` that begins with `name` unless the convolution has `inputs` numbers as input, at most
/// `most_image_numbers`, and keeps the limits of `Convolution`.
inline void check_described_convolution(const std::string& name, const DescribedConvolution& c, Index inputs) {
    require(has_image_of(c.shape, inputs), "{} has an image of {} x {} x {}, and gets {} numbers", name, c.shape.height,
            c.shape.width, c.shape.channels, inputs);
    check_convolution(name, c.shape, c.channels);
}

/// Throws `Error` unless each dense layer takes the outputs of the one before, and the first `inputs`. Returns the
/// outputs of the last.
inline Index check_layers(const std::string& who, const std::string& prefix, const std::vector<DescribedLayer>& layers,
                          Index inputs) {
    Index width = inputs;
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const DescribedLayer& layer = layers[l];
        require(layer.inputs == width && width >= 1 && layer.outputs >= 1 && layer.outputs < too_many_units,
                "{}: {}layer {} has {} inputs and {} outputs, and gets {} inputs", who, prefix, l, layer.inputs,
                layer.outputs, width);
        width = layer.outputs;
    }
    return width;
}

/// Throws `Error` unless the memory, and the dense layers before it, fit the `inputs` rows that are read.
inline void check_memory(const std::string& who, const DescribedNetwork& network, Index inputs) {
    const DescribedMemory& memory = *network.memory;
    require(network.convolutions.empty() && network.parts.empty(),
            "{}: the network has a memory, and convolutions or parts besides", who);
    require(memory.cell == DescribedMemory::Cell::gru || memory.cell == DescribedMemory::Cell::lstm,
            "{}: the memory's cell is {}, which is neither gru nor lstm", who, static_cast<int>(memory.cell));
    const Index width = check_layers(who, "before.", network.before, inputs);
    const Index units = memory.units(), most_units = (too_many_units - 1) / memory.gates();
    require(units >= 1 && units <= most_units, "{}: the memory has {} units, not 1 to {}", who, units, most_units);
    const Index outputs = memory.gates() * units;
    require(memory.input.inputs == width && memory.input.outputs == outputs && memory.hidden.outputs == outputs,
            "{}: the memory of {} units gets {} numbers, and maps {} to {} and {} to {}; it maps them and h to {} "
            "numbers each",
            who, units, width, memory.input.inputs, memory.input.outputs, units, memory.hidden.outputs, outputs);
}

/// Throws `Error` unless the parts of a network, whose input has `observed` numbers, fit together. `prefix` is what
/// the names of its layers begin with; `depth` 0 is the network of the policy.
inline void check_network(const std::string& who, const DescribedNetwork& network, Index observed,
                          const std::string& prefix = "", int depth = 0) {
    check_depth(who, depth);
    check_observed(who, observed);
    require(depth == 0 || !network.memory, "{}: {}the network has a memory, within another network", who, prefix);
    require(network.memory || network.before.empty(), "{}: {}there are layers before a memory, and no memory", who,
            prefix);
    const bool plain = network.convolutions.empty() && network.parts.empty() && !network.memory;
    require(depth > 0 || !network.layers.empty(), "{}: the network has no layer", who);
    require(network.activates_last == (depth > 0),
            "{}: {}the last layer is {}activated; it is in parts of a network, and is not where it is the output layer",
            who, prefix, network.activates_last ? "" : "not ");
    require(!plain || network.layers.empty() || network.rows || network.layers[0].inputs == observed,
            "{}: {}the network has {} inputs and {} {} numbers", who, prefix,
            network.layers.empty() ? 0 : network.layers[0].inputs, depth == 0 ? "observations have" : "gets", observed);
    const Range rows = network.rows_of(observed);
    check_rows(who, prefix, rows, observed);
    require(network.parts.empty() || network.convolutions.empty(), "{}: {}the network has both convolutions and parts",
            who, prefix);
    require(network.parts.empty() || (network.mean.empty() && network.scale.empty()),
            "{}: {}the network has parts, which normalise their own inputs, and a mean or scale besides", who, prefix);
    Index numbers = rows.size();
    for (std::size_t i = 0; i < network.convolutions.size(); ++i) {
        check_described_convolution(fmt::format("{}: {}convolution{}", who, prefix, i), network.convolutions[i],
                                    numbers);
        numbers = network.convolutions[i].outputs();
    }
    for (std::size_t i = 0; i < network.parts.size(); ++i) {
        check_network(who, network.parts[i], rows.size(), fmt::format("{}part{}.", prefix, i), depth + 1);
    }
    if (network.memory) check_memory(who, network, rows.size());
    check_layers(who, prefix, network.layers, network.inputs_of_layers(observed));
}

}  // namespace GRADIVA_NAMESPACE::detail
