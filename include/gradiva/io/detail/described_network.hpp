#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/io/detail/check_network.hpp"
#include "gradiva/io/detail/parameter_reader.hpp"
#include "gradiva/io/detail/stored_part.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The network of an actor, and behind its parameters those of the distribution.
struct StoredNetwork {
    Dtype scalar = Dtype::f32;
    Index observed = 0;  ///< numbers of an observation
    DescribedNetwork network = {};
    std::vector<double> own_parameters = {};
};

inline Activation described_activation(const StoredPart& part) {
    const int activation = part.number<int>("activation");
    require(activation >= 0 && activation <= static_cast<int>(Activation::leaky_relu),
            "{}: {} is {}, which this version does not know", part.who(), part.of("activation"), activation);
    return static_cast<Activation>(activation);
}

/// Files that were written before networks could read some rows have an Mlp of all.
inline bool is_of_all_rows(const StoredPart& mlp) { return !mlp.has("observed") && !mlp.has("rows"); }

/// What the rows that a network reads are normalised by.
inline void read_normalizer(const StoredPart& part, Index observed, DescribedNetwork& network) {
    if (!part.flag("normalize_observations")) return;
    network.mean = part.finite_numbers("normalizer/mean");
    network.scale = part.finite_numbers("normalizer/scale");
    for (const char* moments : {"normalizer/moments/mean", "normalizer/moments/squares"}) {
        if (part.has(moments)) part.finite_numbers(moments);
    }
    const auto inputs = to_size(network.rows_of(observed).size());
    require(network.mean.size() == inputs && network.scale.size() == inputs,
            "{}: the normaliser has {} means and {} scales, the network {} inputs", part.who(), network.mean.size(),
            network.scale.size(), inputs);
}

/// The rows that a network reads of an input of `observed` numbers, and what they are normalised by; the latter is for
/// networks that have layers of their own on these rows.
inline void read_input(const StoredPart& part, Index observed, DescribedNetwork& network, bool has_layers = true) {
    if (is_of_all_rows(part)) return read_normalizer(part, observed, network);
    const Index own = part.number<Index>("observed");
    require(own == observed, "{}: {} is {}, where there are {} numbers", part.who(), part.of("observed"), own,
            observed);
    const std::vector<Index> rows = part.numbers<Index>("rows");
    require(rows.size() == 2, "{}: {} has {} numbers, not 2", part.who(), part.of("rows"), rows.size());
    check_rows(part.who(), part.of(""), {rows[0], rows[1]}, observed);
    if (rows[0] > 0 || rows[1] < observed) network.rows = Range{rows[0], rows[1]};
    if (has_layers || part.has("normalize_observations")) read_normalizer(part, observed, network);
    require(has_layers || network.mean.empty(), "{}: {} is true, where only the networks within normalise", part.who(),
            part.of("normalize_observations"));
}

/// The dense layers of an `Mlp` that gets `inputs` numbers.
inline void read_layers(const StoredPart& mlp, Index inputs, ParameterReader& parameters, DescribedNetwork& network) {
    const std::vector<Index> widths = mlp.numbers<Index>("widths");
    network.activates_last = !is_of_all_rows(mlp) && !mlp.flag("output_layer");
    const std::size_t least = network.activates_last ? 1 : 2;
    require(widths.size() >= least, "{}: {} has {} numbers; a network has inputs and outputs", mlp.who(),
            mlp.of("widths"), widths.size());
    require(widths[0] == inputs, "{}: {} begins with {}, where the layers get {} numbers", mlp.who(), mlp.of("widths"),
            widths[0], inputs);
    const bool layer_norm = mlp.flag("layer_norm");
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
        parameters.check_width(widths[l]);
        parameters.check_width(widths[l + 1]);
        DescribedLayer layer{.inputs = widths[l], .outputs = widths[l + 1]};
        layer.weight = parameters.next(layer.inputs * layer.outputs);
        layer.bias = parameters.next(layer.outputs);
        if (layer_norm && (network.activates_last || l + 2 < widths.size())) {
            layer.gain = parameters.next(layer.outputs);
            layer.shift = parameters.next(layer.outputs);
        }
        network.layers.push_back(std::move(layer));
    }
}

/// The layers of the `Mlp` at `name`, which gets what the network around it computed before.
inline void read_dense(const StoredPart& part, const char* name, Index inputs, ParameterReader& parameters,
                       DescribedNetwork& network) {
    const StoredPart dense = part.part(name);
    const std::string type = dense.text("type");
    require(type == "Mlp", "{}: {} is {}, not Mlp", part.who(), dense.of("type"), printable(type));
    DescribedNetwork input;
    read_input(dense, inputs, input);
    require(!input.rows && input.mean.empty(), "{}: {} does not take the whole of what was computed before, as it is",
            part.who(), part.of(name));
    read_layers(dense, inputs, parameters, network);
    network.activation = described_activation(dense);
}

