// What a policy of the table does with random observations, as numbers for a program that has to do the same.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/env/action_mask.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"
#include "gradiva/policy/acting.hpp"
#include "gradiva/policy/episode.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/carried_states.hpp"
#include "io/described_networks.hpp"
#include "io/policy_table.hpp"
#include "io/sequences_with_memory.hpp"

namespace gradiva_test {

inline constexpr int samples = 1000;

/// The numbers of a sample, in this order: what policy_act has to return, whether there is a mask, whether an episode
/// begins, which matters to policies with memory only, and the vectors; the numbers of the head are each followed by
/// how far from it another program's may be, those of the action by the same and by how far from it the action of the
/// actor's own head may be.
struct Sample {
    int result = 0;
    bool begins = false;
    std::vector<float> observation;
    std::vector<std::uint8_t> mask;
    std::vector<double> head, action;

    void append_to(std::vector<double>& all, Index mask_size) const {
        all.push_back(result);
        all.push_back(mask.empty() ? 0 : 1);
        all.push_back(begins ? 1 : 0);
        all.insert(all.end(), observation.begin(), observation.end());
        all.insert(all.end(), mask.begin(), mask.end());
        if (mask.empty()) all.resize(all.size() + static_cast<std::size_t>(mask_size));
        all.insert(all.end(), head.begin(), head.end());
        all.insert(all.end(), action.begin(), action.end());
    }
};

inline void append(std::vector<double>& to, double x, auto... tolerances) {
    to.insert(to.end(), {x, static_cast<double>(tolerances)...});
}

/// Whether the two best legal ones of n rows of the head are so close that another program may choose the other.
inline bool is_close_call(const double* head, const std::uint8_t* mask, Index n, double unit) {
    std::vector<double> legal;
    for (Index i = 0; i < n; ++i) {
        if (mask == nullptr || mask[i] != 0) legal.push_back(head[i]);
    }
    std::sort(legal.rbegin(), legal.rend());
    return legal.size() > 1 && legal[0] - legal[1] < 1e-4 * std::max(unit, std::abs(legal[0]));
}

/// The unit of heads, 1, of which tolerances are parts. With large weights in float it is their size, squared with
/// hidden layers, by which they multiply the rounding errors of their sums.
inline double unit_of(const PolicyForm& form, Dtype scalar) {
    if (form.scale <= 1 || scalar == Dtype::f64) return 1;
    return form.mlp.hidden.empty() ? form.scale : form.scale * form.scale;
}

/// The actor of a policy, asked for heads and actions.
template <class A, class Space>
class Asked {
public:
    Asked(const A& actor, const PolicyDescription& policy, const Space& space, double unit)
        : actor_(actor), policy_(policy), unit_(unit),
          acting_(actor, policy.spaces.observation, space, policy.spaces.masked), episode_(acting_.begin()),
          state_(state_size_of(actor), {0, 1}), observation_(actor.observation_size(), 1) {}

    /// Adds head and action, or, where policy_act is to refuse, zeros in their place.
    void answer(Sample& sample) {
        if (sample.begins) {
            episode_.restart();
            state_.clear({0, 1});
        }
        if (sample.result == 0) add_head(sample);
        if (sample.result == 0) {
            add_action(sample);
            return;
        }
        const DescribedDistribution& d = policy_.distribution;
        sample.head.resize(2 * static_cast<std::size_t>(d.head_size()));
        sample.action.resize(3 * static_cast<std::size_t>(std::ssize(d.choices) + d.answers + d.dimensions));
    }

private:
    void add_head(Sample& sample) {
        std::copy(sample.observation.begin(), sample.observation.end(), observation_.data());
        if constexpr (HasMemory<A>) {
            actor_.forward(std::as_const(observation_).matrix(), all_legal(1), state_.one_step({0, 1}), tape_);
        } else {
            actor_.forward(std::as_const(observation_).matrix(), tape_);
        }
        head_.assign(tape_.head.data(), tape_.head.data() + tape_.head.size());
        if (!std::all_of(head_.begin(), head_.end(), [](double x) { return std::isfinite(x); })) sample.result = 3;
        for (const double x : head_) append(sample.head, x, 1e-5 * std::max(unit_, std::abs(x)));
    }

    void add_action(Sample& sample) {
        std::vector<std::uint8_t> legal = sample.mask;
        if (policy_.spaces.masked) legal.resize(static_cast<std::size_t>(policy_.distribution.mask_size()), 1);
        add(acting_.act(sample.observation, episode_, ActOptions{.legal = legal}), legal, sample);
        if constexpr (HasMemory<A>) state_.take({0, 1}, actor_.state_after(tape_, 0));
    }

