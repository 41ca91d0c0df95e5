// Policies with memory, with random weights, for tests of saved and exported policies, and what they compute, term by
// term as the comments of `DescribedMemory` say it.
#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/io/detail/policy_of.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/lstm.hpp"
#include "io/described_networks.hpp"
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

/// h, or h and s, of a memory after the input x.
inline std::vector<double> computed(const DescribedMemory& memory, const std::vector<double>& x,
                                    const std::vector<double>& state) {
    const auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
    const std::size_t units = to_size(memory.units());
    const std::vector<double> p = computed(memory.input, x);
    const std::vector<double> q =
        computed(memory.hidden, {state.begin(), state.begin() + static_cast<std::ptrdiff_t>(units)});
    std::vector<double> after(state.size());
    for (std::size_t i = 0; i < units; ++i) {
        const auto sum = [&](std::size_t gate) { return p[gate * units + i] + q[gate * units + i]; };
        if (memory.cell == DescribedMemory::Cell::gru) {
            const double r = sigmoid(sum(0)), z = sigmoid(sum(1));
            const double n = std::tanh(p[2 * units + i] + r * q[2 * units + i]);
            after[i] = (1 - z) * n + z * state[i];
        } else {
            const double s = sigmoid(sum(1)) * state[units + i] + sigmoid(sum(0)) * std::tanh(sum(2));
            after[i] = sigmoid(sum(3)) * std::tanh(s);
            after[units + i] = s;
        }
    }
    return after;
}

/// The outputs of a network with memory, whose state goes on by one step.
inline std::vector<double> computed(const DescribedNetwork& network, const std::vector<double>& input,
                                    std::vector<double>& state) {
    DescribedNetwork before{.rows = network.rows, .activation = network.activation, .layers = network.before};
    before.activates_last = true;
    before.mean = network.mean;
    before.scale = network.scale;
    state = computed(*network.memory, computed(before, input), state);
    const std::vector<double> h(state.begin(), state.begin() + static_cast<std::ptrdiff_t>(network.memory->units()));
    return computed(DescribedNetwork{.activation = network.activation, .layers = network.layers}, h);
}

/// The heads of a policy with memory for the observations of its examples.
inline std::vector<double> computed_heads(const PolicyDescription& policy, const PolicyExamples& examples) {
    std::vector<double> state(to_size(policy.network.state_size())), heads;
    for (Index n = 0; n < PolicyExamples::count; ++n) {
        if (examples.begins[to_size(n)] != 0) state.assign(state.size(), 0);
        const auto observation = detail::example(examples.observation, n);
        const std::vector<double> head = computed(policy.network, {observation.begin(), observation.end()}, state);
        heads.insert(heads.end(), head.begin(), head.end());
    }
    return heads;
}

}  // namespace gradiva_test
