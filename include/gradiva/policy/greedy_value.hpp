#pragma once

#include <cmath>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// The greedy state value V(s) = max_a Q(s, a) over legal actions, where the actor's head holds the action values Q.
/// Borrows the actor, which must outlive it; has no weights of its own.
template <Policy A>
class GreedyValue {
public:
    using Scalar = typename A::Scalar;
    static constexpr bool reads_actor_state = true;
    static constexpr bool column_by_column = acts_column_by_column<A>;

    /// Storage of one forward pass.
    struct Tape {
        typename A::Tape actor;
        Buffer<Scalar> value;  ///< V of each column
    };

    explicit GreedyValue(const A& actor) : actor_(&actor) {}

    Index observation_size() const { return actor_->observation_size(); }

    /// V(s) of each column of `observation` (observation_size x batch), a view into the tape; NaN where a Q is NaN. The
    /// observation must outlive the tape's use.
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, ActionMask legal, Tape& tape) const
        requires(!HasMemory<A>) {
        actor_->forward(observation, legal, tape.actor);
        return largest(tape);
    }
    /// The same without a mask.
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, Tape& tape) const requires(!HasMemory<A>) {
        return forward(observation, all_legal(observation.cols()), tape);
    }

    /// The same for an actor with memory, whose state is that of the values.
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, ActionMask legal,
                                   const Sequences<Scalar>& sequences, Tape& tape) const requires HasMemory<A> {
        actor_->forward(observation, legal, sequences, tape.actor);
        return largest(tape);
    }
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, const Sequences<Scalar>& sequences,
                                   Tape& tape) const requires HasMemory<A> {
        return forward(observation, all_legal(observation.cols()), sequences, tape);
    }
    Index state_size() const requires HasMemory<A> { return actor_->state_size(); }
    ConstMatrixMap<Scalar> state_after(const Tape& tape, Index step) const requires HasMemory<A> {
        return actor_->state_after(tape.actor, step);
    }

    /// Without state of its own.
    void visit_state(State&) {}

private:
    static ConstVectorMap<Scalar> largest(Tape& tape) {
        const auto& q = tape.actor.head;
        tape.value.resize(q.cols());
        for (Index j = 0; j < q.cols(); ++j) {
            Scalar largest = q(0, j);
            for (Index i = 1; i < q.rows(); ++i) largest = q(i, j) > largest || std::isnan(q(i, j)) ? q(i, j) : largest;
            tape.value[j] = largest;
        }
        return std::as_const(tape.value).vector();
    }
    const A* actor_;
};

}  // namespace GRADIVA_NAMESPACE