    void add(int action, std::span<const std::uint8_t> legal, Sample& to) { add(std::span(&action, 1), legal, to); }
    void add(std::span<const int> action, std::span<const std::uint8_t> legal, Sample& to) {
        const DescribedDistribution& d = policy_.distribution;
        const double* row = head_.data();
        const std::uint8_t* mask = legal.empty() ? nullptr : legal.data();
        for (std::size_t k = 0; k < action.size(); ++k) {
            const bool is_choice = !d.choices.empty();
            const Index n = is_choice ? d.choices[k] : 1;
            const bool close = is_choice ? is_close_call(row, mask, n, unit_) : std::abs(*row) < 1e-4 * unit_;
            append(to.action, action[k], close ? 1e9 : 0, 0);
            row += n;
            if (mask != nullptr) mask += n;
        }
    }
    void add(std::span<const float> action, std::span<const std::uint8_t>, Sample& to) {
        const auto* hybrid = std::get_if<HybridSpace>(&policy_.spaces.action);
        const Box& box = hybrid != nullptr ? hybrid->box : std::get<Box>(policy_.spaces.action);
        for (std::size_t i = 0; i < action.size(); ++i) {
            const auto row = static_cast<Index>(i);
            const double b = static_cast<double>(action[i]);
            const double width = static_cast<double>(box.high_of(row)) - static_cast<double>(box.low_of(row));
            const double size = std::isfinite(width) ? width : std::max(1.0, std::abs(b));
            append(to.action, b, 1e-5 * std::max(unit_, size), 1e-6 * size);
        }
    }
    void add(const HybridAction& action, std::span<const std::uint8_t> legal, Sample& to) {
        add(action.choice, legal, to);
        add(action.values, legal, to);
    }

    const A& actor_;
    const PolicyDescription& policy_;
    double unit_;
    Acting<A, Space> acting_;
    Episode episode_;
    CarriedStates<typename A::Scalar> state_;
    MatrixBuffer<typename A::Scalar> observation_;
    typename A::Tape tape_;
    std::vector<double> head_;
};

/// Whether an actor takes a mask: where there are choices, but in a space of answers.
inline bool takes_masks(const PolicyDescription& policy) {
    return policy.distribution.mask_size() > 0 && !std::holds_alternative<MultiBinary>(policy.spaces.action);
}

inline Sample drawn(const PolicyDescription& policy, const PolicyForm& form, int n, Rng& rng) {
    Sample sample;
    const double deviation = n % 10 == 7 && form.mlp.normalize_observations ? 20 : 1.5;  // some beyond the limit of 10
    for (Index i = 0; i < policy.spaces.observation.size; ++i) {
        sample.observation.push_back(static_cast<float>(form.mean + deviation * rng.normal()));
    }
    if (n % 2 == 1 && takes_masks(policy)) {
        for (const Index choices : policy.distribution.choices) {
            std::vector<std::uint8_t> part(static_cast<std::size_t>(choices));
            detail::draw_mask(part, rng);
            sample.mask.insert(sample.mask.end(), part.begin(), part.end());
        }
    }
    // What is to be refused, here and there.
    if (n % 100 == 1) {
        sample.observation.back() =
            n % 200 == 1 ? std::numeric_limits<float>::quiet_NaN() : -std::numeric_limits<float>::infinity();
        sample.result = 1;
    }
    if (n % 100 == 3 && takes_masks(policy)) {
        std::fill(sample.mask.end() - policy.distribution.choices.back(), sample.mask.end(), std::uint8_t{0});
        sample.result = 2;
    }
    const bool may_overflow = form.scale > 100 && policy.scalar == Dtype::f32;
    if (n % 100 == 5 && may_overflow) sample.observation.assign(sample.observation.size(), 1e38F);
    return sample;
}

/// All samples of a policy, one behind the other.
template <class A>
std::vector<double> asked(const A& actor, const PolicyDescription& policy, const PolicyForm& form) {
    std::vector<double> all;
    const auto ask = [&](const auto& space) {
        Asked<A, std::remove_cvref_t<decltype(space)>> policy_asked(actor, policy, space, unit_of(form, policy.scalar));
        Rng rng(2);
        for (int n = 0; n < samples; ++n) {
            Sample sample = drawn(policy, form, n, rng);
            sample.begins = policy.network.memory && begins_at(n, rng);
            policy_asked.answer(sample);
            sample.append_to(all, policy.distribution.mask_size());
        }
    };
    std::visit(ask, policy.spaces.action);
    return all;
}

/// The same of a policy of one choice without masks, as tests compute what it does.
inline std::vector<double> computed_numbers(const PolicyDescription& policy) {
    std::vector<double> all;
    const ComputedSamples computed(policy, samples);
    const Index observed = policy.spaces.observation.size, choices = policy.distribution.choices[0];
    for (Index n = 0; n < samples; ++n) {
        Sample sample;
        const auto observation = computed.observation.begin() + n * observed;
        sample.observation.assign(observation, observation + observed);
        const double* const head = computed.head.data() + n * choices;
        for (Index i = 0; i < choices; ++i) append(sample.head, head[i], 1e-5 * std::max(1.0, std::abs(head[i])));
        const bool close = is_close_call(head, nullptr, choices, 1);
        append(sample.action, computed.integers[to_size(n)], close ? 1e9 : 0, close ? 1e9 : 0);
        sample.append_to(all, policy.distribution.mask_size());
    }
    return all;
}

}  // namespace gradiva_test
