#pragma once

#include <algorithm>
#include <cstdint>

#include "gradiva/rollout/minibatches.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// A minibatch: the samples of a rollout at consecutive positions of a shuffled order.
template <class Scalar>
struct OrderedSamples {
    const Rollout<Scalar>& rollout;
    const Minibatches& order;
    const Buffer<Scalar>& advantage;  ///< of each position of the order, normalised where the loss asks for it
    Range positions;                  ///< which positions of the order

    Index size() const { return positions.size(); }
    /// The samples t N + n.
    const Index* indices() const { return order.from(positions.begin); }
};

/// The data of n samples of a rollout, gathered into dense matrices of one column per sample. The buffers are reused
/// from one minibatch to the next; each `gather` function copies what its name says.
template <class Scalar>
struct SampleBatch {
    MatrixBuffer<Scalar> observation;  ///< D x n
    MatrixBuffer<std::uint8_t> mask;   ///< mask_size x n
    ActionBatch action;                ///< n
    MatrixBuffer<Scalar> old_head;     ///< head_size x n: heads of the policy that acted
    Buffer<Scalar> old_log_prob;       ///< n: of the policy that acted
    Buffer<Scalar> advantage;          ///< n: normalised where the loss asks for it
    Buffer<Scalar> old_value;          ///< n: V when the rollout was estimated
    Buffer<Scalar> value_target;       ///< n

    /// Observations, masks, actions, old log-probs and advantages: what a policy's loss needs without a KL term.
    void gather_for_actor(const OrderedSamples<Scalar>& from) {
        gather_observations(from);
        mask.gather_columns(from.rollout.mask.data(), from.rollout.mask_size, from.indices(), from.size());
        gather_actions(from);
        old_log_prob.gather(from.rollout.log_prob.data(), from.indices(), from.size());
        advantage.resize(from.size());
        std::copy_n(from.advantage.data() + from.positions.begin, from.size(), advantage.data());
    }

    void gather_actions(const OrderedSamples<Scalar>& from) {
        action.gather_columns(from.rollout.action, from.indices(), from.size());
    }

    /// Heads of the policy that acted, for the KL divergence from it.
    void gather_old_heads(const OrderedSamples<Scalar>& from) {
        old_head.gather_columns(from.rollout.head.data(), from.rollout.head_size, from.indices(), from.size());
    }

    /// Values before the update, for a clipped value loss.
    void gather_old_values(const OrderedSamples<Scalar>& from) {
        old_value.gather(from.rollout.value.data(), from.indices(), from.size());
    }

    /// Observations and value targets, what a critic's loss needs; `gather_targets` alone is enough where the
    /// observations are gathered already.
    void gather_for_critic(const OrderedSamples<Scalar>& from) {
        gather_observations(from);
        gather_targets(from);
    }

    void gather_targets(const OrderedSamples<Scalar>& from) {
        value_target.gather(from.rollout.value_target.data(), from.indices(), from.size());
    }

    /// Runs a policy's forward pass over the batch, which must outlive the use of the tape.
    template <class Policy>
    void forward(const Policy& policy, typename Policy::Tape& tape) const {
        policy.forward(observation.matrix(), mask.matrix(), tape);
    }

private:
    void gather_observations(const OrderedSamples<Scalar>& from) {
        observation.gather_columns(from.rollout.observation.data(), from.rollout.observation_size, from.indices(),
                                   from.size());
    }
};

}  // namespace GRADIVA_NAMESPACE
