// Descriptions of policies whose networks have rows, convolutions and parts, with random weights, and what they
// compute, term by term as the comments of `DescribedNetwork` say it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/core/rng.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"
#include "gradiva/kernels/layer_norm.hpp"
#include "helpers/activations.hpp"

namespace gradiva_test {

using namespace gradiva;

/// Makes networks whose numbers are drawn from one stream, and exact in float.
class NetworkMaker {
public:
    std::vector<double> numbers(Index count, double size, double mean = 0) {
        std::vector<double> all(to_size(count));
        for (double& x : all) x = static_cast<double>(static_cast<float>(mean + size * rng_.uniform(-1, 1)));
        return all;
    }

    /// Appends dense layers of these units.
    void add_layers(DescribedNetwork& network, Index inputs, const std::vector<Index>& units, bool is_part,
                    bool layer_norm = false) {
        network.activates_last = is_part;
        for (std::size_t l = 0; l < units.size(); ++l) {
            const double size = 1.5 / std::sqrt(static_cast<double>(inputs));
            DescribedLayer layer{.inputs = inputs, .outputs = units[l]};
            layer.weight = numbers(inputs * units[l], size);
            layer.bias = numbers(units[l], 0.3);
            if (layer_norm && (is_part || l + 1 < units.size())) {
                layer.gain = numbers(units[l], 0.2, 1);
                layer.shift = numbers(units[l], 0.3);
            }
            network.layers.push_back(std::move(layer));
            inputs = units[l];
        }
    }

    /// Appends a convolution to what has `outputs` so far, or an image of this shape.
    void add_convolution(DescribedNetwork& network, DescribedConvolution c) {
        if (!network.convolutions.empty()) {
            const DescribedConvolution& before = network.convolutions.back();
            c.shape.height = before.shape.out_height();
            c.shape.width = before.shape.out_width();
            c.shape.channels = before.channels;
        }
        c.weight = numbers(c.channels * c.shape.patch(), 1.5 / std::sqrt(static_cast<double>(c.shape.patch())));
        c.bias = numbers(c.channels, 0.3);
        network.convolutions.push_back(std::move(c));
    }

