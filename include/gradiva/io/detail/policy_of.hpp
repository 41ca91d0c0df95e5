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
#include "gradiva/nn/any_recurrent_layers.hpp"
#include "gradiva/nn/convolution_layers.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/input_rows.hpp"
#include "gradiva/nn/join_layers.hpp"
#include "gradiva/nn/layered_network.hpp"
#include "gradiva/nn/lstm.hpp"
#include "gradiva/nn/mlp_layers.hpp"
#include "gradiva/policy/actor.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// An actor of whatever network and distribution of the library, which computes in `Scalar`.
template <class Scalar>
using AnyActor = Actor<LayeredNetwork<AnyLayers<Scalar>>, AnyDistribution<Scalar>>;
/// The same of a network with memory.
template <class Scalar>
using AnyRecurrentActor = Actor<LayeredNetwork<AnyRecurrentLayers<Scalar>>, AnyDistribution<Scalar>>;

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
    const auto append_layer = [&](const DescribedLayer& layer) {
        for (const auto* numbers : {&layer.weight, &layer.bias, &layer.gain, &layer.shift}) append(*numbers);
    };
    for (const DescribedLayer& layer : network.before) append_layer(layer);
    if (network.memory) {
        append_layer(network.memory->input);
        append_layer(network.memory->hidden);
    }
    for (const DescribedLayer& layer : network.layers) append_layer(layer);
}

/// The units of the hidden layers; with a memory of those behind it.
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

/// The layers of a network with memory.
template <class Scalar, class Layers, class Form>
AnyRecurrentLayers<Scalar> layers_with(const DescribedNetwork& network, Index observed) {
    Form description{.units = network.memory->units(),
                     .after = hidden_of(network),
                     .activation = network.activation,
                     .layer_norm = network.has_layer_norm(),
                     .normalize_observations = !network.mean.empty(),
                     .inputs = network.rows};
    for (const DescribedLayer& layer : network.before) description.before.push_back(layer.outputs);
    Layers layers(observed, network.outputs(), description);
    if (!network.mean.empty()) layers.input().normalizer()->set(network.mean, network.scale);
    return layers;
}

template <class Scalar>
AnyRecurrentLayers<Scalar> recurrent_layers_of(const DescribedNetwork& network, Index observed) {
    return network.memory->cell == DescribedMemory::Cell::gru
               ? layers_with<Scalar, GruLayers<Scalar>, Gru>(network, observed)
               : layers_with<Scalar, LstmLayers<Scalar>, Lstm>(network, observed);
}

/// The actor of a description, which is sound, with these layers.
template <class Layers>
auto actor_with(Layers layers, const PolicyDescription& description) {
    using Scalar = typename Layers::Scalar;
    LayeredNetwork<Layers> network(std::move(layers));
    std::vector<Scalar> parameters;
    append_parameters_of(description.network, parameters);
    GRADIVA_ASSERT(parameters.size() == network.parameters().size());
    std::copy(parameters.begin(), parameters.end(), network.parameters().begin());
    Actor<LayeredNetwork<Layers>, AnyDistribution<Scalar>> actor(std::move(network),
                                                                 distribution_of<Scalar>(description.distribution));
    const std::vector<double>& own = description.distribution.own_parameters;
    const std::span<Scalar> weights = actor.weights();
    std::transform(own.begin(), own.end(), weights.end() - static_cast<std::ptrdiff_t>(own.size()),
                   [](double x) { return static_cast<Scalar>(x); });
    actor.set_spaces(std::make_shared<const Spaces>(description.spaces));
    return actor;
}

/// The policy of a description, which is sound, and whose network has no memory.
template <class Scalar>
AnyActor<Scalar> policy_of(const PolicyDescription& description) {
    return actor_with(layers_of<Scalar>(description.network, description.spaces.observation.size), description);
}

/// The same of one with a memory.
template <class Scalar>
AnyRecurrentActor<Scalar> recurrent_policy_of(const PolicyDescription& description) {
    return actor_with(recurrent_layers_of<Scalar>(description.network, description.spaces.observation.size),
                      description);
}

/// Returns `use(actor)` of the policy of a description, which is sound: in float or double, with or without memory.
template <class Use>
auto with_policy_of(const PolicyDescription& description, const Use& use) {
    const bool has_memory = description.network.memory.has_value();
    if (description.scalar == Dtype::f64) {
        return has_memory ? use(recurrent_policy_of<double>(description)) : use(policy_of<double>(description));
    }
    return has_memory ? use(recurrent_policy_of<float>(description)) : use(policy_of<float>(description));
}

}  // namespace GRADIVA_NAMESPACE::detail
