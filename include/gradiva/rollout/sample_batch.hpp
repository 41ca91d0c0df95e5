#pragma once

#include "gradiva/rollout/minibatches.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace gradiva {

/// Some samples of a rollout side by side, one per column, in buffers that are kept from one use to the next.
template <class Scalar>
struct SampleBatch {
    MatrixBuffer<Scalar> observation;  ///< D x n
    MatrixBuffer<std::uint8_t> mask;   ///< mask_size x n
    ActionBatch action;                ///< n
    MatrixBuffer<Scalar> old_head;     ///< head_size x n: heads of the policy that acted
    Buffer<Scalar> old_log_prob;       ///< n: of the policy that acted
    Buffer<Scalar> old_value;          ///< n: V when the rollout was estimated
    Buffer<Scalar> value_target;       ///< n

    /// Copies the samples at these positions of the order.
    void gather(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        gather_for_actor(rollout, order, positions);
        gather_targets(rollout, order, positions);
    }

    /// What the policy learns from only.
    void gather_for_actor(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        const Index n = positions.size();
        gather_observations(rollout, order, positions);
        mask.resize(rollout.mask_size, n);
        action.resize(rollout.action_shape, n);
        old_head.resize(rollout.head_size, n);
        old_log_prob.resize(n);
        for (Index j = 0; j < n; ++j) {
            const Index sample = order[positions.begin + j];
            for (Index i = 0; i < rollout.mask_size; ++i) mask(i, j) = rollout.mask(i, sample);
            for (Index i = 0; i < rollout.head_size; ++i) old_head(i, j) = rollout.head(i, sample);
            action.copy_column(j, rollout.action, sample);
            old_log_prob[j] = rollout.log_prob.data()[sample];
        }
    }

    /// What a critic learns from only; `gather_targets` is enough where the observations are already here.
    void gather_for_critic(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        gather_observations(rollout, order, positions);
        gather_targets(rollout, order, positions);
    }

    void gather_targets(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        old_value.resize(positions.size());
        value_target.resize(positions.size());
        for (Index j = 0; j < positions.size(); ++j) {
            const Index sample = order[positions.begin + j];
            old_value[j] = rollout.value.data()[sample];
            value_target[j] = rollout.value_target.data()[sample];
        }
    }

    /// Runs a policy over the batch, which must stay while the tape is in use.
    template <class Policy>
    void forward(const Policy& policy, typename Policy::Tape& tape) const {
        policy.forward(observation.matrix(), mask.matrix(), tape);
    }

private:
    void gather_observations(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        observation.resize(rollout.observation_size, positions.size());
        for (Index j = 0; j < positions.size(); ++j) {
            const Index sample = order[positions.begin + j];
            for (Index i = 0; i < rollout.observation_size; ++i) {
                observation(i, j) = static_cast<Scalar>(rollout.observation(i, sample));
            }
        }
    }
};

}  // namespace gradiva
