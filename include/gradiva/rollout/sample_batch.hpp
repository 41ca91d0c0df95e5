#pragma once

#include <algorithm>
#include <cstdint>

#include "gradiva/rollout/minibatches.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// Some samples of a rollout in an order of their own, where one number says which: the position in the order.
template <class Scalar>
struct OrderedSamples {
    const Rollout<Scalar>& rollout;
    const Minibatches& order;
    const Buffer<Scalar>& advantage;  ///< of each position in the order, as the loss is to see it
    Range positions;

    Index size() const { return positions.size(); }
    /// Where they lie in the rollout.
    const Index* indices() const { return order.from(positions.begin); }
};

/// Some samples of a rollout side by side, one per column, in buffers that are kept from one use to the next. Each
/// `gather` copies what is named.
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

    /// What a policy learns from, but for the heads of the policy that acted.
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

    void gather_old_heads(const OrderedSamples<Scalar>& from) {
        old_head.gather_columns(from.rollout.head.data(), from.rollout.head_size, from.indices(), from.size());
    }

    /// What clipping of values needs.
    void gather_old_values(const OrderedSamples<Scalar>& from) {
        old_value.gather(from.rollout.value.data(), from.indices(), from.size());
    }

    /// What a critic learns from, but for the values it gave before; `gather_targets` is enough where the observations
    /// are already here.
    void gather_for_critic(const OrderedSamples<Scalar>& from) {
        gather_observations(from);
        gather_targets(from);
    }

    void gather_targets(const OrderedSamples<Scalar>& from) {
        value_target.gather(from.rollout.value_target.data(), from.indices(), from.size());
    }

    /// Runs a policy over the batch, which must stay while the tape is in use.
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
