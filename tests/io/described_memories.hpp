// Descriptions of policies with memory, with random weights, and what they compute, term by term as the comments of
// `DescribedMemory` say it.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"
#include "io/described_networks.hpp"

namespace gradiva_test {

using namespace gradiva;

/// A network that reads rows 1 to 3 of 5, normalised, with layers before and behind a memory of 6 units.
inline DescribedNetwork described_memory(NetworkMaker& make, DescribedMemory::Cell cell, bool layer_norm) {
    DescribedNetwork network{.rows = Range{1, 4}, .activation = Activation::elu};
    make.add_layers(network, 3, {5, 4}, true, layer_norm);
    network.before = std::exchange(network.layers, {});
    DescribedMemory memory{.cell = cell};
    const auto map = [&](Index inputs) {
        const Index outputs = memory.gates() * 6;
        return DescribedLayer{.inputs = inputs,
                              .outputs = outputs,
                              .weight = make.numbers(inputs * outputs, 0.8),
                              .bias = make.numbers(outputs, 0.5)};
    };
    memory.input = map(4);
    memory.hidden = map(6);
    network.memory = memory;
    make.add_layers(network, 6, {7, 3}, false, layer_norm);
    make.normalise(network, 3);
    return network;
}

/// One policy of each cell, without layers beside its memory, and with them.
inline std::vector<NamedPolicy> policies_with_memory(Dtype scalar) {
    NetworkMaker make;
    std::vector<NamedPolicy> all;
    for (const auto cell : {DescribedMemory::Cell::gru, DescribedMemory::Cell::lstm}) {
        const std::string name = cell == DescribedMemory::Cell::gru ? "Gru" : "Lstm";
        for (const bool layer_norm : {false, true}) {
            all.push_back({name + (layer_norm ? " with layer normalisation" : " with layers"),
                           policy_with(described_memory(make, cell, layer_norm), 5, scalar)});
        }
        DescribedNetwork bare = described_memory(make, cell, false);
        bare.before.clear();
        bare.memory->input.inputs = 3;
        bare.memory->input.weight.resize(to_size(3 * bare.memory->input.outputs));
        bare.layers.clear();
        make.add_layers(bare, 6, {3}, false);
        all.push_back({name, policy_with(std::move(bare), 5, scalar)});
    }
    return all;
}

/// h, or h and s, of a memory after the input x.
inline std::vector<double> computed(const DescribedMemory& memory, const std::vector<double>& x,
                                    const std::vector<double>& state) {
    const auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
    const std::size_t units = to_size(memory.units());
    const std::vector<double> p = computed(memory.input, x);
    const std::vector<double> q =
        computed(memory.hidden, {state.begin(), state.begin() + static_cast<std::ptrdiff_t>(units)});
    std::vector<double> after(state.size());
    for (std::size_t i = 0; i < units; ++i) {
        const auto sum = [&](std::size_t gate) { return p[gate * units + i] + q[gate * units + i]; };
        if (memory.cell == DescribedMemory::Cell::gru) {
            const double r = sigmoid(sum(0)), z = sigmoid(sum(1));
            const double n = std::tanh(p[2 * units + i] + r * q[2 * units + i]);
            after[i] = (1 - z) * n + z * state[i];
        } else {
            const double s = sigmoid(sum(1)) * state[units + i] + sigmoid(sum(0)) * std::tanh(sum(2));
            after[i] = sigmoid(sum(3)) * std::tanh(s);
            after[units + i] = s;
        }
    }
    return after;
}

/// The outputs of a network with memory, whose state goes on by one step.
inline std::vector<double> computed(const DescribedNetwork& network, const std::vector<double>& input,
                                    std::vector<double>& state) {
    DescribedNetwork before{.rows = network.rows, .activation = network.activation, .layers = network.before};
    before.activates_last = true;
    before.mean = network.mean;
    before.scale = network.scale;
    state = computed(*network.memory, computed(before, input), state);
    const std::vector<double> h(state.begin(), state.begin() + static_cast<std::ptrdiff_t>(network.memory->units()));
    return computed(DescribedNetwork{.activation = network.activation, .layers = network.layers}, h);
}

/// The heads of a policy with memory for the observations of its examples.
inline std::vector<double> computed_heads(const PolicyDescription& policy, const PolicyExamples& examples) {
    std::vector<double> state(to_size(policy.network.state_size())), heads;
    for (Index n = 0; n < PolicyExamples::count; ++n) {
        if (examples.begins[to_size(n)] != 0) state.assign(state.size(), 0);
        const auto observation = detail::example(examples.observation, n);
        const std::vector<double> head = computed(policy.network, {observation.begin(), observation.end()}, state);
        heads.insert(heads.end(), head.begin(), head.end());
    }
    return heads;
}

}  // namespace gradiva_test
