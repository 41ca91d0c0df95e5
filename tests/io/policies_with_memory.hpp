// Actors with memory, with random weights, for tests of saved and exported policies.
#pragma once

#include <string>
#include <utility>

#include "gradiva/io/detail/policy_of.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/lstm.hpp"
#include "io/described_memories.hpp"
#include "io/policy_table.hpp"

namespace gradiva_test {

using namespace gradiva;

/// An actor of a network with memory and any distribution.
template <class Network>
using ActorWithMemory = Actor<Network, detail::AnyDistribution<typename Network::Scalar>>;

/// Calls `use(name, actor)` for one policy of each kind of action space, with masks and without, and of each form of
/// the network, which `Description` describes.
template <class Description, class Scalar, class Use>
void for_each_policy_with_memory(const Use& use) {
    using Network = typename NetworkFor<Description, Scalar>::Type;
    using Any = detail::AnyDistribution<Scalar>;
    using Chosen = typename Any::Chosen;
    const std::pair<const char*, Description> forms[] = {
        {"as it is", {.units = 6}},
        {"of normalised rows, with dense layers before",
         {.before = {5, 4}, .units = 6, .after = {7}, .normalize_observations = true, .inputs = Range{1, 3}}},
        {"with layer normalisation",
         {.before = {5}, .units = 3, .after = {7, 4}, .activation = Activation::gelu, .layer_norm = true}},
        {"with nothing behind it", {.before = {4}, .units = 6, .after = {}, .layer_norm = true}}};
    const HybridSpace hybrid{.choice = {.n = 3}, .box = table_box};
    const auto add = [&](const std::string& name, const Chosen& chosen, const AnyActionSpace& space, bool masked) {
        for (const auto& [form_name, form] : forms) {
            const Any distribution(chosen);
            Network network(table_observation.size, distribution.head_size(), form, Rng(3));
            use(std::string(Network::Layers::name) + " " + form_name + ", " + name,
                policy_of_table(std::move(network), distribution, Spaces{table_observation, space, masked},
                                {.scale = 0.8, .mean = 0.5}));
        }
    };
    add("Categorical", Categorical<Scalar>(4), Discrete{.n = 4}, false);
    add("MultiCategorical, masked", MultiCategorical<Scalar>({3, 2, 1}), MultiDiscrete{.n = {3, 2, 1}}, true);
    add("DiagonalGaussian", DiagonalGaussian<Scalar>(2, -0.5), table_box, false);
    add("Hybrid, squashed and masked", Hybrid<Scalar, SquashedGaussian<Scalar>>(3, SquashedGaussian<Scalar>(table_box)),
        hybrid, true);
}

/// The same for both cells in both scalar types.
template <class Use>
void for_each_policy_with_memory(const Use& use) {
    for_each_policy_with_memory<Gru, float>(use);
    for_each_policy_with_memory<Gru, double>(use);
    for_each_policy_with_memory<Lstm, float>(use);
    for_each_policy_with_memory<Lstm, double>(use);
}

}  // namespace gradiva_test
