#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/io/detail/onnx_graph.hpp"
#include "gradiva/io/detail/onnx_layers.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/kernels/convolution_shape.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// N x `shape` of N x numbers, and back where the shape is one number.
inline OnnxGraph::Value onnx_reshaped(OnnxGraph& graph, const std::string& name, std::vector<std::int64_t> shape,
                                      const OnnxGraph::Value& value) {
    shape.insert(shape.begin(), 0);  // N, as it is
    return graph.operate("Reshape", {value, graph.integers(name, shape)});
}

/// Weights in the order of Conv: of each channel of the output those of each channel of the input, (ky, kx).
inline std::vector<double> onnx_kernels(const DescribedConvolution& c) {
    std::vector<double> kernels;
    kernels.reserve(c.weight.size());
    for (Index m = 0; m < c.channels; ++m) {
        for (Index channel = 0; channel < c.shape.channels; ++channel) {
            for (Index at = 0; at < c.shape.kernel * c.shape.kernel; ++at) {
                kernels.push_back(c.weight[to_size((at * c.shape.channels + channel) * c.channels + m)]);
            }
        }
    }
    return kernels;
}

/// The convolutions of a network in float, N x outputs of N x inputs, both in the order (y, x, channel).
inline OnnxGraph::Value onnx_convolutions_of_floats(OnnxGraph& graph, const DescribedNetwork& network,
                                                    const std::string& prefix, OnnxGraph::Value value) {
    const DescribedConvolution &first = network.convolutions.front(), &last = network.convolutions.back();
    value =
        onnx_reshaped(graph, prefix + "image", {first.shape.height, first.shape.width, first.shape.channels}, value);
    value = graph.operate("Transpose", {value}, {{"perm", std::vector<Index>{0, 3, 1, 2}}});
    for (std::size_t i = 0; i < network.convolutions.size(); ++i) {
        const DescribedConvolution& c = network.convolutions[i];
        const std::string name = fmt::format("{}convolution{}", prefix, i);
        const OnnxGraph::Value weight =
            graph.constant(name + ".weight", OnnxType::f32,
                           {c.channels, c.shape.channels, c.shape.kernel, c.shape.kernel}, onnx_kernels(c));
        value = graph.operate("Conv", {value, weight, graph.constant(name + ".bias", OnnxType::f32, c.bias)},
                              {{"kernel_shape", std::vector<Index>(2, c.shape.kernel)},
                               {"strides", std::vector<Index>(2, c.shape.stride)},
                               {"pads", std::vector<Index>(4, c.shape.padding)}});
        value = onnx_activation(graph, network.activation, OnnxType::f32, value);
    }
    value = graph.operate("Transpose", {value}, {{"perm", std::vector<Index>{0, 2, 3, 1}}});
    return onnx_reshaped(graph, prefix + "numbers", {last.outputs()}, value);
}

/// For each output of a channel the numbers of the input that it reads; `c.shape.size()` is one that is 0.
inline std::vector<std::int64_t> gathered_inputs(const DescribedConvolution& c) {
    const kernels::ConvolutionShape& shape = c.shape;
    const Index places = shape.positions(), most = Index{1} << 27;
    require(
        places <= most / shape.patch(),
        "export_onnx: a convolution in double would list {} x {} inputs, at most {}; export the policy in float, or "
        "as C",
        places, shape.patch(), most);
    std::vector<std::int64_t> inputs;
    inputs.reserve(to_size(places * shape.patch()));
    const auto add_pixel = [&](Index y, Index x) {
        const bool inside = y >= 0 && y < shape.height && x >= 0 && x < shape.width;
        const Index first = (y * shape.width + x) * shape.channels;
        for (Index channel = 0; channel < shape.channels; ++channel) {
            inputs.push_back(inside ? first + channel : shape.size());
        }
    };
    for (Index y = 0; y < shape.out_height(); ++y) {
        for (Index x = 0; x < shape.out_width(); ++x) {
            for (Index at = 0; at < shape.kernel * shape.kernel; ++at) {
                add_pixel(y * shape.stride - shape.padding + at / shape.kernel,
                          x * shape.stride - shape.padding + at % shape.kernel);
            }
        }
    }
    return inputs;
}

/// The same in double, for which runtimes have no Conv: the inputs of each output side by side, times the weights.
inline OnnxGraph::Value onnx_convolutions_of_doubles(OnnxGraph& graph, const DescribedNetwork& network,
                                                     const std::string& prefix, OnnxGraph::Value value) {
    constexpr OnnxType type = OnnxType::f64;
    const std::int64_t one_column[] = {0, 0, 0, 1};
    const OnnxGraph::Value pads = graph.integers(prefix + "pads", one_column);
    for (std::size_t i = 0; i < network.convolutions.size(); ++i) {
        const DescribedConvolution& c = network.convolutions[i];
        const Index places = c.shape.positions();
        const std::string name = fmt::format("{}convolution{}", prefix, i);
        value = graph.operate("Pad", {value, pads});  // the zero
        value = graph.operate("Gather", {value, graph.integers(name + ".inputs", gathered_inputs(c))},
                              {{"axis", Index{1}}});
        value = onnx_reshaped(graph, name + ".places", {places, c.shape.patch()}, value);
        // W, channels x inputs, column after column, is its transpose row after row.
        value = graph.operate("MatMul",
                              {value, graph.constant(name + ".weight", type, {c.shape.patch(), c.channels}, c.weight)});
        value = graph.operate("Add", {value, graph.constant(name + ".bias", type, c.bias)});
        value = onnx_activation(graph, network.activation, type, value);
        value = onnx_reshaped(graph, name + ".numbers", {c.outputs()}, value);
    }
    return value;
}

}  // namespace GRADIVA_NAMESPACE::detail