/// The convolutions of a network that reads `inputs` numbers.
inline void read_convolutions(const StoredPart& part, Index inputs, ParameterReader& parameters,
                              DescribedNetwork& network) {
    const std::vector<Index> shape = part.numbers<Index>("shape"), sizes = part.numbers<Index>("layers");
    require(shape.size() == 3, "{}: {} has {} numbers, not 3", part.who(), part.of("shape"), shape.size());
    require(!sizes.empty() && sizes.size() % 4 == 0, "{}: {} has {} numbers, not 4 of each convolution", part.who(),
            part.of("layers"), sizes.size());
    Index height = shape[0], width = shape[1], channels = shape[2];
    for (std::size_t i = 0; i < sizes.size(); i += 4) {
        DescribedConvolution c{.shape = {.height = height,
                                         .width = width,
                                         .channels = channels,
                                         .kernel = sizes[i + 1],
                                         .stride = sizes[i + 2],
                                         .padding = sizes[i + 3]},
                               .channels = sizes[i]};
        check_described_convolution(fmt::format("{}: {}[{}]", part.who(), part.of("layers"), i / 4), c, inputs);
        c.weight = parameters.next(c.channels * c.shape.patch());
        c.bias = parameters.next(c.channels);
        height = c.shape.out_height();
        width = c.shape.out_width();
        channels = c.channels;
        inputs = c.outputs();
        network.convolutions.push_back(std::move(c));
    }
}

/// The network at `part`, whose input has `observed` numbers and whose weights are the next of `parameters`.
inline DescribedNetwork read_network(const StoredPart& part, Index observed, ParameterReader& parameters, int depth) {
    check_depth(part.who(), depth);
    const std::string type = part.text("type");
    DescribedNetwork network;
    if (type == "SharedTrunk") {
        require(depth == 0, "{}: {} is SharedTrunk, within another network", part.who(), part.of("type"));
        network.parts.push_back(read_network(part.part("trunk"), observed, parameters, depth + 1));
        read_dense(part, "actor", network.inputs_of_layers(observed), parameters, network);
        // The weights of the critic lie between those of the actor and of the distribution.
        read_network(part.part("critic"), network.inputs_of_layers(observed), parameters, depth + 1);
        return network;
    }
    require(type == "Mlp" || type == "Convolution" || type == "Join", "{}: {} is {}, which this version does not know",
            part.who(), part.of("type"), printable(type));
    read_input(part, observed, network, type != "Join");
    const Index read = network.rows_of(observed).size();
    if (type == "Mlp") {
        read_layers(part, read, parameters, network);
        network.activation = described_activation(part);
        return network;
    }
    if (type == "Join") {
        const Index count = part.number<Index>("count");
        require(count >= 1, "{}: {} is {}, and a Join has at least 1 network", part.who(), part.of("count"), count);
        for (Index i = 0; i < count; ++i) {
            const StoredPart next = part.part(fmt::format("network_{}", i));
            network.parts.push_back(read_network(next, read, parameters, depth + 1));
        }
        read_dense(part, "dense", network.inputs_of_layers(observed), parameters, network);
        return network;
    }
    read_convolutions(part, read, parameters, network);
    read_dense(part, "dense", network.inputs_of_layers(observed), parameters, network);
    require(network.activation == described_activation(part), "{}: {} is another one than that of its layers",
            part.who(), part.of("activation"));
    return network;
}

inline Index first_width(const StoredPart& mlp) {
    const std::vector<Index> widths = mlp.numbers<Index>("widths");
    require(!widths.empty(), "{}: {} is empty", mlp.who(), mlp.of("widths"));
    return widths[0];
}

inline StoredNetwork described_network(const StoredPart& part) {
    const std::vector<double> numbers = part.finite_numbers("parameters");
    ParameterReader parameters(part.who(), numbers);
    StoredNetwork stored{.scalar = part.array("parameters").type};
    const bool has_value = part.text("type") == "SharedTrunk";
    const StoredPart first = has_value ? part.part("trunk") : part;
    stored.observed = !has_value && is_of_all_rows(part) ? first_width(part) : first.number<Index>("observed");
    check_observed(part.who(), stored.observed);
    stored.network = read_network(part, stored.observed, parameters, 0);
    stored.own_parameters = parameters.rest();
    return stored;
}

}  // namespace GRADIVA_NAMESPACE::detail
