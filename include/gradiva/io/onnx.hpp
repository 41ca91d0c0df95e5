#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <span>
#include <string>

#include "gradiva/core/check.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/io/describe_policy.hpp"
#include "gradiva/io/detail/check_numbers.hpp"
#include "gradiva/io/detail/described_policy.hpp"
#include "gradiva/io/detail/durable_file.hpp"
#include "gradiva/io/detail/onnx_actions.hpp"
#include "gradiva/io/detail/onnx_graph.hpp"
#include "gradiva/io/detail/onnx_metadata.hpp"
#include "gradiva/io/detail/onnx_network.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"
#include "gradiva/version.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

/// The bytes of a ModelProto that acts as the policy.
template <class = void>  // compiled where it is called only
std::string onnx_bytes(const PolicyDescription& policy, const PolicyExamples& examples) {
    const OnnxType type = policy.scalar == Dtype::f64 ? OnnxType::f64 : OnnxType::f32;
    OnnxGraph graph;
    const auto observation = graph.input({"observation", OnnxType::f32, policy.spaces.observation.size});
    const auto head = onnx_network(graph, policy.network, type, "", observation, policy.spaces.observation.size);
    onnx_actions(graph, policy, type, head);
    graph.output({"head", type, policy.network.outputs()}, head);
    const std::string version = version_text();
    return onnx_model(version, graph.message("policy"),
                      {{"gradiva.version", version},
                       {"gradiva.spaces", json_of(policy.spaces).dump()},
                       {"gradiva.distribution", json_of(policy.distribution).dump()},
                       {"gradiva.examples", json_of(examples, policy.spaces.action).dump()}})
        .bytes();
}

template <class = void>  // compiled where it is called only
void write_onnx(const std::string& path, const PolicyDescription& policy, const PolicyExamples& examples) {
    constexpr const char* who = "export_onnx";
    const std::string bytes = onnx_bytes(policy, examples);
    require(bytes.size() < std::size_t{1} << 31U, "{}: the file would have {} bytes, and ONNX allows 2 GiB", who,
            bytes.size());
    DurableFile file(who, path);
    file.write(std::as_bytes(std::span(bytes)));
    file.commit();
}

}  // namespace detail

/// Writes a policy as an ONNX model (https://onnx.ai; opset 17, ir_version 8), which maps N observations to their most
/// probable actions, as `Acting` does. Replaces the file `path` as a whole.
///
/// Inputs:
///   observation  [N, D] float: as environments write it; normalised inside, in double
///   state        [N, S] float, or double of a policy in double, only of a policy with memory: what `state_out` was for
///                the observation before; zeros where an episode begins
///   mask         [N, M] uint8, only where the environments have masks, as inputs cannot be left out: 1 for each legal
///                choice, 0 for the others, at least one legal; else choice 0 is taken
/// Outputs:
///   action       int64 [N] for Discrete and HybridSpace; int64 [N, K] for MultiDiscrete and MultiBinary; float [N, K]
///                for Box, within its bounds
///   values       float [N, K], within their bounds, only for HybridSpace
///   head         [N, H] float, or double of a policy in double: the network's output, before any mask
///   state_out    [N, S] as `state`, only of a policy with memory: the state after the observation
/// Unlike `Acting`, a model cannot refuse: where a head is not finite, its action means nothing. A program that cannot
/// exclude that checks the head. Heads agree with the library's within 1e-5 max(1, |head|), real actions within 1e-5 of
/// the width of their bounds (or of max(1, |action|) without), and choices where the two best legal heads differ by
/// 1e-4 max(1, |head|) or more.
///
/// Metadata (metadata_props), JSON but for the first, numbers that are not finite as null:
///   gradiva.version       of the library
///   gradiva.spaces        of observations and actions, and whether there are masks
///   gradiva.distribution  all fields of `DescribedDistribution` that its kind has
///   gradiva.examples      `PolicyExamples` by the names of the inputs and outputs, in their shapes, N = 8. In Python:
///                         numpy.array(json.loads(text)["observation"], "float32"). With a memory they are one
///                         sequence, and in place of states there is `begins`: 1 where an episode begins
///
/// Throws `Error`, and leaves a former file, where the parts of the policy do not fit together, a number is not finite,
/// or the file cannot be written.
template <class = void>  // compiled where it is called only
void export_onnx(const std::string& path, const PolicyDescription& policy) {
    detail::check_numbers("export_onnx", policy);
    detail::check_description("export_onnx", policy);
    detail::write_onnx(path, policy, policy_examples(policy));
}

/// The same of an actor of the library's own networks and distributions, which was built from environments.
template <class A>
void export_onnx(const std::string& path, const A& actor) {
    const PolicyDescription policy = describe_policy(actor);
    detail::write_onnx(path, policy, policy_examples(actor, policy));
}

/// The same of an actor that was built from parts, for the spaces of environments.
template <class A, VectorEnv V>
void export_onnx(const std::string& path, const A& actor, const V& envs) {
    static_assert(detail::explain_described<A>());
    export_onnx(path, detail::with_spaces_of("export_onnx", actor, envs));
}

}  // namespace GRADIVA_NAMESPACE
