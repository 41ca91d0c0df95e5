#pragma once

#include <cmath>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// The value of a state for who takes the best legal action there, V(s) = max_a Q(s, a): an actor whose head holds
/// action values, looked at as a value function. Borrows the actor, has no weights of its own.
template <Policy A>
class GreedyValue {
public:
    using Scalar = typename A::Scalar;

    struct Tape {
        typename A::Tape actor;
        Buffer<Scalar> value;
    };

    explicit GreedyValue(const A& actor) : actor_(&actor) {}

    Index observation_size() const { return actor_->observation_size(); }

    /// V(s) of every column of `observation` (D x batch), which must stay while the tape is in use; a view into it.
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
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, Tape& tape) const {
        return forward(observation, all_legal(observation.cols()), tape);
    }

private:
    const A* actor_;
};

}  // namespace GRADIVA_NAMESPACE
