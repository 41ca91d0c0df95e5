#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/io/detail/any_distribution.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/nn/any_layers.hpp"
#include "gradiva/nn/convolution_layers.hpp"
#include "gradiva/nn/input_rows.hpp"
#include "gradiva/nn/join_layers.hpp"
#include "gradiva/nn/layered_network.hpp"
#include "gradiva/nn/mlp_layers.hpp"
#include "gradiva/policy/actor.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// An actor of whatever network and distribution of the library, which computes in `Scalar`.
template <class Scalar>
using AnyActor = Actor<LayeredNetwork<AnyLayers<Scalar>>, AnyDistribution<Scalar>>;

/// Bounds as the constructors of distributions take them.
struct DescribedBounds {
    Index size;
    const DescribedDistribution& d;
    double low_of(Index i) const { return d.low[static_cast<std::size_t>(i)]; }
    double high_of(Index i) const { return d.high[static_cast<std::size_t>(i)]; }
};

/// `use` of the distribution of real numbers.
template <class Scalar, class Use>
auto with_reals(const DescribedDistribution& d, const Use& use) {
    using Reals = DescribedDistribution::Reals;
    using Gaussian = DiagonalGaussian<Scalar>;
    using StateDependent = StateDependentGaussian<Scalar>;
    const DescribedBounds bounds{d.dimensions, d};
    const double log_std = d.initial_log_std;
    if (d.reals == Reals::beta) return use(Beta<Scalar>(bounds));
    if (d.reals == Reals::gaussian) {
        return d.squashed ? use(SquashedGaussian<Scalar, Gaussian>(bounds, log_std))
                          : use(Gaussian(d.dimensions, log_std));
    }
    return d.squashed ? use(SquashedGaussian<Scalar, StateDependent>(bounds, log_std))
                      : use(StateDependent(d.dimensions, log_std));
}

template <class Scalar>
AnyDistribution<Scalar> distribution_of(const DescribedDistribution& d) {
    using Integers = DescribedDistribution::Integers;
    using Any = AnyDistribution<Scalar>;
    using Chosen = typename Any::Chosen;
    if (d.hybrid) {
        return Any(with_reals<Scalar>(
            d, [&](auto values) { return Chosen(Hybrid<Scalar, decltype(values)>(d.choices[0], std::move(values))); }));
    }
    switch (d.integers) {
        case Integers::choices:
            if (d.choices.size() > 1) return Any(Chosen(MultiCategorical<Scalar>(d.choices)));
            return Any(Chosen(Categorical<Scalar>(d.choices[0])));
        case Integers::greedy_choice: return Any(Chosen(EpsilonGreedy<Scalar>(d.choices[0], d.epsilon)));
        case Integers::answers: return Any(Chosen(Bernoulli<Scalar>(d.answers)));
        case Integers::none: break;
    }
    return Any(with_reals<Scalar>(d, [](auto values) { return Chosen(std::move(values)); }));
}

/// Appends the weights of a network in the order of its flat parameters.
template <class Scalar>
void append_parameters_of(const DescribedNetwork& network, std::vector<Scalar>& parameters) {
    const auto append = [&](const std::vector<double>& numbers) {
        for (const double x : numbers) parameters.push_back(static_cast<Scalar>(x));
    };
    for (const DescribedConvolution& c : network.convolutions) {
        append(c.weight);
        append(c.bias);
    }
    for (const DescribedNetwork& part : network.parts) append_parameters_of(part, parameters);
    for (const DescribedLayer& layer : network.layers) {
        for (const auto* numbers : {&layer.weight, &layer.bias, &layer.gain, &layer.shift}) append(*numbers);
    }
}

/// The units of the hidden layers.
inline std::vector<Index> hidden_of(const DescribedNetwork& network) {
    std::vector<Index> hidden;
    for (const DescribedLayer& layer : network.layers) hidden.push_back(layer.outputs);
    if (!network.activates_last) hidden.pop_back();
    return hidden;
}

/// The dense layers behind convolutions or parts.
template <class Scalar>
MlpLayers<Scalar> dense_layers_of(const DescribedNetwork& network, Index inputs) {
    return {
        inputs, network.activates_last ? features : network.outputs(),
        Mlp{.hidden = hidden_of(network), .activation = network.activation, .layer_norm = network.has_layer_norm()}};
}

inline Convolution convolution_of(const DescribedNetwork& network) {
    const DescribedConvolution& image = network.convolutions.front();
    Convolution description{.shape = {image.shape.height, image.shape.width, image.shape.channels},
                            .hidden = hidden_of(network)};
    for (const DescribedConvolution& c : network.convolutions) {
        description.layers.push_back(
            {.channels = c.channels, .kernel = c.shape.kernel, .stride = c.shape.stride, .padding = c.shape.padding});
    }
    description.activation = network.activation;
    description.layer_norm = network.has_layer_norm();
    description.normalize_observations = !network.mean.empty();
    description.inputs = network.rows;
    return description;
}

/// The layers of a network, whose input has `observed` numbers, with what normalises their inputs.
template <class Scalar>
AnyLayers<Scalar> layers_of(const DescribedNetwork& network, Index observed) {
    const Index outputs = network.activates_last ? features : network.outputs();
    const auto normalised = [&](auto layers) {
        if (!network.mean.empty()) layers.input().normalizer()->set(network.mean, network.scale);
        return AnyLayers<Scalar>(std::move(layers));
    };
    if (!network.parts.empty()) {
        InputRows<Scalar> input(JoinLayers<Scalar>::name, observed, network.rows);
        std::vector<AnyLayers<Scalar>> parts;
        for (const DescribedNetwork& part : network.parts) parts.push_back(layers_of<Scalar>(part, input.size()));
        return JoinLayers<Scalar>(std::move(input), std::move(parts),
                                  dense_layers_of<Scalar>(network, network.inputs_of_layers(observed)));
    }
    if (!network.convolutions.empty()) {
        return normalised(ConvolutionLayers<Scalar>(observed, outputs, convolution_of(network)));
    }
    return normalised(MlpLayers<Scalar>(observed, outputs,
                                        Mlp{.hidden = hidden_of(network),
                                            .activation = network.activation,
                                            .layer_norm = network.has_layer_norm(),
                                            .normalize_observations = !network.mean.empty(),
                                            .inputs = network.rows}));
}

template <class Scalar>
LayeredNetwork<AnyLayers<Scalar>> network_of(const DescribedNetwork& described, Index observed) {
    LayeredNetwork<AnyLayers<Scalar>> network(layers_of<Scalar>(described, observed));
    std::vector<Scalar> parameters;
    append_parameters_of(described, parameters);
    GRADIVA_ASSERT(parameters.size() == network.parameters().size());
    std::copy(parameters.begin(), parameters.end(), network.parameters().begin());
    return network;
}

/// The policy of a description, which is sound.
template <class Scalar>
AnyActor<Scalar> policy_of(const PolicyDescription& description) {
    AnyActor<Scalar> actor(network_of<Scalar>(description.network, description.spaces.observation.size),
                           distribution_of<Scalar>(description.distribution));
    const std::vector<double>& own = description.distribution.own_parameters;
    const std::span<Scalar> weights = actor.weights();
    std::transform(own.begin(), own.end(), weights.end() - static_cast<std::ptrdiff_t>(own.size()),
                   [](double x) { return static_cast<Scalar>(x); });
    actor.set_spaces(std::make_shared<const Spaces>(description.spaces));
    return actor;
}

}  // namespace GRADIVA_NAMESPACE::detail
