#pragma once

#include <cmath>
#include <span>
#include <utility>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/own_member.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/env/check_action.hpp"
#include "gradiva/policy/check_head.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// A behaviour whose actions are checked before environments get them, with the storage that acting on a batch needs.
/// Borrows the behaviour, and `who`, which begins the text of every error.
template <Behaviour B, ActionSpace Space>
class CheckedBehaviour {
public:
    using Scalar = typename B::Scalar;

    /// For batches of up to `columns` observations without an allocation in `check`.
    CheckedBehaviour(const char* who, const B& behaviour, const Space& action_space, Index columns)
        : who_(who), behaviour_(&behaviour), action_space_(action_space),
          converted_(behaviour.action_shape(), columns) {}

    /// Computes the distribution of each column of `observation` (D x n), which must stay valid until the log-probs of
    /// its actions are taken. `legal` has n columns, or no rows: all actions are legal.
    void forward(ConstMatrixRef<Scalar> observation, const ActionMask& legal) {
        behaviour_->forward(observation, legal, tape_);
    }

    /// The same for a behaviour with memory, and how the columns follow one another in time.
    void forward(ConstMatrixRef<Scalar> observation, const ActionMask& legal,
                 const Sequences<Scalar>& sequences) requires HasMemory<B> {
        behaviour_->forward(observation, legal, sequences, tape_);
    }
    /// The states after the first time step of the last batch.
    ConstMatrixMap<Scalar> state_after() const requires HasMemory<B> { return behaviour_->state_after(tape_, 0); }

    /// Writes an action of each distribution to `actions` (n columns) as the behaviour stores it: one sampled from the
    /// stream `rngs[j]`, or, where `rngs` is empty and the behaviour has a `mode`, the most probable one. Checks
    /// nothing.
    void draw(std::span<Rng> rngs, ActionView actions) const {
        if constexpr (requires { behaviour_->mode(tape_, actions); }) {
            if (rngs.empty()) {
                behaviour_->mode(tape_, actions);
                return;
            }
        }
        behaviour_->sample(tape_, rngs, actions);
    }

    /// Returns chosen actions as environments take them (see `Behaviour`), valid until the next call. Throws `Error`
    /// unless their heads (head_size x n) are finite, and they belong to the action space and are legal, as they are
    /// stored and as environments take them. Column j belongs to environment `environments.begin + j`.
    ConstActionView check(const ConstMatrixMap<Scalar>& head, const ActionMask& legal, const ConstActionView& chosen,
                          Range environments) {
        check_head<Scalar>(who_, head, legal, environments);
        return as_sent(legal, chosen, environments);
    }

    /// All three: an action for each column of `observation`, of environments 0 to n - 1, as these take it. Where a
    /// head is not finite, the `Error` comes before anything is drawn from `rngs`.
    ConstActionView act(const ConstMatrixRef<Scalar>& observation, const ActionMask& legal, std::span<Rng> rngs,
                        const ActionView& actions) {
        const Range environments{0, observation.cols()};
        if constexpr (requires { requires is_own_member<B, &B::forward_and_mode>; }) {
            if (rngs.empty()) {
                behaviour_->forward_and_mode(observation, legal, tape_, actions);
                return check(tape_.head, legal, actions, environments);
            }
        }
        forward(observation, legal);
        return choose(legal, rngs, actions, environments);
    }
    /// The same for a behaviour with memory, given the states of the environments.
    ConstActionView act(ConstMatrixRef<Scalar> observation, const ActionMask& legal, const Sequences<Scalar>& sequences,
                        std::span<Rng> rngs, ActionView actions) requires HasMemory<B> {
        forward(observation, legal, sequences);
        return choose(legal, rngs, actions, {0, observation.cols()});
    }

    /// Writes the log-probability of each of the last batch's actions as they are stored, which must be valid.
    void log_prob(const ConstActionView& chosen, VectorRef<Scalar> out) const {
        behaviour_->log_prob(tape_, chosen, out);
    }

    /// Throws `Error` unless log-probabilities, one for each of the environments, are finite.
    void check_log_prob(const VectorMap<Scalar>& log_prob, Range environments) const {
        for (Index j = 0; j < environments.size(); ++j) {
            require(std::isfinite(log_prob[j]),
                    "{}: the log-prob of environment {}'s action is {}; the policy's weights have diverged, or a "
                    "behaviour gave a log-prob that is not finite",
                    who_, environments.begin + j, log_prob[j]);
        }
    }

    /// What selected the distributions of the last batch (head_size x n).
    ConstMatrixMap<Scalar> head() const { return tape_.head; }

private:
    ConstActionView choose(const ActionMask& legal, std::span<Rng> rngs, const ActionView& actions,
                           Range environments) {
        check_head<Scalar>(who_, tape_.head, legal, environments);  // before a stream is drawn from
        draw(rngs, actions);
        return as_sent(legal, actions, environments);
    }

    /// The checks of `check` but for the head's, and the conversion.
    ConstActionView as_sent(const ActionMask& legal, const ConstActionView& chosen, Range environments) {
        check_actions(who_, action_space_, chosen, legal, environments);
        if constexpr (requires { behaviour_->to_environment(chosen, converted_.all()); }) {
            if constexpr (requires { behaviour_->converts_actions(); }) {
                if (!behaviour_->converts_actions()) return chosen;
            }
            converted_.resize(behaviour_->action_shape(), environments.size());
            behaviour_->to_environment(chosen, converted_.all());
            check_actions(who_, action_space_, std::as_const(converted_).all(), legal, environments);
            return std::as_const(converted_).all();
        } else {
            return chosen;
        }
    }

    const char* who_;
    const B* behaviour_;
    Space action_space_;
    typename B::Tape tape_;
    ActionBatch converted_;
};

}  // namespace GRADIVA_NAMESPACE
