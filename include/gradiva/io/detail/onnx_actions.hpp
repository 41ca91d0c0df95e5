#pragma once

#include "gradiva/core/namespace.hpp"

#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/io/detail/onnx_graph.hpp"
#include "gradiva/io/detail/onnx_reals.hpp"
#include "gradiva/io/detail/real_bounds.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The first of the largest logits of each choice, N or N x choices integers. A masked choice is never taken.
inline OnnxGraph::Value onnx_choices(OnnxGraph& graph, const PolicyDescription& policy, OnnxType type,
                                     OnnxGraph::Value logits) {
    const DescribedDistribution& d = policy.distribution;
    if (policy.spaces.masked) {
        const OnnxGraph::Value mask = graph.input({"mask", OnnxType::u8, d.mask_size()});
        logits = graph.operate("Where", {graph.cast(mask, OnnxType::u8, OnnxType::boolean), logits,
                                         graph.constant(type, -std::numeric_limits<double>::infinity())});
    }
    const bool one = is_one_integer(policy.spaces.action);
    std::vector<OnnxGraph::Value> chosen;
    Index begin = 0;
    for (const Index n : d.choices) {
        chosen.push_back(graph.operate("ArgMax", {graph.columns(logits, {begin, begin + n}, d.mask_size())},
                                       {{"axis", Index{1}}, {"keepdims", Index{one ? 0 : 1}}}));
        begin += n;
    }
    return chosen.size() == 1 ? chosen.front() : graph.operate("Concat", std::move(chosen), {{"axis", Index{1}}});
}

/// The outputs `action`, and `values` of a HybridSpace.
inline void onnx_actions(OnnxGraph& graph, const PolicyDescription& policy, OnnxType type,
                         const OnnxGraph::Value& head) {
    const DescribedDistribution& d = policy.distribution;
    if (d.answers > 0) {
        const OnnxGraph::Value yes = graph.operate("Greater", {head, graph.constant(type, 0)});
        return graph.output({"action", OnnxType::i64, d.answers}, graph.cast(yes, OnnxType::boolean, OnnxType::i64));
    }
    if (d.mask_size() > 0) {
        const bool one = is_one_integer(policy.spaces.action);
        const OnnxGraph::Value logits = graph.columns(head, {0, d.mask_size()}, d.head_size());
        graph.output({"action", OnnxType::i64, one ? 0 : static_cast<Index>(d.choices.size())},
                     onnx_choices(graph, policy, type, logits));
    }
    if (const auto* hybrid = std::get_if<HybridSpace>(&policy.spaces.action)) {
        graph.output({"values", OnnxType::f32, d.dimensions}, onnx_reals(graph, d, hybrid->box, type, head));
    } else if (const auto* box = std::get_if<Box>(&policy.spaces.action)) {
        graph.output({"action", OnnxType::f32, d.dimensions}, onnx_reals(graph, d, *box, type, head));
    }
}

}  // namespace GRADIVA_NAMESPACE::detail
