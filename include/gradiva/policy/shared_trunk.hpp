#pragma once

#include <span>

#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/sequences.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/policy/recurrent_trunk.hpp"
#include "gradiva/policy/trunk_network.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

template <class A>
concept HasSharedTrunk = requires(const A& actor, typename A::Tape& tape, ConstVectorRef<typename A::Scalar> d_value,
                                  std::span<typename A::Scalar> gradient) {
    actor.network().value(tape.network);
    actor.network().value_backward(tape.network, d_value, gradient);
};

template <class A>
consteval bool explain_shared_critic() {
    static_assert(
        HasSharedTrunk<A>,
        "gradiva: SharedCritic needs an actor whose network is a SharedTrunk or RecurrentTrunk: Actor actor(envs, "
        "SharedTrunk{}); SharedCritic critic(actor);");
    return HasSharedTrunk<A>;
}

}  // namespace detail

/// The value function of an actor with a `SharedTrunk` or `RecurrentTrunk`. Borrows the actor, which owns all weights:
/// the critic's own span is empty, and its gradient is added to the actor's. With memory its state is the actor's.
/// Models `ValueFunction`.
template <class A>
class SharedCritic {
    static_assert(detail::explain_shared_critic<A>());

public:
    using Scalar = typename A::Scalar;
    using Tape = typename A::Tape;
    static constexpr bool learns_in_actor = true;
    static constexpr bool reads_actor_state = HasMemory<A>;
    /// True where it is for the actor; see `acts_column_by_column`.
    static constexpr bool column_by_column = acts_column_by_column<A>;

    explicit SharedCritic(A& actor) : actor_(&actor) {}

    Index observation_size() const { return actor_->observation_size(); }
    std::span<Scalar> weights() { return {}; }

    /// V of each column of `observation` (observation_size x batch), a view into the tape.
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, Tape& tape) const requires(!HasMemory<A>) {
        actor_->network().forward(observation, tape.network);
        return value(tape);
    }
    /// The same for a trunk with memory; see `RecurrentModule`.
    template <HasMemory = A>
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, const Sequences<Scalar>& sequences,
                                   Tape& tape) const {
        actor_->network().forward(observation, sequences, tape.network);
        return value(tape);
    }
    template <HasMemory = A>
    Index state_size() const {
        return actor_->state_size();
    }
    template <HasMemory = A>
    ConstMatrixMap<Scalar> state_after(const Tape& tape, Index step) const {
        return actor_->state_after(tape, step);
    }
    /// V of the last forward pass with this tape, the actor's or the critic's.
    ConstVectorMap<Scalar> value(const Tape& tape) const { return actor_->network().value(tape.network); }
    /// Storage for dL/dV, to be written by the caller; the actor's next backward pass with this tape includes it.
    VectorMap<Scalar> d_value(Tape& tape) const { return actor_->network().d_value(tape.network); }

    /// Adds dL/dweights to `actor_gradient`, of the size of the actor's weights, given dL/dV of each column.
    void backward(Tape& tape, ConstVectorRef<Scalar> d_value, std::span<Scalar> actor_gradient) const {
        actor_->network().value_backward(tape.network, d_value, actor_gradient);
    }

    /// Without state of its own.
    void visit_state(State&) {}

private:
    A* actor_;
};

}  // namespace GRADIVA_NAMESPACE
