#pragma once

#include "gradiva/core/namespace.hpp"

#include <cmath>
#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Throws `Error` unless there are `count` numbers, finite in the type of the policy.
inline void check_numbers(const char* who, const std::string& name, Dtype scalar, const std::vector<double>& numbers,
                          Index count) {
    require(static_cast<Index>(numbers.size()) == count, "{}: {} has {} numbers and needs {}", who, name,
            numbers.size(), count);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const bool finite =
            scalar == Dtype::f32 ? std::isfinite(static_cast<float>(numbers[i])) : std::isfinite(numbers[i]);
        require(finite, "{}: {}[{}] is {}; the policy has diverged: export one with finite weights", who, name, i,
                numbers[i]);
    }
}

/// The same for all numbers of the network, of which each layer has to take the outputs of the one before.
inline void check_network_numbers(const char* who, const DescribedNetwork& network, Dtype scalar) {
    require(!network.layers.empty(), "{}: the network has no layer", who);
    const bool layer_norm = !network.layers[0].gain.empty() || !network.layers[0].shift.empty();
    Index width = network.inputs();
    for (std::size_t l = 0; l < network.layers.size(); ++l) {
        const DescribedLayer& layer = network.layers[l];
        require(layer.inputs == width && layer.outputs >= 1 && width >= 1,
                "{}: layer {} has {} inputs and {} outputs, and gets {} inputs", who, l, layer.inputs, layer.outputs,
                width);
        width = layer.outputs;
        const auto check = [&](const char* name, const std::vector<double>& numbers, Index count) {
            check_numbers(who, fmt::format("layer{}.{}", l, name), scalar, numbers, count);
        };
        const bool is_normalised = layer_norm && l + 1 < network.layers.size();
        check("weight", layer.weight, layer.inputs * layer.outputs);
        check("bias", layer.bias, layer.outputs);
        check("gain", layer.gain, is_normalised ? layer.outputs : 0);
        check("shift", layer.shift, is_normalised ? layer.outputs : 0);
    }
    const bool normalised = !network.mean.empty() || !network.scale.empty();
    check_numbers(who, "normalizer.mean", Dtype::f64, network.mean, normalised ? network.inputs() : 0);
    check_numbers(who, "normalizer.scale", Dtype::f64, network.scale, normalised ? network.inputs() : 0);
}

/// Throws `Error` unless the spaces of a policy are sound, and all its numbers are there and finite.
inline void check_numbers(const char* who, const PolicyDescription& policy) {
    check_observation_space(who, policy.spaces.observation);
    std::visit([&](const auto& space) { check_action_space(who, space); }, policy.spaces.action);
    require(policy.scalar == Dtype::f32 || policy.scalar == Dtype::f64, "{}: the policy computes in {}, not F32 or F64",
            who, dtype_name(policy.scalar));
    check_network_numbers(who, policy.network, policy.scalar);
    const DescribedDistribution& d = policy.distribution;
    const bool bounded = d.squashed || d.reals == DescribedDistribution::Reals::beta;
    const bool has_own = d.reals == DescribedDistribution::Reals::gaussian;
    check_numbers(who, "own_parameters", policy.scalar, d.own_parameters, has_own ? d.dimensions : 0);
    check_numbers(who, "bounds.low", Dtype::f32, d.low, bounded ? d.dimensions : 0);
    check_numbers(who, "bounds.high", Dtype::f32, d.high, bounded ? d.dimensions : 0);
}

}  // namespace GRADIVA_NAMESPACE::detail
