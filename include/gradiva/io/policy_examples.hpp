#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/io/detail/check_numbers.hpp"
#include "gradiva/io/detail/described_policy.hpp"
#include "gradiva/io/detail/policy_of.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/nn/sequences.hpp"
#include "gradiva/policy/acting.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/carried_states.hpp"

namespace GRADIVA_NAMESPACE {

/// Observations with the heads and the greedy actions that a policy gives for them, by which another program can prove
/// that it acts alike. All arrays have one column per example. Those of a policy with memory follow one another in
/// time.
struct PolicyExamples {
    static constexpr Index count = 8;

    std::vector<float> observation = {};  ///< observation size x count
    /// 1 x count: 1 where an episode begins, the state before which is 0; empty: the policy has no memory.
    std::vector<std::uint8_t> begins = {};
    std::vector<std::uint8_t> mask = {};  ///< choices x count, 1 legal and 0 not; empty: the policy has no masks
    std::vector<double> head = {};        ///< head size x count: the network's output, before any mask
    std::vector<int> integers = {};       ///< integers of an action x count, as environments take them
    std::vector<float> reals = {};        ///< real numbers of an action x count, as environments take them
};

namespace detail {

/// The width beyond which bounds say nothing of the size of observations.
inline constexpr float widest_example = 1e6F;

/// By what the elements of observations are normalised, for the first network that normalises each; scale 0: by none.
struct ObservationScales {
    std::vector<double> mean, scale;

