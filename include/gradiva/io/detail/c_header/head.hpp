#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>

#include <fmt/core.h>

#include "gradiva/io/detail/c_header/convolution.hpp"
#include "gradiva/io/detail/c_header/mathematics.hpp"
#include "gradiva/io/detail/c_header/memory.hpp"
#include "gradiva/io/detail/c_header/network.hpp"
#include "gradiva/io/detail/c_header/plan.hpp"
#include "gradiva/io/detail/c_header/text.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/nn/normalizer.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The activations of a policy, those of a memory, too.
inline std::set<Activation> activations_of(const CPlan& plan) {
    std::set<Activation> all;
    for (const CStep& step : plan.steps()) {
        if (step.activates) all.insert(step.network->activation);
        if (step.kind == CStep::Kind::memory) all.insert(Activation::tanh);  // of the gates
    }
    return all;
}

/// Whether the functions of the activations need `policy_exp`.
inline bool activates_by_exp(const CPlan& plan) {
    const std::set<Activation> all = activations_of(plan);
    return std::any_of(all.begin(), all.end(), [](Activation f) {
        return f == Activation::elu || f == Activation::silu || f == Activation::gelu;
    });
}

inline bool normalises_layers(const CPlan& plan) {
    return std::any_of(plan.steps().begin(), plan.steps().end(),
                       [](const CStep& step) { return step.layer != nullptr && !step.layer->gain.empty(); });
}

/// The constants of a step.
template <class Scalar>
void add_constants(CText& code, const CStep& step) {
    switch (step.kind) {
        case CStep::Kind::copy:
        case CStep::Kind::memory: return;
        case CStep::Kind::normalise:
            code.array<double>(fmt::format("mean_{}", step.number), step.network->mean);
            return code.array<double>(fmt::format("scale_{}", step.number), step.network->scale);
        case CStep::Kind::convolution: {
            const DescribedConvolution& c = step.network->convolutions[step.index];
            code.array<Scalar>(fmt::format("weight_{}", step.number), c.weight);
            return code.array<Scalar>(fmt::format("bias_{}", step.number), c.bias);
        }
        case CStep::Kind::layer: return add_weights<Scalar>(code, *step.layer, step.number);
    }
}

/// The function of a step, where it has one.
inline void add_function(CText& code, const CStep& step) {
    if (step.kind == CStep::Kind::memory) add_memory(code, *step.network->memory);
    if (step.kind == CStep::Kind::layer) {
        add_layer(code, *step.layer, step.activates ? &step.network->activation : nullptr, step.number);
    }
    if (step.kind != CStep::Kind::convolution) return;
    add_convolution(code, step.network->convolutions[step.index], step.network->activation, step.number);
}

/// What `policy_head` does in a step.
inline std::string c_step(const CStep& step) {
    const std::string to = step.to.element(), from = step.from.element();
    switch (step.kind) {
        case CStep::Kind::copy: return fmt::format("    for (i = 0; i < {}; ++i) {} = {};\n", step.outputs, to, from);
        case CStep::Kind::normalise:
            return fmt::format(
                "    for (i = 0; i < {0}; ++i) {{\n"
                "        const double z = ((double){1} - policy_mean_{2}[i]) * policy_scale_{2}[i];\n"
                "        {3} = (policy_real)(z < -$limit ? -$limit : z > $limit ? $limit : z);\n"
                "    }}\n",
                step.outputs, from, step.number, to);
        case CStep::Kind::memory: return "    policy_memory(input_sums, state_sums, state, next);\n";
        default: break;
    }
    return fmt::format("    policy_layer_{}({}, {});\n", step.number, step.from.pointer(), step.to.pointer());
}

inline constexpr std::string_view c_head = R"(
/* head := the network's output, POLICY_HEAD_SIZE numbers, for a finite observation. */
static inline void policy_head(const float* observation, policy_real* head)
{
)";
inline constexpr std::string_view c_head_with_memory = R"(
/* head := the network's output, POLICY_HEAD_SIZE numbers, for a finite observation and the state before it; next := the
 * state after it, in another array. */
static inline void policy_head(const float* observation, const policy_real* state, policy_real* next, policy_real* head)
{
)";

/// `policy_head`: the network.
inline void add_head(CText& code, const CPlan& plan) {
    std::string text(plan.sums() > 0 ? c_head_with_memory : c_head);
    const auto add_array = [&](const std::string& name, Index size) {
        if (size > 0) text += fmt::format("    policy_real {}[{}];\n", name, size);
    };
    add_array("first", plan.first());
    add_array("second", plan.second());
    add_array("input_sums", plan.sums());
    add_array("state_sums", plan.sums());
    for (std::size_t i = 0; i < plan.joined().size(); ++i) {
        add_array(fmt::format("joined_{}", i + 1), plan.joined()[i]);
    }
    const bool has_index = std::any_of(plan.steps().begin(), plan.steps().end(), [](const CStep& step) {
        return step.kind == CStep::Kind::copy || step.kind == CStep::Kind::normalise;
    });
    if (has_index) text += "    int i;\n";
    for (const CStep& step : plan.steps()) text += c_step(step);
    code.add(text + "}\n", {{"limit", c_constant(Normalizer<double>::limit)}});
}

/// Constants and functions of the network.
template <class Scalar>
void add_network(CText& code, const CPlan& plan) {
    for (const CStep& step : plan.steps()) add_constants<Scalar>(code, step);
    for (const Activation f : activations_of(plan)) add_activation(code, f, std::is_same_v<Scalar, float>);
    if (normalises_layers(plan)) code.add(c_layer_norm);
    for (const CStep& step : plan.steps()) add_function(code, step);
    add_head(code, plan);
}

}  // namespace GRADIVA_NAMESPACE::detail
