// One policy of each distribution, space and form of network, with random weights, for tests of saved and exported
// policies.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/core/rng.hpp"
#include "gradiva/distributions/bernoulli.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/distributions/hybrid.hpp"
#include "gradiva/distributions/multi_categorical.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/convolution.hpp"
#include "gradiva/nn/join.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/shared_trunk.hpp"

namespace gradiva_test {

using namespace gradiva;

/// How the actors of the table differ beside their distribution.
struct PolicyForm {
    Mlp mlp = {.hidden = {8, 5}};
    double scale = 1;  ///< of the weights: 30 makes heads far from 0
    double mean = 0;   ///< of the observations that were normalised
};

/// Weights uniform within +-scale, and moments of observations with the mean and a deviation of about 1.
template <class A>
void scatter(A& actor, const PolicyForm& form) {
    Rng rng(7);
    for (auto& weight : actor.weights()) {
        weight = static_cast<typename A::Scalar>(form.scale * rng.uniform(-1, 1));
    }
    if (!actor.normalizes()) return;
    std::vector<kernels::Moments> moments(static_cast<std::size_t>(actor.observation_size()));
    for (kernels::Moments& own : moments) {
        for (int i = 0; i < 50; ++i) own.add(form.mean + rng.normal());
    }
    actor.merge_observations(moments);
}

template <class Network, class D>
Actor<Network, D> policy_of_table(Network network, D distribution, Spaces spaces, const PolicyForm& form) {
    Actor<Network, D> actor(std::move(network), std::move(distribution));
    actor.set_spaces(std::make_shared<const Spaces>(std::move(spaces)));
    scatter(actor, form);
    return actor;
}

inline const Box table_observation{.size = 3, .low = {-1, -2, -1e9F}, .high = {1, 5, 1e9F}};
inline const Box table_box{.size = 2, .low = {-1, 0}, .high = {1, 3}};
inline const Box table_free_box{.size = 2};

/// Calls `use(name, actor)` for one distribution over its action space.
template <class Scalar, class D, class Space, class Use>
void with_policy(const std::string& name, D distribution, const Space& space, bool masked, const PolicyForm& form,
                 const Use& use) {
    MlpNetwork<Scalar> network(table_observation.size, distribution.head_size(), form.mlp, Rng(3));
    use(name,
        policy_of_table(std::move(network), std::move(distribution), Spaces{table_observation, space, masked}, form));
}

/// Calls `use(name, actor)` for one policy of each distribution and space, in `Scalar`.
template <class Scalar, class Use>
void for_each_policy(const PolicyForm& form, const Use& use) {
    using Normal = DiagonalGaussian<Scalar>;
    using Dependent = StateDependentGaussian<Scalar>;
    using Squashed = SquashedGaussian<Scalar, Normal>;
    using SquashedDependent = SquashedGaussian<Scalar, Dependent>;
    const Discrete discrete{.n = 4};
    const MultiDiscrete several{.n = {3, 2, 1}};
    const HybridSpace hybrid{.choice = {.n = 3}, .box = table_box};
    const auto add = [&](const char* name, auto distribution, const auto& space, bool masked = false) {
        with_policy<Scalar>(name, std::move(distribution), space, masked, form, use);
    };
    add("Categorical", Categorical<Scalar>(4), discrete);
    add("Categorical, masked", Categorical<Scalar>(4), discrete, true);
    add("EpsilonGreedy, masked", EpsilonGreedy<Scalar>(4, 0.3), discrete, true);
    add("MultiCategorical", MultiCategorical<Scalar>(several.n), several);
    add("MultiCategorical, masked", MultiCategorical<Scalar>(several.n), several, true);
    add("MultiCategorical of one choice", MultiCategorical<Scalar>({4}), MultiDiscrete{.n = {4}});
    add("Bernoulli", Bernoulli<Scalar>(3), MultiBinary{.size = 3});
    add("DiagonalGaussian", Normal(2, -0.5), table_box);
    add("DiagonalGaussian without bounds", Normal(2), table_free_box);
    add("StateDependentGaussian", Dependent(2, -0.5), table_box);
    add("SquashedGaussian", Squashed(table_box, -0.5), table_box);
    add("SquashedGaussian, state-dependent", SquashedDependent(table_box), table_box);
    add("Beta", Beta<Scalar>(table_box), table_box);
    add("Hybrid", Hybrid<Scalar>(3, 2), hybrid);
    add("Hybrid, masked", Hybrid<Scalar>(3, 2), hybrid, true);
    add("Hybrid, state-dependent", Hybrid<Scalar, Dependent>(3, Dependent(2)), hybrid);
    add("Hybrid, squashed", Hybrid<Scalar, Squashed>(3, Squashed(table_box)), hybrid, true);
    add("Hybrid, squashed and state-dependent", Hybrid<Scalar, SquashedDependent>(3, SquashedDependent(table_box)),
        hybrid);
    add("Hybrid, Beta", Hybrid<Scalar, Beta<Scalar>>(3, Beta<Scalar>(table_box)), hybrid);
}

/// A policy whose network is a shared trunk.
inline auto trunk_policy(const PolicyForm& form = {}) {
    TrunkNetwork<float> network(table_observation.size, 4, SharedTrunk{.trunk = form.mlp}, Rng(3));
    return policy_of_table(std::move(network), Categorical<float>(4), Spaces{table_observation, Discrete{.n = 4}, true},
                           form);
}

/// Calls `use(name, actor)` for one policy of each network that has rows, an image or parts, in `Scalar`.
template <class Scalar, class Use>
void for_each_network(const Use& use) {
    const auto add = [&](const char* name, auto network) {
        const Spaces spaces{{.size = network.inputs()}, Discrete{.n = 4}, true};
        use(name, policy_of_table(std::move(network), Categorical<Scalar>(4), spaces, {.scale = 0.5}));
    };
    const Mlp rows{.hidden = {8, 5}, .layer_norm = true, .normalize_observations = true, .inputs = Range{2, 6}};
    Convolution image{.shape = {7, 6, 2}, .layers = {{9, 3, 1, 1}, {8, 3, 2, 2}, {5, 3, 1, 0}}, .hidden = {12}};
    image.activation = Activation::elu;
    image.normalize_observations = true;
    const Convolution bare{.shape = {3, 6, 1}, .layers = {{4, 3, 1, 1}}, .hidden = {}, .inputs = Range{8, 26}};
    const Mlp raw{.hidden = {}, .inputs = Range{25, 27}};
    const Join join{.networks = {bare, rows, raw}, .hidden = {7}, .activation = Activation::gelu, .layer_norm = true};
    Join nested{.networks = {join, Mlp{.hidden = {6}}}, .hidden = {}};
    nested.inputs = Range{1, 31};
    add("an Mlp of some rows", MlpNetwork<Scalar>(9, 4, rows, Rng(3)));
    add("Convolution", ConvolutionNetwork<Scalar>(84, 4, image, Rng(3)));
    add("Convolution without hidden layers", ConvolutionNetwork<Scalar>(30, 4, bare, Rng(3)));
    add("Join", JoinNetwork<Scalar>(27, 4, join, Rng(3)));
    add("a Join within a Join", JoinNetwork<Scalar>(31, 4, nested, Rng(3)));
    add("a trunk of convolutions",
        TrunkNetwork<Scalar>(84, 4, SharedTrunk{.trunk = image, .actor = {.hidden = {6}}}, Rng(3)));
    add("a trunk of networks side by side", TrunkNetwork<Scalar>(31, 4, SharedTrunk{.trunk = nested}, Rng(3)));
}

/// Forms of networks and numbers that files and exports have to reproduce.
struct NamedForm {
    const char* name;
    PolicyForm form;
};
inline std::vector<NamedForm> policy_forms() {
    return {
        {"tanh", {}},
        {"relu", {.mlp = {.hidden = {8, 5}, .activation = Activation::relu}}},
        {"elu", {.mlp = {.hidden = {8, 5}, .activation = Activation::elu}}},
        {"silu", {.mlp = {.hidden = {8, 5}, .activation = Activation::silu}}},
        {"gelu", {.mlp = {.hidden = {8, 5}, .activation = Activation::gelu, .layer_norm = true}}},
        {"leaky relu", {.mlp = {.hidden = {8, 5}, .activation = Activation::leaky_relu}}},
        {"linear", {.mlp = {.hidden = {}}}},
        {"layer normalisation", {.mlp = {.hidden = {8, 5}, .layer_norm = true}}},
        {"normalised observations of mean 1e6", {.mlp = {.hidden = {8}, .normalize_observations = true}, .mean = 1e6}},
        {"extreme heads", {.scale = 40}}};
}

}  // namespace gradiva_test
