#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <string_view>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/io/detail/check_network.hpp"
#include "gradiva/io/detail/described_layers.hpp"
#include "gradiva/io/detail/parameter_reader.hpp"
#include "gradiva/io/detail/stored_part.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Whether the type of a network is that of one with memory.
inline bool is_recurrent(std::string_view type) { return type == "Gru" || type == "Lstm"; }

/// One of the two linear maps of a memory: of its input, or of h.
inline DescribedLayer read_map(Index inputs, Index outputs, ParameterReader& parameters) {
    DescribedLayer map{.inputs = inputs, .outputs = outputs};
    map.weight = parameters.next(inputs * outputs);
    map.bias = parameters.next(outputs);
    return map;
}

/// The memory of the network at `part`, which gets `inputs` numbers.
inline DescribedMemory read_memory(const StoredPart& part, Index inputs, ParameterReader& parameters) {
    DescribedMemory memory{.cell =
                               part.text("type") == "Gru" ? DescribedMemory::Cell::gru : DescribedMemory::Cell::lstm};
    const Index units = part.number<Index>("units");
    parameters.check_width(units);
    parameters.check_width(memory.gates() * units);
    memory.input = read_map(inputs, memory.gates() * units, parameters);
    memory.hidden = read_map(units, memory.gates() * units, parameters);
    return memory;
}

/// The dense layers before a memory, and what they read.
inline void read_before(const StoredPart& before, Index observed, ParameterReader& parameters,
                        DescribedNetwork& network) {
    check_is_mlp(before);
    require(!before.flag("output_layer"), "{}: {} is true, where a memory follows", before.who(),
            before.of("output_layer"));
    read_input(before, observed, network);
    read_layers(before, network.rows_of(observed).size(), parameters, network);
    network.before = std::exchange(network.layers, {});
    network.activates_last = false;
    network.activation = described_activation(before);
}

/// The dense layers of h, the first rows of the state.
inline void read_after(const StoredPart& after, ParameterReader& parameters, DescribedNetwork& network) {
    check_is_mlp(after);
    require(after.flag("output_layer"), "{}: {} is false, where nothing follows", after.who(),
            after.of("output_layer"));
    const Index units = network.memory->units(), states = network.state_size();
    DescribedNetwork behind;
    read_input(after, states, behind);
    const Range rows = behind.rows_of(states);
    require(rows.begin == 0 && rows.end == units && behind.mean.empty(),
            "{}: {} does not take h, the first {} numbers of the state, as it is", after.who(), after.of("rows"),
            units);
    read_layers(after, units, parameters, behind);
    require(described_activation(after) == network.activation, "{}: {} is another one than that of the layers before",
            after.who(), after.of("activation"));
    network.layers = std::move(behind.layers);
}

/// A network with memory: dense layers before it, the memory, and dense layers of its h.
inline DescribedNetwork read_recurrent(const StoredPart& part, Index observed, ParameterReader& parameters) {
    const StoredPart before = part.part("before"), after = part.part("after");
    DescribedNetwork network;
    read_before(before, observed, parameters, network);
    const Index inputs = network.before.empty() ? network.rows_of(observed).size() : network.before.back().outputs;
    network.memory = read_memory(part, inputs, parameters);
    read_after(after, parameters, network);
    const bool both = !network.before.empty() && network.layers.size() > 1;
    require(!both || before.flag("layer_norm") == after.flag("layer_norm"),
            "{}: {} is another one than that of the layers before", part.who(), after.of("layer_norm"));
    return network;
}

}  // namespace GRADIVA_NAMESPACE::detail
