#pragma once

#include "gradiva/core/namespace.hpp"

#include <memory>
#include <string>
#include <string_view>

#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/io/describe_policy.hpp"
#include "gradiva/io/detail/check_examples.hpp"
#include "gradiva/io/detail/policy_file.hpp"
#include "gradiva/io/detail/policy_of.hpp"
#include "gradiva/nn/sequences.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `load_policy` and `SavedPolicy`.
struct LoadPolicyOptions {
    /// Of a checkpoint: "actor", or "best_actor", that of a `BestActor`. A saved policy has "actor" only.
    std::string part = "actor";
};

namespace detail {

/// The arrays of `from` whose names begin with `path`/, under the name `name`/..., but those of an actor's spaces.
inline void add_renamed(const StateImage& from, const std::string& path, const std::string& name, StateImage& to) {
    for (const StateArray& array : from.arrays()) {
        if (!array.path.starts_with(path + "/")) continue;
        const std::string piece = array.path.substr(path.size() + 1);
        if (piece == "has_spaces" || piece.starts_with("spaces/")) continue;
        StateArray& copy = to.at(name + "/" + piece);
        copy.type = array.type;
        copy.shape = array.shape;
        copy.data = array.data;
        copy.bytes = array.bytes;
    }
}

/// The same of an actor's spaces.
inline void add_spaces(const StateImage& from, StateImage& to) {
    for (const StateArray& array : from.arrays()) {
        if (array.path != "actor/has_spaces" && !array.path.starts_with("actor/spaces/")) continue;
        StateArray& copy = to.at(array.path);
        copy.type = array.type;
        copy.shape = array.shape;
        copy.own = array.own;
        copy.data = copy.own.data();
        copy.bytes = array.bytes;
    }
}

template <class A>
void check_same_spaces(const std::string& who, const A& actor, const PolicyDescription& policy) {
    if (actor.spaces() == nullptr) return;
    const Spaces& here = *actor.spaces();
    require(
        here == policy.spaces,
        "{}: it is a policy for {}, observations of {} numbers and {} masks, and the actor here is for {}, {} numbers "
        "and {} masks, or bounds or shapes differ; build it from the same environments",
        who, describe(policy.spaces.action), policy.spaces.observation.size, policy.spaces.masked ? "with" : "no",
        describe(here.action), here.observation.size, here.masked ? "with" : "no");
}

/// Replays the examples of a policy that has the scalar type of the actor A, and a memory where A has one.
template <class A>
void check_examples(const PolicyFile& file, const PolicyDescription& policy) {
    using Scalar = typename A::Scalar;
    if constexpr (HasMemory<A>) {
        check_examples(file.who(), recurrent_policy_of<Scalar>(policy), policy, file.examples(policy));
    } else {
        check_examples(file.who(), policy_of<Scalar>(policy), policy, file.examples(policy));
    }
}

template <class A, class C>
void load_parts(const std::string& path, A& actor, C& critic, const LoadPolicyOptions& options) {
    static_assert(explain_described<A>());
    const PolicyFile file("load_policy", path, options.part);
    const PolicyDescription policy = file.description(actor.spaces());
    check_same_spaces(file.who(), actor, policy);
    if constexpr (has_critic<C>) check_critic(file.who(), file.image());
    PolicyParts<A, C> parts{actor, critic};
    StateImage image;
    add_renamed(file.image(), file.actor(), "actor", image);
    if constexpr (has_critic<C>) add_renamed(file.image(), "critic", "critic", image);
    add_spaces(image_of(parts), image);
    const bool is_alike =
        policy.scalar == dtype_of<typename A::Scalar>() && policy.network.memory.has_value() == HasMemory<A>;
    if (file.has_examples() && is_alike) check_examples<A>(file, policy);
    restore(file.who(), image, parts);
}

}  // namespace detail

/// Fills an actor, and a critic if it is given, with what `save_policy` or `Checkpoint` wrote, to act or to be trained
/// further. Both have the networks, the distribution and the spaces of those that were saved. The examples of a saved
/// policy are replayed. Throws `Error`, and changes nothing, where the file is damaged, of another kind or of another
/// policy, which is named by its first difference.
template <class A>
void load_policy(const std::string& path, A& actor, const LoadPolicyOptions& options = {}) {
    NoCritic none;
    detail::load_parts(path, actor, none, options);
}
template <class A, ValueFunction C>
void load_policy(const std::string& path, A& actor, C& critic, const LoadPolicyOptions& options = {}) {
    detail::load_parts(path, actor, critic, options);
}

}  // namespace GRADIVA_NAMESPACE