    explicit ObservationScales(const PolicyDescription& policy)
        : mean(to_size(policy.spaces.observation.size)), scale(mean.size()) {
        add(policy.network, policy.spaces.observation.size, 0);
    }

private:
    /// Of a network whose input is the `observed` elements from `begin` on.
    void add(const DescribedNetwork& network, Index observed, Index begin) {
        const Range rows = network.rows_of(observed);
        const std::size_t first = to_size(begin + rows.begin);
        for (std::size_t i = 0; i < network.mean.size(); ++i) {
            if (scale[first + i] != 0) continue;
            mean[first + i] = network.mean[i];
            scale[first + i] = network.scale[i];
        }
        for (const DescribedNetwork& part : network.parts) add(part, rows.size(), begin + rows.begin);
    }
};

/// An element of an observation: uniform within its bounds; without close bounds, uniform within two deviations of the
/// mean by which it is normalised; without those, standard normal. Within the bounds in any case.
inline float example_observation(const PolicyDescription& policy, const ObservationScales& scales, Index element,
                                 Rng& rng) {
    const float low = policy.spaces.observation.low_of(element), high = policy.spaces.observation.high_of(element);
    if (std::isfinite(low) && std::isfinite(high) && high - low <= widest_example) {
        return std::clamp(static_cast<float>(rng.uniform(static_cast<double>(low), static_cast<double>(high))), low,
                          high);
    }
    double x = rng.normal();
    if (const std::size_t i = to_size(element); scales.scale[i] != 0) {
        x = scales.mean[i] + rng.uniform(-2, 2) / scales.scale[i];
    }
    return std::clamp(static_cast<float>(x), low, high);
}

/// A random mask of one choice among `mask.size()`, with at least one legal.
inline void draw_mask(std::span<std::uint8_t> mask, Rng& rng) {
    for (std::uint8_t& legal : mask) legal = rng.uniform() < 0.5 ? 1 : 0;
    mask[static_cast<std::size_t>(rng.below(static_cast<Index>(mask.size())))] = 1;
}

/// Observations of a fixed random stream; half of them with random legal masks, where the policy has masks. With a
/// memory an episode of five steps, and the first three of another one.
inline PolicyExamples drawn_examples(const PolicyDescription& policy) {
    PolicyExamples examples;
    if (policy.network.memory) examples.begins = {1, 0, 0, 0, 0, 1, 0, 0};
    const ObservationScales scales(policy);
    Rng rng(0, Purpose::example, 0);
    for (Index n = 0; n < PolicyExamples::count; ++n) {
        for (Index i = 0; i < policy.spaces.observation.size; ++i) {
            examples.observation.push_back(example_observation(policy, scales, i, rng));
        }
        if (!policy.spaces.masked) continue;
        for (const Index choices : policy.distribution.choices) {
            const std::size_t begin = examples.mask.size();
            examples.mask.resize(begin + static_cast<std::size_t>(choices), 1);
            if (n % 2 == 1) draw_mask(std::span(examples.mask).subspan(begin), rng);
        }
    }
    return examples;
}

inline void append_action(int action, PolicyExamples& to) { to.integers.push_back(action); }
inline void append_action(std::span<const int> action, PolicyExamples& to) {
    to.integers.insert(to.integers.end(), action.begin(), action.end());
}
inline void append_action(std::span<const float> action, PolicyExamples& to) {
    to.reals.insert(to.reals.end(), action.begin(), action.end());
}
inline void append_action(const HybridAction& action, PolicyExamples& to) {
    append_action(action.choice, to);
    append_action(action.values, to);
}

/// The part of example n of an array.
template <class T>
std::span<const T> example(const std::vector<T>& all, Index n) {
    const std::size_t size = all.size() / static_cast<std::size_t>(PolicyExamples::count);
    return std::span(all).subspan(static_cast<std::size_t>(n) * size, size);
}

/// Adds the actor's heads for the observations, which with a memory follow one another. Throws `Error` where one is not
/// finite.
template <class A>
void add_heads(const A& actor, PolicyExamples& examples) {
    typename A::Tape tape;
    MatrixBuffer<typename A::Scalar> observation(actor.observation_size(), 1);
    CarriedStates<typename A::Scalar> state(state_size_of(actor), {0, 1});
    for (Index n = 0; n < PolicyExamples::count; ++n) {
        const std::span<const float> given = example(examples.observation, n);
        std::copy(given.begin(), given.end(), observation.data());
        if constexpr (HasMemory<A>) {
            if (examples.begins[to_size(n)] != 0) state.clear({0, 1});
            actor.forward(std::as_const(observation).matrix(), all_legal(1), state.one_step({0, 1}), tape);
            state.take({0, 1}, actor.state_after(tape, 0));
        } else {
            actor.forward(std::as_const(observation).matrix(), tape);
        }
        for (Index i = 0; i < tape.head.rows(); ++i) {
            const auto head = static_cast<double>(tape.head(i, 0));
            require(
                std::isfinite(head),
                "row {} of the head of the policy is {} for example {}; its weights are too large, or have diverged", i,
                head, n);
            examples.head.push_back(head);
        }
    }
}

}  // namespace detail

/// The examples of an actor, of which `policy` is the description: eight observations of a fixed random stream, uniform
/// within bounds where these are not wider than 1e6, else within two deviations of the mean by which they are
/// normalised, or else standard normal; every second one with a random mask, where the policy has masks. With a memory
/// they are an episode of five steps, and the first three of another one. Throws `Error` where a head or an action is
/// not finite.
template <class A>
PolicyExamples policy_examples(const A& actor, const PolicyDescription& policy) {
    PolicyExamples examples = detail::drawn_examples(policy);
    detail::add_heads(actor, examples);
    std::visit(
        [&](const auto& space) {
            Acting<A, std::remove_cvref_t<decltype(space)>> acting(actor, policy.spaces.observation, space,
                                                                   policy.spaces.masked);
            auto episode = acting.begin();
            for (Index n = 0; n < PolicyExamples::count; ++n) {
                if (!examples.begins.empty() && examples.begins[to_size(n)] != 0) episode.restart();
                const ActOptions options{.legal = detail::example(examples.mask, n)};
                detail::append_action(acting.act(detail::example(examples.observation, n), episode, options), examples);
            }
        },
        policy.spaces.action);
    return examples;
}

/// The same without an actor at hand.
template <class = void>  // compiled where it is called only
PolicyExamples policy_examples(const PolicyDescription& policy) {
    detail::check_numbers("policy_examples", policy);
    detail::check_description("policy_examples", policy);
    return detail::with_policy_of(policy, [&](const auto& actor) { return policy_examples(actor, policy); });
}

}  // namespace GRADIVA_NAMESPACE
