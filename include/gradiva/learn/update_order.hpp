#pragma once

#include <algorithm>
#include <utility>

#include "gradiva/core/rng.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/rollout/minibatches.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The minibatches of an update with their advantages, in another random order in each epoch. What comes next is made
/// ready apart from what is there, so that this can be done while others learn from the present minibatch.
template <class Scalar>
class UpdateOrder {
public:
    UpdateOrder(const UpdateOptions& options, Rng rng)
        : most_(options.minibatch), normalizes_(options.normalize_advantage), rng_(rng) {}

    /// Takes all samples of a rollout, and makes the first minibatch ready.
    void begin(const Rollout<Scalar>& rollout) {
        before_ = rng_;
        samples_.reset(rollout);
        size_ = std::min(most_, samples_.sample_count());
        for (auto* advantage : {&advantage_, &next_advantage_}) advantage->reserve(size_);
        begin_epoch(rollout);
    }

    /// For an update that failed: how far the random numbers had come depends on the threads.
    void put_back() { rng_ = before_; }

    /// The samples, in the order of the present epoch.
    const Minibatches& samples() const { return samples_; }
    /// Minibatches in an epoch.
    Index count() const { return samples_.count(size_); }
    /// The present minibatch, as positions among the samples.
    Range minibatch() const { return samples_.range(position_, size_); }
    bool ends_epoch() const { return position_ + 1 == count(); }
    /// Of some samples of the present minibatch, standardised over all of it where wanted.
    ConstVectorMap<Scalar> advantage(Range part) const { return advantage_.segment(part); }

    /// Goes on to the minibatch that was made ready.
    void advance() {
        std::swap(advantage_, next_advantage_);
        if (next_position_ == 0) std::swap(samples_, next_samples_);
        position_ = next_position_;
    }

    /// Makes ready the minibatch after the present one.
    void prepare_next(const Rollout<Scalar>& rollout) {
        if (ends_epoch()) return begin_epoch(rollout);
        prepare(rollout, samples_, position_ + 1);
    }

private:
    void begin_epoch(const Rollout<Scalar>& rollout) {
        next_samples_ = samples_;
        next_samples_.shuffle(rng_);
        prepare(rollout, next_samples_, 0);
    }

    void prepare(const Rollout<Scalar>& rollout, const Minibatches& samples, Index position) {
        const Range range = samples.range(position, size_);
        next_advantage_.gather(rollout.advantage.data(), samples.from(range.begin), range.size());
        if (normalizes_) kernels::standardise<Scalar>(next_advantage_.vector());
        next_position_ = position;
    }

    Index most_;
    bool normalizes_;
    Rng rng_;
    Rng before_ = rng_;
    Index size_ = 0;
    Index position_ = 0;
    Index next_position_ = 0;
    Minibatches samples_, next_samples_;
    Buffer<Scalar> advantage_, next_advantage_;
};

}  // namespace GRADIVA_NAMESPACE::detail
