// Descriptions of policies with memory, with random weights, of each kind of action, and what the library's actors of
// them do along a sequence.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"
#include "gradiva/policy/acting.hpp"
#include "gradiva/policy/episode.hpp"
#include "gradiva/rollout/carried_states.hpp"
#include "io/described_networks.hpp"

namespace gradiva_test {

/// A kind of action of the table.
struct ActionsWithMemory {
    const char* name;
    AnyActionSpace space;
    bool masked;
    DescribedDistribution distribution;
};

inline std::vector<ActionsWithMemory> actions_with_memory() {
    using Integers = DescribedDistribution::Integers;
    using Reals = DescribedDistribution::Reals;
    const Box box{.size = 2, .low = {-1, 0}, .high = {1, 3}};
    const DescribedDistribution choice{.integers = Integers::choices, .choices = {4}};
    const DescribedDistribution gaussian{.reals = Reals::gaussian, .dimensions = 2, .own_parameters = {-0.5, 0.25}};
    DescribedDistribution squashed = gaussian;
    squashed.squashed = true;
    squashed.low = {-1, 0};
    squashed.high = {1, 3};
    const DescribedDistribution beta{.reals = Reals::beta, .dimensions = 2, .low = {-1, 0}, .high = {1, 3}};
    DescribedDistribution hybrid = beta;
    hybrid.integers = Integers::choices;
    hybrid.choices = {3};
    hybrid.hybrid = true;
    return {{"Categorical", Discrete{.n = 4}, false, choice},
            {"Categorical, masked", Discrete{.n = 4}, true, choice},
            {"DiagonalGaussian", box, false, gaussian},
            {"SquashedGaussian", box, false, squashed},
            {"Beta", box, false, beta},
            {"Hybrid, Beta, masked", HybridSpace{.choice = {.n = 3}, .box = box}, true, hybrid}};
}

/// Makes the networks of the table: the forms alternate, so that the table has each of them.
class MemoryMaker {
public:
    /// Matrices are of a size with which networks forget: else rounding errors grow along a sequence without a bound.
    DescribedNetwork network(DescribedMemory::Cell cell, bool normalised, Index outputs) {
        const int n = made_++;
        constexpr Activation activations[] = {Activation::tanh, Activation::relu, Activation::elu,
                                              Activation::silu, Activation::gelu, Activation::leaky_relu};
        const std::vector<Index> before = n % 2 == 0 ? std::vector<Index>{5} : std::vector<Index>{};
        std::vector<Index> after = n % 3 == 0 ? std::vector<Index>{6, 9} : std::vector<Index>{};
        const bool layer_norm = n % 4 == 0;
        DescribedNetwork result{.rows = normalised ? std::optional(Range{1, 4}) : std::nullopt,
                                .activation = activations[n % 6]};
        Index width = result.rows_of(observed).size();
        make_.add_layers(result, width, before, true, layer_norm);
        result.before = std::move(result.layers);
        result.layers = {};
        if (!before.empty()) width = before.back();
        constexpr Index units[] = {7, 8, 17, 1, 16};
        result.memory = DescribedMemory{.cell = cell};
        result.memory->hidden.inputs = units[n % 5];
        const Index gates = result.memory->gates() * units[n % 5];
        result.memory->input = dense(width, gates, 1.5);
        result.memory->hidden = dense(units[n % 5], gates, 1);
        after.push_back(outputs);
        make_.add_layers(result, units[n % 5], after, false, layer_norm);
        if (normalised) make_.normalise(result, 3);
        return result;
    }

    static constexpr Index observed = 4;

private:
    DescribedLayer dense(Index inputs, Index outputs, double size) {
        return {.inputs = inputs,
                .outputs = outputs,
                .weight = make_.numbers(inputs * outputs, size / std::sqrt(static_cast<double>(inputs))),
                .bias = make_.numbers(outputs, 0.3)};
    }

