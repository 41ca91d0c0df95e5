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
#include "gradiva/io/detail/check_network.hpp"
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

/// The same for all numbers of a network, of which `check_network` is true. `prefix` begins their names.
inline void check_network_numbers(const char* who, const DescribedNetwork& network, Index observed, Dtype scalar,
                                  const std::string& prefix = "") {
    const auto check = [&](const std::string& name, const std::vector<double>& numbers, Index count) {
        check_numbers(who, prefix + name, scalar, numbers, count);
    };
    for (std::size_t i = 0; i < network.convolutions.size(); ++i) {
        const DescribedConvolution& c = network.convolutions[i];
        check(fmt::format("convolution{}.weight", i), c.weight, c.channels * c.shape.patch());
        check(fmt::format("convolution{}.bias", i), c.bias, c.channels);
    }
    const Index read = network.rows_of(observed).size();
    for (std::size_t i = 0; i < network.parts.size(); ++i) {
        check_network_numbers(who, network.parts[i], read, scalar, fmt::format("{}part{}.", prefix, i));
    }
    const std::size_t layers = network.layers.size(), hidden = network.activates_last ? layers : layers - 1;
    const auto check_layer = [&](const std::string& name, const DescribedLayer& layer, bool is_normalised) {
        check(name + ".weight", layer.weight, layer.inputs * layer.outputs);
        check(name + ".bias", layer.bias, layer.outputs);
        check(name + ".gain", layer.gain, is_normalised ? layer.outputs : 0);
        check(name + ".shift", layer.shift, is_normalised ? layer.outputs : 0);
    };
    const auto starts_normalised = [](const std::vector<DescribedLayer>& all) {
        return !all.empty() && (!all[0].gain.empty() || !all[0].shift.empty());
    };
    const bool layer_norm = starts_normalised(network.before) || starts_normalised(network.layers);
    for (std::size_t l = 0; l < network.before.size(); ++l) {
        check_layer(fmt::format("before.layer{}", l), network.before[l], layer_norm);
    }
    if (network.memory) {
        check_layer("memory.input", network.memory->input, false);
        check_layer("memory.hidden", network.memory->hidden, false);
    }
    for (std::size_t l = 0; l < layers; ++l) {
        check_layer(fmt::format("layer{}", l), network.layers[l], layer_norm && l < hidden);
    }
    const bool normalised = !network.mean.empty() || !network.scale.empty();
    check_numbers(who, prefix + "normalizer.mean", Dtype::f64, network.mean, normalised ? read : 0);
    check_numbers(who, prefix + "normalizer.scale", Dtype::f64, network.scale, normalised ? read : 0);
}

/// Throws `Error` unless the spaces of a policy are sound, and all its numbers are there and finite.
inline void check_numbers(const char* who, const PolicyDescription& policy) {
    check_observation_space(who, policy.spaces.observation);
    std::visit([&](const auto& space) { check_action_space(who, space); }, policy.spaces.action);
    require(policy.scalar == Dtype::f32 || policy.scalar == Dtype::f64, "{}: the policy computes in {}, not F32 or F64",
            who, dtype_name(policy.scalar));
    check_network(who, policy.network, policy.spaces.observation.size);
    check_network_numbers(who, policy.network, policy.spaces.observation.size, policy.scalar);
    const DescribedDistribution& d = policy.distribution;
    const bool bounded = d.squashed || d.reals == DescribedDistribution::Reals::beta;
    const bool has_own = d.reals == DescribedDistribution::Reals::gaussian;
    check_numbers(who, "own_parameters", policy.scalar, d.own_parameters, has_own ? d.dimensions : 0);
    check_numbers(who, "bounds.low", Dtype::f32, d.low, bounded ? d.dimensions : 0);
    check_numbers(who, "bounds.high", Dtype::f32, d.high, bounded ? d.dimensions : 0);
}

}  // namespace GRADIVA_NAMESPACE::detail
