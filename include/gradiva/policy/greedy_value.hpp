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

    /// Storage of one forward pass.
    struct Tape {
        typename A::Tape actor;
        Buffer<Scalar> value;  ///< V of each column
    };

    explicit GreedyValue(const A& actor) : actor_(&actor) {}

    Index observation_size() const { return actor_->observation_size(); }

    /// V(s) of each column of `observation` (observation_size x batch), a view into the tape; NaN where a Q is NaN. The
    /// observation must outlive the tape's use.
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, ActionMask legal, Tape& tape) const {
        actor_->forward(observation, legal, tape.actor);
        const auto& q = tape.actor.head;
        tape.value.resize(q.cols());
        for (Index j = 0; j < q.cols(); ++j) {
            Scalar largest = q(0, j);
            for (Index i = 1; i < q.rows(); ++i) largest = q(i, j) > largest || std::isnan(q(i, j)) ? q(i, j) : largest;
            tape.value[j] = largest;
        }
        return std::as_const(tape.value).vector();
    }
    /// The same without a mask.
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, Tape& tape) const {
        return forward(observation, all_legal(observation.cols()), tape);
    }

    /// Without state of its own.
    void visit_state(State&) {}

private:
    const A* actor_;
};

}  // namespace GRADIVA_NAMESPACE
