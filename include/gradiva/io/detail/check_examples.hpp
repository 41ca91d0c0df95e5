#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/io/detail/real_bounds.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"
#include "gradiva/kernels/softmax/log_softmax.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The largest difference of two heads that count as equal, by the size of one.
inline constexpr double example_tolerance = 1e-5;

/// The greedy action of example n's head, as environments take it; `own` are the distribution's own parameters.
template <class D, class Space>
PolicyExamples action_of_head(const D& distribution, std::span<const typename D::Scalar> own, const Space& space,
                              const PolicyExamples& examples, Index n) {
    using Scalar = typename D::Scalar;
    MatrixBuffer<Scalar> head(distribution.head_size(), 1);
    const std::span<const double> stored = example(examples.head, n);
    std::transform(stored.begin(), stored.end(), head.data(), [](double x) { return static_cast<Scalar>(x); });
    const std::span<const std::uint8_t> mask = example(examples.mask, n);
    const ActionMask legal(mask.data(), static_cast<Index>(mask.size()), 1);
    if (legal.rows() > 0) kernels::mask_logits<Scalar>(legal, head.matrix());
    typename D::Tape tape;
    distribution.forward(std::as_const(head).matrix(), own, tape);
    ActionBatch chosen(distribution.action_shape(), 1), sent(distribution.action_shape(), 1);
    distribution.mode(tape, chosen.all());
    distribution.to_environment(std::as_const(chosen).all(), sent.all());
    PolicyExamples action;
    append_action(SentActions<Space>(space, 1)(std::as_const(sent).all(), 0, 0), action);
    return action;
}

/// The width of element `i` of a box, or the size of the number where it has no bounds.
inline double scale_of(const Box& box, Index i, float value) {
    const double width = static_cast<double>(box.high_of(i)) - static_cast<double>(box.low_of(i));
    return std::isfinite(width) ? width : std::max(1.0, std::abs(static_cast<double>(value)));
}

/// Throws `Error` unless the examples of a policy with memory say where episodes begin, and the first one does.
inline void check_begins(const std::string& who, const PolicyDescription& policy, const PolicyExamples& examples) {
    if (!policy.network.memory) return;
    const std::vector<std::uint8_t>& begins = examples.begins;
    const bool right = static_cast<Index>(begins.size()) == PolicyExamples::count && begins[0] == 1 &&
                       std::all_of(begins.begin(), begins.end(), [](std::uint8_t begin) { return begin <= 1; });
    require(right,
            "{}: the examples of a policy with memory say by {} numbers 0 and 1 where an episode begins, 1 of the "
            "first; the file was edited",
            who, PolicyExamples::count);
}

/// Throws `Error` unless the distribution of an actor gives the actions of the examples for their heads.
template <class D>
void check_example_actions(const std::string& who, const D& distribution, std::span<const typename D::Scalar> own,
                           const PolicyDescription& policy, const PolicyExamples& examples) {
    const auto check = [&](const auto& space) {
        check_mask(who.c_str(), space,
                   ActionMask(examples.mask.data(), static_cast<Index>(examples.mask.size()) / PolicyExamples::count,
                              PolicyExamples::count),
                   {0, PolicyExamples::count}, "the examples");
        for (Index n = 0; n < PolicyExamples::count; ++n) {
            const PolicyExamples action = action_of_head(distribution, own, space, examples, n);
            const std::span<const int> integers = example(examples.integers, n);
            const std::span<const float> reals = example(examples.reals, n);
            bool equal = std::equal(integers.begin(), integers.end(), action.integers.begin());
            for (std::size_t i = 0; i < reals.size(); ++i) {
                const double difference =
                    std::abs(static_cast<double>(reals[i]) - static_cast<double>(action.reals[i]));
                const double scale = scale_of(*box_in(policy.spaces.action), static_cast<Index>(i), reals[i]);
                equal = equal && std::isfinite(reals[i]) && difference <= example_tolerance * scale;
            }
            require(equal, "{}: the head of example {} gives another action than was saved; the file was edited", who,
                    n);
        }
    };
    std::visit(check, policy.spaces.action);
}

/// Throws `Error` unless the actor gives the heads of the examples, each within 1e-5 max(1, |head|), and their heads
/// the actions: integers exactly, real numbers within 1e-5 of the box's width, or of max(1, |action|) without bounds.
template <class A>
void check_examples(const std::string& who, const A& actor, const PolicyDescription& policy,
                    const PolicyExamples& examples) {
    check_begins(who, policy, examples);
    PolicyExamples now{.observation = examples.observation, .begins = examples.begins};
    add_heads(actor, now);
    const Index size = policy.network.outputs();
    for (std::size_t i = 0; i < now.head.size(); ++i) {
        const double stored = examples.head[i], head = now.head[i];
        require(std::isfinite(stored) && std::abs(head - stored) <= example_tolerance * std::max(1.0, std::abs(stored)),
                "{}: row {} of the head of example {} is {} where it was saved and {} here; the file was edited, or "
                "this build computes otherwise",
                who, static_cast<Index>(i) % size, static_cast<Index>(i) / size, stored, head);
    }
    check_example_actions(who, actor.distribution(), actor.own_parameters(), policy, examples);
}

}  // namespace GRADIVA_NAMESPACE::detail
