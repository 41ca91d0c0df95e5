#pragma once

#include "gradiva/core/buffer.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/sample_batch.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What an update reports, summed over samples.
struct UpdateSums {
    double surrogate = 0, value = 0, entropy = 0, kl = 0, mean_kl = 0;
    Index clipped = 0;

    UpdateSums& operator+=(const UpdateSums& other) {
        surrogate += other.surrogate;
        value += other.value;
        entropy += other.entropy;
        kl += other.kl;
        mean_kl += other.mean_kl;
        clipped += other.clipped;
        return *this;
    }
};

/// What one pass over a rollout added up.
struct UpdateEpoch {
    UpdateSums sums;
    double norms = 0;
    Index samples = 0;
    Index steps = 0;
    bool stopped = false;
};

/// A part of a minibatch on its way through one network, with the gradient that it adds to.
template <Policy A, class C>
struct alignas(buffer_alignment) UpdateShard {
    using Scalar = typename A::Scalar;

    UpdateShard() {
        use_once(actor);
        use_once(critic);
    }

    SampleBatch<Scalar> batch;
    Buffer<Scalar> log_prob, d_log_prob, d_value, per_sample;
    typename A::Tape actor;
    typename A::DistributionTape old;
    typename C::Tape critic;
    Buffer<Scalar> gradient;
    UpdateSums sums;
};

}  // namespace GRADIVA_NAMESPACE::detail
