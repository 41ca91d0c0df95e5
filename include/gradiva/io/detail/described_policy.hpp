#pragma once

#include "gradiva/core/namespace.hpp"

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/io/detail/check_network.hpp"
#include "gradiva/io/detail/described_distribution.hpp"
#include "gradiva/io/detail/described_network.hpp"
#include "gradiva/io/detail/stored_part.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/policy/check_fit.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Files that were written before a Box could have a shape have none.
inline Box described_box(const StoredPart& part) {
    return {.shape = part.has("shape") ? part.numbers<Index>("shape") : std::vector<Index>(),
            .size = part.number<Index>("size"),
            .low = part.numbers<float>("low"),
            .high = part.numbers<float>("high")};
}

inline AnyActionSpace described_action_space(const StoredPart& part) {
    const std::string kind = part.text("kind");
    const StoredPart space = part.part("space");
    if (kind == "Discrete") return Discrete{.n = space.number<Index>("n")};
    if (kind == "Box") return described_box(space);
    if (kind == "MultiDiscrete") {
        const std::vector<Index> n = space.numbers<Index>("n");
        check_choices(space, "n", n);
        return MultiDiscrete{.n = n};
    }
    if (kind == "MultiBinary") return MultiBinary{.size = space.number<Index>("size")};
    require(kind == "HybridSpace", "{}: {} is {}, which this version does not know", part.who(), part.of("kind"),
            printable(kind));
    return HybridSpace{.choice = {.n = space.number<Index>("choice/n")}, .box = described_box(space.part("box"))};
}

inline Spaces described_spaces(const StoredPart& actor) {
    require(actor.flag("has_spaces"),
            "{}: the actor was not built from environments, and its spaces are not known; save it by "
            "save_policy(file, actor, envs)",
            actor.who());
    const StoredPart part = actor.part("spaces");
    return {.observation = described_box(part.part("observation")),
            .action = described_action_space(part.part("action")),
            .masked = part.flag("masked")};
}

/// Throws `Error` unless the parts of a policy fit together.
inline void check_description(const std::string& who, const PolicyDescription& policy) {
    const DescribedDistribution& d = policy.distribution;
    check_network(who, policy.network, policy.spaces.observation.size);
    require(policy.network.outputs() == d.head_size(), "{}: the network has {} outputs and the head {} rows", who,
            policy.network.outputs(), d.head_size());
    std::visit(
        [&](const auto& space) {
            const ActionShape shape = action_shape_of(space);
            const auto integers = static_cast<Index>(d.choices.size()) + d.answers;
            require(shape.integers == integers && shape.reals == d.dimensions,
                    "{}: the distribution gives {} integers and {} real numbers, and the action space is {}", who,
                    integers, d.dimensions, describe(space));
            bool equal = choices_of(space) == 0 || choices_of(space) == d.mask_size();
            if constexpr (std::same_as<decltype(space), const MultiDiscrete&>) equal = space.n == d.choices;
            require(equal && (!policy.spaces.masked || choices_of(space) > 0),
                    "{}: the distribution has {} choices, and the action space is {}", who, d.mask_size(),
                    describe(space));
        },
        policy.spaces.action);
}

/// The actor at `path` in an image, such as "actor"; `otherwise`, if not null, are its spaces where the image has none.
/// Throws an `Error` that begins with `who` where it is not whole, or has numbers that are not finite.
inline PolicyDescription described_policy(const std::string& who, const StateImage& image, const std::string& path,
                                          const Spaces* otherwise = nullptr) {
    const StoredPart actor(who, image, path);
    PolicyDescription policy;
    StoredNetwork stored = described_network(actor.part("network"));
    policy.scalar = stored.scalar;
    policy.network = std::move(stored.network);
    policy.distribution = described_distribution(actor.part("distribution"), std::move(stored.own_parameters));
    const bool use_others = otherwise != nullptr && !actor.flag("has_spaces");
    policy.spaces = use_others ? *otherwise : described_spaces(actor);
    require(stored.observed == policy.spaces.observation.size,
            "{}: the network has {} inputs and observations have {} numbers", who, stored.observed,
            policy.spaces.observation.size);
    check_description(who, policy);  // sizes are those of numbers that were read, before anything goes over them
    check_observation_space(who.c_str(), policy.spaces.observation);
    std::visit([&](const auto& space) { check_action_space(who.c_str(), space); }, policy.spaces.action);
    return policy;
}

}  // namespace GRADIVA_NAMESPACE::detail
