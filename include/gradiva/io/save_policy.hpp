#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <vector>

#include "gradiva/core/state_image.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/io/describe_policy.hpp"
#include "gradiva/io/detail/policy_file.hpp"
#include "gradiva/io/policy_examples.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class A, class C>
void save_parts(const std::string& path, const A& actor, const C& critic) {
    static_assert(explain_described<A>());
    A actor_copy = actor;  // to visit an object may change it
    C critic_copy = critic;
    PolicyParts<A, C> parts{actor_copy, critic_copy};
    const StateImage image = image_of(parts);
    const std::string who = "save_policy '" + path + "'";
    const PolicyDescription policy = described_policy(who, image, "actor");
    check_critic(who, image);
    write_policy(path, image, policy_examples(actor, policy));
}

}  // namespace detail

/// Saves a policy with all that acting needs, and with the critic all that fine-tuning needs: networks with their
/// normalisers, distribution, spaces, whether masks are needed, and the examples that prove it (see `PolicyExamples`).
/// A safetensors file, which replaces a former one as a whole; docs/deployment.md says what is inside. Read it by
/// `SavedPolicy` or `load_policy`. Networks and distributions are the library's own.
///
/// An actor that was not built from environments needs them here. Throws `Error`, and leaves a former file, where
/// weights are not finite, the actor does not fit the environments, or the file cannot be written.
template <class A>
void save_policy(const std::string& path, const A& actor) {
    detail::save_parts(path, actor, NoCritic{});
}
template <class A, ValueFunction C>
void save_policy(const std::string& path, const A& actor, const C& critic) {
    detail::save_parts(path, actor, critic);
}
template <class A, VectorEnv V>
void save_policy(const std::string& path, const A& actor, const V& envs) {
    static_assert(detail::explain_described<A>());
    save_policy(path, detail::with_spaces_of("save_policy", actor, envs));
}
template <class A, ValueFunction C, VectorEnv V>
void save_policy(const std::string& path, const A& actor, const C& critic, const V& envs) {
    static_assert(detail::explain_described<A>());
    save_policy(path, detail::with_spaces_of("save_policy", actor, envs), critic);
}

}  // namespace GRADIVA_NAMESPACE
