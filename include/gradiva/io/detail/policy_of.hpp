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
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// An actor of whatever distribution of the library, which computes in `Scalar`.
template <class Scalar>
using AnyActor = Actor<MlpNetwork<Scalar>, AnyDistribution<Scalar>>;

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

template <class Scalar>
MlpNetwork<Scalar> network_of(const DescribedNetwork& described) {
    Mlp mlp{.hidden = {}, .activation = described.activation};
    for (const DescribedLayer& layer : described.layers) mlp.hidden.push_back(layer.outputs);
    mlp.hidden.pop_back();
    mlp.layer_norm = !described.layers.front().gain.empty();
    mlp.normalize_observations = !described.mean.empty();
    MlpNetwork<Scalar> network(described.inputs(), described.outputs(), mlp, Rng(0));
    std::size_t at = 0;
    for (const DescribedLayer& layer : described.layers) {
        for (const std::vector<double>* numbers : {&layer.weight, &layer.bias, &layer.gain, &layer.shift}) {
            for (const double x : *numbers) network.parameters()[at++] = static_cast<Scalar>(x);
        }
    }
    if (!described.mean.empty()) network.normalizer()->set(described.mean, described.scale);
    return network;
}

/// The policy of a description, which is sound.
template <class Scalar>
AnyActor<Scalar> policy_of(const PolicyDescription& description) {
    AnyActor<Scalar> actor(network_of<Scalar>(description.network), distribution_of<Scalar>(description.distribution));
    const std::vector<double>& own = description.distribution.own_parameters;
    const std::span<Scalar> weights = actor.weights();
    std::transform(own.begin(), own.end(), weights.end() - static_cast<std::ptrdiff_t>(own.size()),
                   [](double x) { return static_cast<Scalar>(x); });
    actor.set_spaces(std::make_shared<const Spaces>(description.spaces));
    return actor;
}

}  // namespace GRADIVA_NAMESPACE::detail