    void normalise(DescribedNetwork& network, Index count) {
        network.mean = numbers(count, 0.5);
        network.scale = numbers(count, 0.5, 1.5);
    }

private:
    Rng rng_{11};
};

/// A policy of three choices.
struct NamedPolicy {
    std::string name;
    PolicyDescription policy;
};

inline PolicyDescription policy_with(DescribedNetwork network, Index observed, Dtype scalar) {
    return {.scalar = scalar,
            .spaces = {.observation = {.size = observed}, .action = Discrete{.n = 3}},
            .network = std::move(network),
            .distribution = {.integers = DescribedDistribution::Integers::choices, .choices = {3}}};
}

/// Rows 2 to 5 of 9, normalised.
inline DescribedNetwork network_of_rows(NetworkMaker& make) {
    DescribedNetwork network{.rows = Range{2, 6}, .activation = Activation::silu};
    make.add_layers(network, 4, {9, 8}, true, true);
    make.normalise(network, 4);
    return network;
}

/// Images of 7 x 6 x 2, normalised; the last convolution of 3 x 2 x 5.
inline DescribedNetwork convolutions(NetworkMaker& make) {
    DescribedNetwork network{.activation = Activation::elu};
    make.add_convolution(network,
                         {.shape = {.height = 7, .width = 6, .channels = 2, .kernel = 3, .padding = 1}, .channels = 9});
    make.add_convolution(network, {.shape = {.kernel = 3, .stride = 2, .padding = 2}, .channels = 8});
    make.add_convolution(network, {.shape = {.kernel = 3}, .channels = 5});
    make.normalise(network, 84);
    return network;
}

/// Images of 5 x 5 x 3 in rows 4 to 78 of the 86 that are read, an Mlp, raw rows, and rows that are normalised only.
inline DescribedNetwork join(NetworkMaker& make) {
    DescribedNetwork image{.rows = Range{4, 79}, .activation = Activation::relu};
    make.add_convolution(image,
                         {.shape = {.height = 5, .width = 5, .channels = 3, .kernel = 2, .stride = 3}, .channels = 4});
    make.add_layers(image, image.convolutions.back().outputs(), {6}, true, true);
    const DescribedNetwork raw{.rows = Range{80, 83}, .activates_last = true};
    DescribedNetwork scaled{.rows = Range{82, 86}, .activates_last = true};
    make.normalise(scaled, 4);
    DescribedNetwork joined{.activation = Activation::gelu};
    joined.parts = {std::move(image), network_of_rows(make), raw, std::move(scaled)};
    return joined;
}

/// One policy of each kind of network.
inline std::vector<NamedPolicy> policies_with_shape(Dtype scalar) {
    NetworkMaker make;
    std::vector<NamedPolicy> all;
    const auto add = [&](const char* name, DescribedNetwork network, Index observed, const std::vector<Index>& units) {
        make.add_layers(network, network.inputs_of_layers(observed), units, false);
        all.push_back({name, policy_with(std::move(network), observed, scalar)});
    };
    DescribedNetwork rows{.rows = Range{2, 6}, .activation = Activation::silu};
    make.normalise(rows, 4);
    add("some rows", rows, 9, {9, 8, 3});
    add("one linear layer of some rows", {.rows = Range{0, 5}}, 9, {3});
    DescribedNetwork plain{.rows = Range{1, 19}, .activation = Activation::tanh};
    make.add_convolution(plain, {.shape = {.height = 3, .width = 6, .channels = 1, .kernel = 3}, .channels = 16});
    add("a convolution of some rows", plain, 20, {3});
    add("convolutions", convolutions(make), 84, {20, 3});
    add("networks side by side", join(make), 86, {7, 3});
    DescribedNetwork alone = join(make);
    alone.rows = Range{1, 87};
    add("networks side by side of some rows, one linear layer", alone, 90, {3});
    DescribedNetwork inner = join(make), shallow{.rows = Range{2, 88}, .activates_last = true};
    shallow.parts = {network_of_rows(make), network_of_rows(make)};
    make.add_layers(inner, inner.inputs_of_layers(86), {8}, true);
    inner.rows = Range{3, 89};
    DescribedNetwork nested{.activation = Activation::leaky_relu};
    nested.parts = {shallow, inner, network_of_rows(make)};
    add("networks within networks", nested, 91, {6, 3});
    DescribedNetwork trunk{.activation = Activation::tanh};
    trunk.parts = {convolutions(make)};
    make.add_layers(trunk.parts[0], trunk.parts[0].convolutions.back().outputs(), {6}, true);
    add("a trunk", trunk, 84, {5, 3});
    return all;
}

inline std::vector<double> computed(const DescribedConvolution& c, Activation f, const std::vector<double>& x) {
    const kernels::ConvolutionShape& shape = c.shape;
    std::vector<double> y;
    for (Index row = 0; row < shape.out_height(); ++row) {
        for (Index column = 0; column < shape.out_width(); ++column) {
            for (Index m = 0; m < c.channels; ++m) {
                double z = c.bias[to_size(m)];
                for (Index k = 0; k < shape.patch(); ++k) {
                    const Index channel = k % shape.channels, at = k / shape.channels;
                    const Index i = row * shape.stride + at / shape.kernel - shape.padding;
                    const Index j = column * shape.stride + at % shape.kernel - shape.padding;
                    if (i < 0 || i >= shape.height || j < 0 || j >= shape.width) continue;
                    z += c.weight[to_size(k * c.channels + m)] *
                         x[to_size((i * shape.width + j) * shape.channels + channel)];
                }
                y.push_back(activated(f, z));
            }
        }
    }
    return y;
}

inline std::vector<double> computed(const DescribedLayer& layer, const std::vector<double>& x) {
    std::vector<double> z = layer.bias;
    for (std::size_t i = 0; i < z.size(); ++i) {
        for (std::size_t j = 0; j < x.size(); ++j) z[i] += layer.weight[j * z.size() + i] * x[j];
    }
    if (layer.gain.empty()) return z;
    double mean = 0, variance = 0;
    for (const double v : z) mean += v / static_cast<double>(z.size());
    for (const double v : z) variance += (v - mean) * (v - mean) / static_cast<double>(z.size());
    for (std::size_t i = 0; i < z.size(); ++i) {
        z[i] = layer.gain[i] * (z[i] - mean) / std::sqrt(variance + kernels::layer_norm_epsilon) + layer.shift[i];
    }
    return z;
}

/// The outputs of a network.
inline std::vector<double> computed(const DescribedNetwork& network, const std::vector<double>& input) {
    const Range rows = network.rows_of(std::ssize(input));
    std::vector<double> x(input.begin() + rows.begin, input.begin() + rows.end);
    for (std::size_t i = 0; i < network.mean.size(); ++i) {
        x[i] = std::clamp((x[i] - network.mean[i]) * network.scale[i], -10.0, 10.0);
    }
    for (const DescribedConvolution& c : network.convolutions) x = computed(c, network.activation, x);
    std::vector<double> joined;
    for (const DescribedNetwork& part : network.parts) {
        const std::vector<double> y = computed(part, x);
        joined.insert(joined.end(), y.begin(), y.end());
    }
    if (!network.parts.empty()) x = joined;
    for (const DescribedLayer& layer : network.layers) {
        x = computed(layer, x);
        if (&layer == &network.layers.back() && !network.activates_last) break;
        for (double& v : x) v = activated(network.activation, v);
    }
    return x;
}

/// What a policy of one choice does with normal observations, one after the other.
struct ComputedSamples {
    std::vector<float> observation;
    std::vector<double> head;
    std::vector<int> integers;

    ComputedSamples(const PolicyDescription& policy, Index count) {
        Rng rng(1);
        const Index size = policy.spaces.observation.size;
        for (Index i = 0; i < size * count; ++i) observation.push_back(static_cast<float>(1.5 * rng.normal()));
        add_actions(policy);
    }
    ComputedSamples(const PolicyDescription& policy, std::vector<float> given) : observation(std::move(given)) {
        add_actions(policy);
    }

private:
    void add_actions(const PolicyDescription& policy) {
        const std::size_t size = to_size(policy.spaces.observation.size);
        for (std::size_t i = 0; i < observation.size(); i += size) {
            const std::vector<double> own = computed(policy.network, {observation.begin() + std::ptrdiff_t(i),
                                                                      observation.begin() + std::ptrdiff_t(i + size)});
            head.insert(head.end(), own.begin(), own.end());
            integers.push_back(static_cast<int>(std::max_element(own.begin(), own.end()) - own.begin()));
        }
    }
};

/// The examples of a policy of one choice.
inline PolicyExamples computed_examples(const PolicyDescription& policy) {
    PolicyExamples examples = detail::drawn_examples(policy);
    ComputedSamples computed(policy, examples.observation);
    examples.head = std::move(computed.head);
    examples.integers = std::move(computed.integers);
    return examples;
}

}  // namespace gradiva_test
