#pragma once

#include <cstdint>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/nn/sequences.hpp"
#include "gradiva/rollout/batch_layout.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// The data of n samples of a rollout, gathered into dense matrices of one column per sample (see `BatchLayout`). The
/// buffers are reused from one minibatch to the next; each `gather` function copies what its name says.
/// `gather_observations`, and with it `gather_for_actor` and `gather_for_critic`, choose the samples; the others follow
/// one of them.
template <class Scalar>
struct SampleBatch {
    BatchLayout layout;                 ///< the sample of each column
    MatrixBuffer<Scalar> observation;   ///< D x n
    MatrixBuffer<std::uint8_t> mask;    ///< mask_size x n
    ActionBatch action;                 ///< n
    MatrixBuffer<Scalar> old_head;      ///< head_size x n: heads of the policy that acted
    Buffer<Scalar> old_log_prob;        ///< n: of the policy that acted
    Buffer<Scalar> advantage;           ///< n: normalised where the loss asks for it
    Buffer<Scalar> old_value;           ///< n: V when the rollout was estimated
    Buffer<Scalar> value_target;        ///< n
    MatrixBuffer<Scalar> actor_state;   ///< of each sequence: the state of a policy with memory before its first step
    MatrixBuffer<Scalar> critic_state;  ///< the same of a critic with memory

    void gather_observations(const OrderedSamples<Scalar>& from) {
        layout.arrange(from);
        observation.gather_columns(from.rollout.observation.data(), from.rollout.observation_size, layout.samples(),
                                   layout.size());
    }

    /// The states of a policy with memory before the sequences, where the rollout has any; and those of a critic.
    void gather_actor_states(const OrderedSamples<Scalar>& from) {
        layout.gather_states(from.rollout.actor_state, actor_state);
    }
    void gather_critic_states(const OrderedSamples<Scalar>& from) {
        layout.gather_states(from.rollout.critic_state, critic_state);
    }

    /// Observations, states, masks, actions, old log-probs and advantages: what a policy's loss needs without a KL
    /// term.
    void gather_for_actor(const OrderedSamples<Scalar>& from) {
        gather_observations(from);
        gather_actor_states(from);
        gather_masks(from);
        gather_actions(from);
        old_log_prob.gather(from.rollout.log_prob.data(), layout.samples(), layout.size());
        layout.gather_places(from.advantage, advantage);
    }

    void gather_masks(const OrderedSamples<Scalar>& from) {
        mask.gather_columns(from.rollout.mask.data(), from.rollout.mask_size, layout.samples(), layout.size());
    }

    void gather_actions(const OrderedSamples<Scalar>& from) {
        action.gather_columns(from.rollout.action, layout.samples(), layout.size());
    }

    /// Heads of the policy that acted, for the KL divergence from it.
    void gather_old_heads(const OrderedSamples<Scalar>& from) {
        old_head.gather_columns(from.rollout.head.data(), from.rollout.head_size, layout.samples(), layout.size());
    }

    /// Values before the update, for a clipped value loss.
    void gather_old_values(const OrderedSamples<Scalar>& from) {
        old_value.gather(from.rollout.value.data(), layout.samples(), layout.size());
    }

    /// Observations, states and value targets, what a critic's loss needs; `gather_targets` alone is enough for one
    /// that learns in the actor's passes.
    void gather_for_critic(const OrderedSamples<Scalar>& from) {
        gather_observations(from);
        gather_critic_states(from);
        gather_targets(from);
    }

    void gather_targets(const OrderedSamples<Scalar>& from) {
        value_target.gather(from.rollout.value_target.data(), layout.samples(), layout.size());
    }

    /// Runs a policy's forward pass over the batch, which must outlive the use of the tape. Throws `Error` where the
    /// policy has memory and the rollout no states for it.
    template <class Policy>
    void forward(const Policy& policy, typename Policy::Tape& tape) const {
        run(policy, tape, actor_state, "collect it by this policy", mask.matrix());
    }

    /// Runs a critic's forward pass over the batch; the same holds. Returns the value of each column.
    template <class Critic>
    ConstVectorMap<Scalar> values(const Critic& critic, typename Critic::Tape& tape) const {
        return run(critic, tape, critic_state, "have an Estimator of this critic value it");
    }

    /// Runs the forward pass of a policy's network over the batch; the same holds.
    template <class Network>
    ConstMatrixMap<Scalar> outputs(const Network& network, typename Network::Tape& tape) const {
        return run(network, tape, actor_state, "collect it by this policy");
    }

private:
    /// The forward pass of a policy, a critic or a network, with masks where they are given: over sequences from these
    /// states where it has memory. `mend` says how a rollout gets such states.
    template <class Part, class Tape, class... Masks>
    decltype(auto) run(const Part& part, Tape& tape, [[maybe_unused]] const MatrixBuffer<Scalar>& states,
                       [[maybe_unused]] const char* mend, const Masks&... masks) const {
        if constexpr (HasMemory<Part>) {
            check_states(states, part.state_size(), mend);
            const Sequences<Scalar> sequences{layout.width(), layout.begins(), states.matrix()};
            return part.forward(observation.matrix(), masks..., sequences, tape);
        } else {
            return part.forward(observation.matrix(), masks..., tape);
        }
    }

    void check_states(const MatrixBuffer<Scalar>& states, Index size, const char* mend) const {
        require(states.rows() == size,
                "update: the rollout has states of {} numbers, where the memory of the network has {}; {}",
                states.rows(), size, mend);
        require(layout.starts_at_states(),
                "update: sequences do not start where the rollout has states, every `sequence` steps; give "
                "Minibatches::reset its steps_of_sequence()");
    }
};

}  // namespace GRADIVA_NAMESPACE
