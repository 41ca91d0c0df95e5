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
#include "gradiva/io/detail/described_layers.hpp"
#include "gradiva/io/detail/described_memory.hpp"
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
    if (is_recurrent(type) && depth == 0) return read_recurrent(part, observed, parameters);
    require(type == "Mlp" || type == "Convolution" || type == "Join",
            "{}: {} is {}, which this version does not know{}", part.who(), part.of("type"), printable(type),
            is_recurrent(type) ? " within another network" : "");
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

/// Throws `Error` unless a network of this type can be read.
inline void check_type(const StoredPart& part, const std::string& type) {
    require(type != "RecurrentTrunk",
            "{}: {} is RecurrentTrunk, which acts in its training only yet; go on with the training by Checkpoint",
            part.who(), part.of("type"));
    const bool is_known = type == "Mlp" || type == "Convolution" || type == "Join" || type == "SharedTrunk";
    require(is_known || is_recurrent(type), "{}: {} is {}, which this version does not know", part.who(),
            part.of("type"), printable(type));
}

inline StoredNetwork described_network(const StoredPart& part) {
    const std::vector<double> numbers = part.finite_numbers("parameters");
    ParameterReader parameters(part.who(), numbers);
    StoredNetwork stored{.scalar = part.array("parameters").type};
    const std::string type = part.text("type");
    check_type(part, type);
    const bool has_parts = type == "SharedTrunk" || is_recurrent(type);
    const StoredPart first = has_parts ? part.part(is_recurrent(type) ? "before" : "trunk") : part;
    stored.observed = !has_parts && is_of_all_rows(part) ? first_width(part) : first.number<Index>("observed");
    check_observed(part.who(), stored.observed);
    stored.network = read_network(part, stored.observed, parameters, 0);
    stored.own_parameters = parameters.rest();
    return stored;
}

}  // namespace GRADIVA_NAMESPACE::detail