    NetworkMaker make_;
    int made_ = 0;
};

/// One policy of each cell and kind of action, with normalised observations and without.
inline std::vector<NamedPolicy> exported_memories(Dtype scalar) {
    MemoryMaker make;
    std::vector<NamedPolicy> all;
    for (const auto cell : {DescribedMemory::Cell::gru, DescribedMemory::Cell::lstm}) {
        for (const bool normalised : {false, true}) {
            for (const ActionsWithMemory& actions : actions_with_memory()) {
                const bool gru = cell == DescribedMemory::Cell::gru;
                all.push_back(
                    {fmt::format("{}{}, {}", gru ? "Gru" : "Lstm", normalised ? ", normalised" : "", actions.name),
                     {.scalar = scalar,
                      .spaces = {{.size = MemoryMaker::observed}, actions.space, actions.masked},
                      .network = make.network(cell, normalised, actions.distribution.head_size()),
                      .distribution = actions.distribution}});
            }
        }
    }
    return all;
}

/// Whether an episode begins at sample n of 1,000: short ones, of one step too, then one of 500.
inline bool begins_at(int n, Rng& rng) {
    const bool drawn = rng.uniform() < 0.05;
    return n == 0 || n == 500 || (n < 500 && drawn);
}

/// An actor of a policy with memory, asked for heads and actions along a sequence.
template <class A, class Space>
class SequenceOf {
public:
    using Scalar = typename A::Scalar;

    SequenceOf(const A& actor, const PolicyDescription& policy, const Space& space)
        : actor_(actor), policy_(policy), acting_(actor, policy.spaces.observation, space, policy.spaces.masked),
          episode_(acting_.begin()), state_(actor.state_size(), {0, 1}) {}

    /// Appends one more observation, and what the actor does; where `begins`, in another episode.
    void append(bool begins, Rng& rng, PolicyExamples& to) {
        if (begins) {
            episode_.restart();
            state_.clear({0, 1});
        }
        to.begins.push_back(begins ? 1 : 0);
        std::vector<float> observation(to_size(policy_.spaces.observation.size));
        const double deviation = rng.uniform() < 0.1 ? 20 : 1.5;  // some beyond the limit of the normalisation
        for (float& x : observation) x = static_cast<float>(deviation * rng.normal());
        to.observation.insert(to.observation.end(), observation.begin(), observation.end());
        std::vector<std::uint8_t> legal(policy_.spaces.masked ? to_size(policy_.distribution.mask_size()) : 0);
        if (!legal.empty()) detail::draw_mask(legal, rng);
        to.mask.insert(to.mask.end(), legal.begin(), legal.end());
        append_head(observation, to);
        detail::append_action(acting_.act(observation, episode_, ActOptions{.legal = legal}), to);
    }

private:
    void append_head(const std::vector<float>& observation, PolicyExamples& to) {
        Matrix<Scalar> x(static_cast<Index>(observation.size()), 1);
        for (Index i = 0; i < x.size(); ++i) x(i) = static_cast<Scalar>(observation[to_size(i)]);
        actor_.forward(x, all_legal(1), state_.one_step({0, 1}), tape_);
        state_.take({0, 1}, actor_.state_after(tape_, 0));
        to.head.insert(to.head.end(), tape_.head.data(), tape_.head.data() + tape_.head.size());
    }

    const A& actor_;
    const PolicyDescription& policy_;
    Acting<A, Space> acting_;
    Episode episode_;
    CarriedStates<Scalar> state_;
    typename A::Tape tape_;
};

/// What the library's actor of a policy with memory does with `count` observations, one after the other.
template <class Scalar>
PolicyExamples along_a_sequence(const PolicyDescription& policy, int count) {
    const auto actor = detail::recurrent_policy_of<Scalar>(policy);
    PolicyExamples samples;
    Rng rng(1);
    const auto act = [&](const auto& space) {
        SequenceOf<std::remove_cv_t<decltype(actor)>, std::remove_cvref_t<decltype(space)>> sequence(actor, policy,
                                                                                                     space);
        for (int n = 0; n < count; ++n) sequence.append(begins_at(n, rng), rng, samples);
    };
    std::visit(act, policy.spaces.action);
    return samples;
}

inline PolicyExamples along_a_sequence(const PolicyDescription& policy, int count) {
    return policy.scalar == Dtype::f64 ? along_a_sequence<double>(policy, count)
                                       : along_a_sequence<float>(policy, count);
}

}  // namespace gradiva_test
