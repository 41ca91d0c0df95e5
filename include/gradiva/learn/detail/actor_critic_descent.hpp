#pragma once

#include "gradiva/core/threads.hpp"
#include "gradiva/learn/losses.hpp"
#include "gradiva/learn/minibatch_descent.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The `MinibatchDescent` of actor and critic: two parts where the critic has weights of its own, else one.
template <Policy A, class C, class O>
auto actor_critic_descent(A& actor, C& critic, const O& optimizer, const UpdateOptions& options, Threads& threads,
                          Rng rng) {
    using OfActor = DescentPart<A, ActorScratch<A>, LossSums, O>;
    if constexpr (has_critic<C> && !learns_in_actor<C>) {
        using OfCritic = DescentPart<C, CriticScratch<C>, LossSums, O>;
        return MinibatchDescent<OfActor, OfCritic>(options, threads, rng, OfActor(actor, optimizer, "actor"),
                                                   OfCritic(critic, optimizer, "critic"));
    } else {
        return MinibatchDescent<OfActor>(options, threads, rng, OfActor(actor, optimizer, "actor"));
    }
}

}  // namespace GRADIVA_NAMESPACE::detail
