#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/io/detail/onnx_convolution.hpp"
#include "gradiva/io/detail/onnx_graph.hpp"
#include "gradiva/io/detail/onnx_layers.hpp"
#include "gradiva/io/detail/onnx_memory.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The outputs of a network, N x outputs, in the type in which it computes, of an input of N x `observed` numbers in
/// float. `prefix` begins the names of its constants. A memory adds the ports `state` and `state_out` to the graph.
inline OnnxGraph::Value onnx_network(OnnxGraph& graph, const DescribedNetwork& network, OnnxType type,
                                     const std::string& prefix, const OnnxGraph::Value& input, Index observed) {
    const Range read = network.rows_of(observed);
    const OnnxGraph::Value rows = graph.columns(input, read, observed);
    std::vector<OnnxGraph::Value> parts;
    for (std::size_t i = 0; i < network.parts.size(); ++i) {
        const std::string name = fmt::format("{}part{}.", prefix, i);
        parts.push_back(onnx_network(graph, network.parts[i], type, name, rows, read.size()));
    }
    OnnxGraph::Value value;
    if (parts.empty()) {
        value = onnx_network_input(graph, network, type, prefix, rows);
    } else {
        value = parts.size() == 1 ? parts[0] : graph.operate("Concat", std::move(parts), {{"axis", Index{1}}});
    }
    if (!network.convolutions.empty()) {
        value = type == OnnxType::f64 ? onnx_convolutions_of_doubles(graph, network, prefix, value)
                                      : onnx_convolutions_of_floats(graph, network, prefix, value);
    }
    if (network.memory) value = onnx_memory(graph, network, type, value);
    return onnx_layers(graph, network, type, prefix, value);
}

}  // namespace GRADIVA_NAMESPACE::detail
