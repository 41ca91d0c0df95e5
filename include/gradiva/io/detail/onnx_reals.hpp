#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <vector>

#include "gradiva/distributions/action_bounds.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/io/detail/onnx_graph.hpp"
#include "gradiva/io/detail/real_bounds.hpp"
#include "gradiva/io/policy_description.hpp"

// The most probable real numbers of a head, as operations of a graph: `mode` of the distribution, `to_environment`,
// and the bounds of the action space.

namespace GRADIVA_NAMESPACE::detail {

/// log(1 + e^h) in double. Below -20 it is e^h, of which the other form has fewer and fewer digits.
inline OnnxGraph::Value onnx_softplus(OnnxGraph& graph, const OnnxGraph::Value& h) {
    const auto number = [&](double value) { return graph.constant(OnnxType::f64, value); };
    const OnnxGraph::Value smaller = graph.operate("Exp", {graph.operate("Neg", {graph.operate("Abs", {h})})});
    const OnnxGraph::Value sum = graph.operate(
        "Add",
        {graph.operate("Max", {h, number(0)}), graph.operate("Log", {graph.operate("Add", {smaller, number(1)})})});
    return graph.operate("Where", {graph.operate("Less", {h, number(-20)}), smaller, sum});
}

/// x of the Beta distribution: (alpha - 1) / (alpha + beta - 2), or 1/2 where both are 0.
inline OnnxGraph::Value onnx_beta_mode(OnnxGraph& graph, const OnnxGraph::Value& h, Index dimensions) {
    const auto number = [&](double value) { return graph.constant(OnnxType::f64, value); };
    const OnnxGraph::Value excess =
        graph.operate("Min", {onnx_softplus(graph, h), number(Beta<double>::highest_excess)});
    const OnnxGraph::Value a = graph.columns(excess, {0, dimensions}, 2 * dimensions);
    const OnnxGraph::Value b = graph.columns(excess, {dimensions, 2 * dimensions}, 2 * dimensions);
    const OnnxGraph::Value sum = graph.operate("Add", {a, b});
    const OnnxGraph::Value neither = graph.operate("Equal", {sum, number(0)});
    const OnnxGraph::Value x = graph.operate("Where", {neither, number(0.5), graph.operate("Div", {a, sum})});
    return graph.operate("Clip", {x, number(static_cast<double>(ActionBounds::lowest_inside)),
                                  number(static_cast<double>(ActionBounds::highest_inside))});
}

/// low + (high - low) x in float, of the x of a Beta, or of the normal u of a SquashedGaussian.
inline OnnxGraph::Value onnx_within_bounds(OnnxGraph& graph, const DescribedDistribution& d,
                                           const OnnxGraph::Value& stored) {
    OnnxGraph::Value x = graph.cast(stored, OnnxType::f32, OnnxType::f64);
    if (d.squashed) x = graph.operate("Sigmoid", {graph.operate("Mul", {x, graph.constant(OnnxType::f64, 2)})});
    std::vector<double> width;
    for (std::size_t i = 0; i < d.low.size(); ++i) width.push_back(d.high[i] - d.low[i]);
    const OnnxGraph::Value scaled = graph.operate("Mul", {x, graph.constant("bounds.width", OnnxType::f64, width)});
    const OnnxGraph::Value action = graph.operate("Add", {scaled, graph.constant("bounds.low", OnnxType::f64, d.low)});
    return graph.cast(action, OnnxType::f64, OnnxType::f32);
}

/// Clips actions, in float, to the bounds of the distribution and of the action space, where there are some.
inline OnnxGraph::Value onnx_clipped(OnnxGraph& graph, const DescribedDistribution& d, const Box& space,
                                     OnnxGraph::Value action) {
    const RealBounds bounds(d, space);
    const auto constant = [&](const char* name, const std::vector<float>& numbers) {
        return graph.constant(name, OnnxType::f32, std::vector<double>(numbers.begin(), numbers.end()));
    };
    if (bounds.any_low()) action = graph.operate("Max", {action, constant("action.low", bounds.low)});
    if (bounds.any_high()) action = graph.operate("Min", {action, constant("action.high", bounds.high)});
    return action;
}

/// Real numbers as `step` takes them, N x dimensions in float.
inline OnnxGraph::Value onnx_reals(OnnxGraph& graph, const DescribedDistribution& d, const Box& space, OnnxType type,
                                   const OnnxGraph::Value& head) {
    const bool beta = d.reals == DescribedDistribution::Reals::beta;
    const Index begin = d.first_real_row();
    const Index rows = beta ? 2 * d.dimensions : d.dimensions;
    OnnxGraph::Value value = graph.columns(head, {begin, begin + rows}, d.head_size());
    if (beta) value = onnx_beta_mode(graph, graph.cast(value, type, OnnxType::f64), d.dimensions);
    value = graph.cast(value, beta ? OnnxType::f64 : type, OnnxType::f32);  // as actions are stored
    if (beta || d.squashed) value = onnx_within_bounds(graph, d, value);
    return onnx_clipped(graph, d, space, value);
}

}  // namespace GRADIVA_NAMESPACE::detail
