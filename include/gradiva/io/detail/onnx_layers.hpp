#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <numbers>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "gradiva/io/detail/onnx_graph.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/kernels/activation_functions.hpp"
#include "gradiva/kernels/layer_norm.hpp"
#include "gradiva/nn/normalizer.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What the network reads, in its type, of the rows in float. They are normalised in double: the difference of an
/// observation and its mean has no digits in float where both are large.
inline OnnxGraph::Value onnx_network_input(OnnxGraph& graph, const DescribedNetwork& network, OnnxType type,
                                           const std::string& prefix, const OnnxGraph::Value& rows) {
    if (network.mean.empty()) return graph.cast(rows, OnnxType::f32, type);
    const auto number = [&](double value) { return graph.constant(OnnxType::f64, value); };
    const OnnxGraph::Value centred =
        graph.operate("Sub", {graph.cast(rows, OnnxType::f32, OnnxType::f64),
                              graph.constant(prefix + "normalizer.mean", OnnxType::f64, network.mean)});
    const OnnxGraph::Value scaled =
        graph.operate("Mul", {centred, graph.constant(prefix + "normalizer.scale", OnnxType::f64, network.scale)});
    constexpr double limit = Normalizer<double>::limit;
    const OnnxGraph::Value clamped = graph.operate("Clip", {scaled, number(-limit), number(limit)});
    return graph.cast(clamped, OnnxType::f64, type);
}

/// Layer normalisation of z. Runtimes compute the variance as a difference of squares, which has few digits where the
/// mean is large; so the mean is subtracted before.
inline OnnxGraph::Value onnx_layer_norm(OnnxGraph& graph, const DescribedLayer& layer, OnnxType type,
                                        const std::string& name, const OnnxGraph::Value& z) {
    const OnnxGraph::Value mean =
        graph.operate("ReduceMean", {z}, {{"axes", std::vector<Index>{1}}, {"keepdims", Index{1}}});
    return graph.operate("LayerNormalization",
                         {graph.operate("Sub", {z, mean}), graph.constant(name + ".gain", type, layer.gain),
                          graph.constant(name + ".shift", type, layer.shift)},
                         {{"axis", Index{-1}}, {"epsilon", static_cast<float>(kernels::layer_norm_epsilon)}});
}

/// f(z). Runtimes have no Elu, LeakyRelu and Erf of doubles.
inline OnnxGraph::Value onnx_activation(OnnxGraph& graph, Activation activation, OnnxType type,
                                        const OnnxGraph::Value& z) {
    const auto number = [&](double value) { return graph.constant(type, value); };
    const auto where_positive = [&](const OnnxGraph::Value& otherwise) {
        return graph.operate("Where", {graph.operate("Greater", {z, number(0)}), z, otherwise});
    };
    switch (activation) {
        case Activation::tanh: return graph.operate("Tanh", {z});
        case Activation::relu: return graph.operate("Relu", {z});
        case Activation::elu: {
            const OnnxGraph::Value e = graph.operate("Exp", {graph.operate("Min", {z, number(0)})});
            return where_positive(graph.operate("Sub", {e, number(1)}));
        }
        case Activation::silu: return graph.operate("Mul", {z, graph.operate("Sigmoid", {z})});
        case Activation::gelu: {
            const OnnxGraph::Value x = graph.operate("Mul", {z, number(0.5 * std::numbers::sqrt2)});
            const OnnxGraph::Value erf = graph.operate("Erf", {graph.cast(x, type, OnnxType::f32)});
            const OnnxGraph::Value twice = graph.operate("Add", {graph.cast(erf, OnnxType::f32, type), number(1)});
            return graph.operate("Mul", {graph.operate("Mul", {z, number(0.5)}), twice});
        }
        case Activation::leaky_relu: break;
    }
    return where_positive(graph.operate("Mul", {z, number(kernels::leaky_slope)}));
}

/// W x + b, normalised where the layer has a gain, N x outputs of N x inputs. `name` begins the names of its weights.
inline OnnxGraph::Value onnx_layer(OnnxGraph& graph, const DescribedLayer& layer, OnnxType type,
                                   const std::string& name, const OnnxGraph::Value& value) {
    // W, outputs x inputs, column after column, is its transpose row after row.
    const OnnxGraph::Value z = graph.operate(
        "Gemm", {value, graph.constant(name + ".weight", type, {layer.inputs, layer.outputs}, layer.weight),
                 graph.constant(name + ".bias", type, layer.bias)});
    return layer.gain.empty() ? z : onnx_layer_norm(graph, layer, type, name, z);
}

/// The dense layers of a network, N x outputs of N x inputs. `prefix` begins the names of their weights.
inline OnnxGraph::Value onnx_layers(OnnxGraph& graph, const DescribedNetwork& network, OnnxType type,
                                    const std::string& prefix, OnnxGraph::Value value) {
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        value = onnx_layer(graph, network.layers[l], type, fmt::format("{}layer{}", prefix, l), value);
        const bool is_output = l + 1 == network.layers.size() && !network.activates_last;
        if (!is_output) value = onnx_activation(graph, network.activation, type, value);
    }
    return value;
}

}  // namespace GRADIVA_NAMESPACE::detail
