#pragma once

#include "gradiva/core/threads.hpp"
#include "gradiva/learn/losses.hpp"
#include "gradiva/learn/minibatch_descent.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Where the critic's weights are the actor's, one shard works on both losses.
template <Policy A, class C>
struct JointScratch : ActorScratch<A> {
    CriticScratch<C> critic;
};

/// The descent of actor and critic, in two parts where the critic has weights of its own.
template <Policy A, class C, class O>
auto actor_critic_descent(A& actor, C& critic, const O& optimizer, const UpdateOptions& options, Threads& threads,
                          Rng rng) {
    if constexpr (learns_in_actor<C>) {
        using Joint = DescentPart<A, JointScratch<A, C>, LossSums, O>;
        return MinibatchDescent<Joint>(options, threads, rng, Joint(actor, optimizer, "actor's"));
    } else if constexpr (has_critic<C>) {
        using OfActor = DescentPart<A, ActorScratch<A>, LossSums, O>;
        using OfCritic = DescentPart<C, CriticScratch<C>, LossSums, O>;
        return MinibatchDescent<OfActor, OfCritic>(options, threads, rng, OfActor(actor, optimizer, "actor's"),
                                                   OfCritic(critic, optimizer, "critic's"));
    } else {
        using OfActor = DescentPart<A, ActorScratch<A>, LossSums, O>;
        return MinibatchDescent<OfActor>(options, threads, rng, OfActor(actor, optimizer, "actor's"));
    }
}

}  // namespace GRADIVA_NAMESPACE::detail
