#pragma once

#include <algorithm>

#include "gradiva/rollout/minibatches.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// Some samples of a rollout side by side, one per column, in buffers that are kept from one use to the next.
template <class Scalar>
struct SampleBatch {
    MatrixBuffer<Scalar> observation;  ///< D x n
    MatrixBuffer<std::uint8_t> mask;   ///< mask_size x n
    ActionBatch action;                ///< n
    MatrixBuffer<Scalar> old_head;     ///< head_size x n: heads of the policy that acted
    Buffer<Scalar> old_log_prob;       ///< n: of the policy that acted
    Buffer<Scalar> advantage;          ///< n: as the loss is to see it
    Buffer<Scalar> old_value;          ///< n: V when the rollout was estimated
    Buffer<Scalar> value_target;       ///< n

    /// Copies what a policy learns from at these positions of the order, but for the heads of the policy that acted.
    /// The advantages come in that order already.
    void gather_for_actor(const Rollout<Scalar>& rollout, const Minibatches& order,
                          const Buffer<Scalar>& ordered_advantage, Range positions) {
        const Index *const samples = order.from(positions.begin), n = positions.size();
        gather_observations(rollout, order, positions);
        mask.gather_columns(rollout.mask.data(), rollout.mask_size, samples, n);
        gather_actions(rollout, order, positions);
        old_log_prob.gather(rollout.log_prob.data(), samples, n);
        advantage.resize(n);
        std::copy_n(ordered_advantage.data() + positions.begin, n, advantage.data());
    }

    void gather_actions(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        action.gather_columns(rollout.action, order.from(positions.begin), positions.size());
    }

    void gather_old_heads(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        old_head.gather_columns(rollout.head.data(), rollout.head_size, order.from(positions.begin), positions.size());
    }

    /// What clipping of values needs.
    void gather_old_values(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        old_value.gather(rollout.value.data(), order.from(positions.begin), positions.size());
    }

    /// What a critic learns from, but for the values it gave before; `gather_targets` is enough where the
    /// observations are already here.
    void gather_for_critic(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        gather_observations(rollout, order, positions);
        gather_targets(rollout, order, positions);
    }

    void gather_targets(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        value_target.gather(rollout.value_target.data(), order.from(positions.begin), positions.size());
    }

    /// Runs a policy over the batch, which must stay while the tape is in use.
    template <class Policy>
    void forward(const Policy& policy, typename Policy::Tape& tape) const {
        policy.forward(observation.matrix(), mask.matrix(), tape);
    }

private:
    void gather_observations(const Rollout<Scalar>& rollout, const Minibatches& order, Range positions) {
        observation.gather_columns(rollout.observation.data(), rollout.observation_size, order.from(positions.begin),
                                   positions.size());
    }
};

}  // namespace GRADIVA_NAMESPACE
