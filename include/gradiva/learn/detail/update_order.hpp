#pragma once

#include <algorithm>
#include <utility>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/rollout/minibatches.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The minibatches of an update and their advantages, shuffled anew for each epoch. The next minibatch is prepared in
/// storage of its own (double buffering), so that this can run while others learn from the present one.
template <class Scalar>
class UpdateOrder {
public:
    UpdateOrder(const UpdateOptions& options, Rng rng)
        : most_(options.minibatch), normalizes_(options.normalize_advantage), rng_(rng) {}

    /// Starts an update on all samples of a rollout, in sequences of up to `steps` time steps, and prepares the first
    /// minibatch.
    void begin(const Rollout<Scalar>& rollout, Index steps) {
        before_ = rng_;
        samples_.reset(rollout, steps);
        size_ = std::min(most_, samples_.sample_count());
        for (auto* advantage : {&advantage_, &next_advantage_}) advantage->resize(samples_.sample_count());
        begin_epoch(rollout);
    }

    /// Restores the random stream to its state before `begin`, after an update that failed: how many numbers were drawn
    /// depends on the threads.
    void revert() { rng_ = before_; }

    /// The samples, in the order of the present epoch.
    const Minibatches& samples() const { return samples_; }
    /// The advantages in the same order, standardised over the minibatch where `normalize_advantage` is set; valid for
    /// the present minibatch only.
    const Buffer<Scalar>& advantage() const { return advantage_; }
    /// The present minibatch, as positions of sequences in `samples()`.
    Range minibatch() const { return samples_.minibatch(position_); }
    bool begins_epoch() const { return position_ == 0; }
    bool ends_epoch() const { return position_ + 1 == samples_.count(); }

    /// Makes the prepared minibatch the present one.
    void advance() {
        position_ = next_position_;
        if (!begins_epoch()) return;
        std::swap(samples_, next_samples_);
        std::swap(advantage_, next_advantage_);
    }

    /// Prepares the minibatch after the present one.
    void prepare_next(const Rollout<Scalar>& rollout) {
        if (ends_epoch()) return begin_epoch(rollout);
        prepare(rollout, samples_, position_ + 1, advantage_);
    }

    /// Between updates; each begins with the samples in the order of time.
    void visit_state(State& state) { state("rng", rng_); }

private:
    void begin_epoch(const Rollout<Scalar>& rollout) {
        next_samples_ = samples_;
        next_samples_.shuffle(rng_);
        next_samples_.cut(size_);
        prepare(rollout, next_samples_, 0, next_advantage_);
    }

    void prepare(const Rollout<Scalar>& rollout, const Minibatches& samples, Index position,
                 Buffer<Scalar>& advantage) {
        const Range minibatch = samples.minibatch(position);
        samples.for_each_sample(
            minibatch, [&](Index place, Index sample) { advantage[place] = rollout.advantage.data()[sample]; });
        if (normalizes_) kernels::standardise<Scalar>(advantage.segment(samples.places(minibatch)));
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
