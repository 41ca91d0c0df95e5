#pragma once

#include "gradiva/core/namespace.hpp"

#include <cmath>
#include <cstddef>
#include <string_view>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/dtype.hpp"
#include "gradiva/io/detail/described_policy.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Throws an `Error` that begins with `who` unless there are `size` numbers, which are finite in `scalar`.
inline void check_numbers(const char* who, std::string_view what, const std::vector<double>& numbers, Index size,
                          Dtype scalar = Dtype::f64) {
    require(std::ssize(numbers) == size, "{}: the policy has {} numbers of {} and needs {}", who, numbers.size(), what,
            size);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const bool is_float = scalar == Dtype::f32;
        require(std::isfinite(is_float ? static_cast<double>(static_cast<float>(numbers[i])) : numbers[i]),
                "{}: number {} of {} of the policy is {}; train on until it is finite, or take an earlier policy", who,
                i, what, numbers[i]);
    }
}

inline void check_layers(const char* who, const PolicyDescription& policy) {
    const std::vector<DescribedLayer>& layers = policy.network.layers;
    require(!layers.empty(), "{}: the network has no layer; give at least the last one", who);
    Index inputs = policy.network.inputs();
    for (std::size_t l = 0; l < layers.size(); ++l) {
        const DescribedLayer& layer = layers[l];
        require(layer.inputs == inputs && inputs >= 1 && layer.outputs >= 1,
                "{}: layer {} of the network has {} inputs and {} outputs, and {} numbers come in", who, l + 1,
                layer.inputs, layer.outputs, inputs);
        const bool normalised = l + 1 < layers.size() && !layers.front().gain.empty();
        check_numbers(who, "a weight", layer.weight, inputs * layer.outputs, policy.scalar);
        check_numbers(who, "a bias", layer.bias, layer.outputs, policy.scalar);
        check_numbers(who, "a gain", layer.gain, normalised ? layer.outputs : 0, policy.scalar);
        check_numbers(who, "a shift", layer.shift, normalised ? layer.outputs : 0, policy.scalar);
        inputs = layer.outputs;
    }
}

/// Throws an `Error` that begins with `who` unless a description is whole and has finite numbers.
inline void check_whole(const char* who, const PolicyDescription& policy) {
    const DescribedDistribution& d = policy.distribution;
    require(policy.scalar == Dtype::f32 || policy.scalar == Dtype::f64,
            "{}: the policy computes in {}; F32 and F64 can be exported", who, dtype_name(policy.scalar));
    check_layers(who, policy);
    const Index normalised = policy.network.mean.empty() ? 0 : policy.network.inputs();
    check_numbers(who, "a mean of observations", policy.network.mean, normalised);
    check_numbers(who, "a scale of observations", policy.network.scale, normalised);
    const bool mapped = d.squashed || d.reals == DescribedDistribution::Reals::beta;
    check_numbers(who, "a lower bound", d.low, mapped ? d.dimensions : 0, Dtype::f32);
    check_numbers(who, "an upper bound", d.high, mapped ? d.dimensions : 0, Dtype::f32);
    check_description(who, policy);
}

}  // namespace GRADIVA_NAMESPACE::detail
