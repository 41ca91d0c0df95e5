#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>

#include <fmt/core.h>

#include "gradiva/core/index.hpp"
#include "gradiva/io/detail/onnx_graph.hpp"
#include "gradiva/io/detail/onnx_layers.hpp"
#include "gradiva/io/policy_description.hpp"

// One step of a memory, in operators of dense layers. The operators GRU and LSTM do not serve: onnxruntime has none of
// doubles ("does not support double yet", 1.32), they want sequences, [steps, N, inputs], where the model gets one
// step, and their gates lie in another order. Gemm, Sigmoid and Tanh are in every runtime that acts by dense layers.

namespace GRADIVA_NAMESPACE::detail {

/// The sums of a memory's gates and its state, N x columns each, and columns of single gates among them.
struct OnnxGates {
    OnnxGraph& graph;
    const DescribedMemory& memory;
    OnnxGraph::Value p, q, state;  ///< P = W x + b, Q = U h + c, and the state before the step

    OnnxGraph::Value operate(const char* operation, const OnnxGraph::Value& a, const OnnxGraph::Value& b) const {
        return graph.operate(operation, {a, b});
    }
    /// Gates `begin` to `end` (not included) of what has all.
    OnnxGraph::Value gates(const OnnxGraph::Value& all, Index begin, Index end) const {
        return graph.columns(all, {begin * memory.units(), end * memory.units()}, memory.gates() * memory.units());
    }
    /// Gate number `gate` of P + Q, or of anything with as many columns.
    OnnxGraph::Value gate(const OnnxGraph::Value& all, Index gate) const { return gates(all, gate, gate + 1); }
};

/// h' of a GRU.
inline OnnxGraph::Value onnx_gru(const OnnxGates& of, OnnxType type) {
    const OnnxGraph::Value sum = of.operate("Add", of.gates(of.p, 0, 2), of.gates(of.q, 0, 2));
    const OnnxGraph::Value r_z = of.graph.operate("Sigmoid", {sum});
    const Index units = of.memory.units();
    const OnnxGraph::Value r = of.graph.columns(r_z, {0, units}, 2 * units);
    const OnnxGraph::Value z = of.graph.columns(r_z, {units, 2 * units}, 2 * units);
    const OnnxGraph::Value n =
        of.graph.operate("Tanh", {of.operate("Add", of.gate(of.p, 2), of.operate("Mul", r, of.gate(of.q, 2)))});
    const OnnxGraph::Value rest = of.operate("Sub", of.graph.constant(type, 1), z);
    return of.operate("Add", of.operate("Mul", rest, n), of.operate("Mul", z, of.state));
}

/// h' and s' of an LSTM.
struct OnnxLstmState {
    OnnxGraph::Value h, s;
};
inline OnnxLstmState onnx_lstm(const OnnxGates& of) {
    const Index units = of.memory.units();
    const OnnxGraph::Value sum = of.operate("Add", of.p, of.q);
    const OnnxGraph::Value i_f = of.graph.operate("Sigmoid", {of.gates(sum, 0, 2)});
    const OnnxGraph::Value i = of.graph.columns(i_f, {0, units}, 2 * units);
    const OnnxGraph::Value f = of.graph.columns(i_f, {units, 2 * units}, 2 * units);
    const OnnxGraph::Value g = of.graph.operate("Tanh", {of.gate(sum, 2)});
    const OnnxGraph::Value o = of.graph.operate("Sigmoid", {of.gate(sum, 3)});
    const OnnxGraph::Value before = of.graph.columns(of.state, {units, 2 * units}, 2 * units);
    const OnnxGraph::Value s = of.operate("Add", of.operate("Mul", f, before), of.operate("Mul", i, g));
    return {of.operate("Mul", o, of.graph.operate("Tanh", {s})), s};
}

/// The h of the memory after the step, N x units, of the rows that the network reads. Adds the input `state` and the
/// output `state_out` to the graph.
inline OnnxGraph::Value onnx_memory(OnnxGraph& graph, const DescribedNetwork& network, OnnxType type,
                                    OnnxGraph::Value x) {
    const DescribedMemory& memory = *network.memory;
    for (std::size_t l = 0; l < network.before.size(); ++l) {
        x = onnx_layer(graph, network.before[l], type, fmt::format("before{}", l), x);
        x = onnx_activation(graph, network.activation, type, x);
    }
    const OnnxGraph::Value state = graph.input({"state", type, memory.state_size()});
    const OnnxGraph::Value h = graph.columns(state, {0, memory.units()}, memory.state_size());
    const OnnxGates gates{graph, memory, onnx_layer(graph, memory.input, type, "memory.input", x),
                          onnx_layer(graph, memory.hidden, type, "memory.hidden", h), state};
    if (memory.cell == DescribedMemory::Cell::gru) {
        const OnnxGraph::Value next = onnx_gru(gates, type);
        graph.last_output({"state_out", type, memory.state_size()}, next);
        return next;
    }
    const OnnxLstmState next = onnx_lstm(gates);
    graph.last_output({"state_out", type, memory.state_size()},
                      graph.operate("Concat", {next.h, next.s}, {{"axis", Index{1}}}));
    return next.h;
}

}  // namespace GRADIVA_NAMESPACE::detail
