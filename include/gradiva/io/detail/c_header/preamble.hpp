#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include <fmt/core.h>

#include "gradiva/core/dtype.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/io/detail/c_header/network.hpp"
#include "gradiva/io/detail/c_header/plan.hpp"
#include "gradiva/io/detail/c_header/text.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/version.hpp"

namespace GRADIVA_NAMESPACE::detail {

inline constexpr std::string_view c_preamble =
    R"(/* policy_act: a policy as C99 and C++, written by Gradiva $version. It needs no library and allocates nothing.
 *
 * Observation   $observation numbers, as the environment writes them$normalised
 * Action        $action, $written
 * Network       $network
 * Distribution  $distribution
 * Constants     $constants bytes (flash); $examples more where policy_self_test is called
 * Stack         $stack bytes of arrays in policy_act, and what the compiler adds
$memory_of_caller *
 * Use, with an observation float[POLICY_OBSERVATION_SIZE]:
 *
 *     policy_action action[POLICY_ACTION_SIZE];
$declaration *     if (policy_self_test() != 0) stop();                          once: proves that this program acts as it should
$clear *     if (policy_act(observation, 0, $given, action) != 0) stop();$space   each step$mask
 *
 * Functions are static inline and change nothing but what they are given: any thread may call them. Each source file that
 * includes this has the constants anew: include it in one.
 */
#ifndef POLICY_GRADIVA_H
#define POLICY_GRADIVA_H
)";

/// The distribution by the names of its types.
inline std::string distribution_name(const DescribedDistribution& d) {
    using Integers = DescribedDistribution::Integers;
    using Reals = DescribedDistribution::Reals;
    std::string reals;
    if (d.reals != Reals::none) {
        const std::string_view gaussian = d.reals == Reals::gaussian ? "DiagonalGaussian" : "StateDependentGaussian";
        reals = d.reals == Reals::beta ? "Beta, the mode" : fmt::format("{}, the mean", gaussian);
        if (d.squashed) reals = fmt::format("SquashedGaussian of a {}, the median", gaussian);
    }
    switch (d.integers) {
        case Integers::choices:
            if (d.hybrid) return "Hybrid, the most probable choice and " + reals;
            return d.choices.size() > 1 ? "MultiCategorical, the most probable choices"
                                        : "Categorical, the most probable choice";
        case Integers::greedy_choice: return "EpsilonGreedy, the choice of the largest value";
        case Integers::answers: return "Bernoulli, the more probable answers";
        case Integers::none: break;
    }
    return reals;
}

inline std::string_view memory_name(const DescribedMemory& memory) {
    return memory.cell == DescribedMemory::Cell::gru ? "Gru" : "Lstm";
}

/// The layers of a network in words, such as "4 - 64 - 2, tanh".
inline std::string layers_name(const DescribedNetwork& network, Index observed) {
    const Range rows = network.rows_of(observed);
    std::string name;
    for (const DescribedNetwork& part : network.parts) {
        name += fmt::format("{}({})", name.empty() ? "" : " and ", layers_name(part, rows.size()));
    }
    if (!network.convolutions.empty()) {
        const DescribedConvolution& image = network.convolutions.front();
        name = fmt::format("{} x {} x {}", image.shape.height, image.shape.width, image.shape.channels);
    } else if (network.parts.empty()) {
        name = std::to_string(rows.size());
    }
    if (network.rows) name = fmt::format("rows {} to {}: {}", rows.begin, rows.end - 1, name);
    for (const DescribedConvolution& c : network.convolutions) {
        name += fmt::format(" - {} x {} x {}", c.shape.out_height(), c.shape.out_width(), c.channels);
    }
    for (const DescribedLayer& layer : network.before) name += " - " + std::to_string(layer.outputs);
    if (network.memory) name += fmt::format(" - {} of {}", memory_name(*network.memory), network.memory->units());
    for (const DescribedLayer& layer : network.layers) name += " - " + std::to_string(layer.outputs);
    const std::size_t linear = network.activates_last ? 0 : 1;
    if (network.layers.size() > linear || !network.convolutions.empty() || !network.before.empty()) {
        name += fmt::format(", {}", c_activation_name(network.activation));
    } else if (!network.layers.empty() && !network.memory) {
        name += ", linear";
    }
    return name + (network.has_layer_norm() ? ", layer normalisation" : "");
}

/// The network in words, such as "4 - 64 - 2, tanh, in float".
inline std::string network_name(const PolicyDescription& policy) {
    return layers_name(policy.network, policy.spaces.observation.size) +
           (policy.scalar == Dtype::f64 ? ", in double" : ", in float");
}

/// Bytes of the arrays of `policy_act` and what it calls.
inline std::size_t stack_bytes(const PolicyDescription& policy) {
    const DescribedNetwork& network = policy.network;
    return to_size(network.outputs() + network.state_size() + CPlan(policy).numbers()) * dtype_bytes(policy.scalar);
}

/// The first comment, and the include guard; `constants` and `examples` in bytes.
inline void add_preamble(CText& code, const PolicyDescription& policy, std::size_t constants, std::size_t examples) {
    const DescribedDistribution& d = policy.distribution;
    const bool remembers = policy.network.memory.has_value();
    const std::size_t state = to_size(policy.network.state_size());
    const std::string_view written = d.hybrid ? "a struct of choice and values"
                                     : std::holds_alternative<Box>(policy.spaces.action) ? "floats"
                                                                                         : "ints";
    code.add(
        c_preamble,
        {{"version", version_text()},
         {"observation", std::to_string(policy.spaces.observation.size)},
         {"normalised", CPlan(policy).normalises() ? "; normalised here, in double" : ""},
         {"action", describe(policy.spaces.action)},
         {"written", std::string(written)},
         {"network", network_name(policy)},
         {"distribution", distribution_name(d)},
         {"constants", std::to_string(constants)},
         {"examples", std::to_string(examples)},
         {"stack", std::to_string(stack_bytes(policy))},
         {"memory_of_caller",
          remembers ? fmt::format(" * State         {} bytes of the caller's for each episode under way: {} numbers\n",
                                  state * dtype_bytes(policy.scalar), state)
                    : ""},
         {"declaration", remembers ? " *     policy_real state[POLICY_STATE_SIZE];\n" : ""},
         {"clear", remembers ? " *     policy_reset(state);                                          where an episode "
                               "begins\n"
                             : ""},
         {"given", remembers ? "state" : "0"},
         {"space", remembers ? "" : "    "},
         {"mask", d.choices.empty()
                      ? ""
                      : "\n *\n * The second argument is a mask, unsigned char[POLICY_MASK_SIZE], 1 for each legal "
                        "choice; 0: all are legal."}});
}

}  // namespace GRADIVA_NAMESPACE::detail
