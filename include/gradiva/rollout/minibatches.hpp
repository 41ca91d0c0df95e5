#pragma once

#include <algorithm>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// The samples of a rollout in random order, cut into minibatches; none is dropped. What is shuffled are sequences: the
/// samples of one environment at up to `steps` consecutive time steps, from t = 0, `steps`, 2 `steps`, ... on; single
/// samples for networks without memory. Sequences are addressed by their positions in the order, and samples by their
/// places, counted in the same order.
class Minibatches {
public:
    /// Takes all samples of the rollout, in sequences of `steps`, at least 1, ordered by time, then by environment.
    /// Throws `Error` when there is no sample, as after an exception while collecting.
    template <class Scalar>
    void reset(const Rollout<Scalar>& rollout, Index steps = 1) {
        samples_ = rollout.sample_count();
        require(samples_ >= 1, "update: the rollout holds no sample; collect one, again after an exception");
        environments_ = rollout.environments;
        steps_ = steps;
        first_.resize(pieces_of(rollout.horizon, steps) * environments_);
        length_.resize(is_of_samples() ? 0 : first_.size());
        Index count = 0;
        for (Index t = 0; t < rollout.horizon; t += steps) {
            for (Index n = 0; n < environments_; ++n) {
                if (!rollout.holds(t, n)) continue;
                if (!is_of_samples()) length_[count] = std::min(steps, rollout.length[n] - t);
                first_[count++] = t * environments_ + n;
            }
        }
        first_.resize(count);
        if (!is_of_samples()) length_.resize(count);
        find_places();
    }

    /// Puts the sequences in random order. Source: Durstenfeld, "Algorithm 235: Random permutation", 1964.
    void shuffle(Rng& rng) {
        for (Index i = size() - 1; i > 0; --i) {
            const Index j = rng.below(i + 1);
            std::swap(first_[i], first_[j]);
            if (!is_of_samples()) std::swap(length_[i], length_[j]);
        }
        find_places();
    }

    /// Cuts the order into minibatches: sequences in their order while their samples are at most `most`, and at least
    /// one. To be called again after a `shuffle`.
    void cut(Index most) {
        most_ = most;
        if (is_of_samples()) return;
        cuts_.resize(size() + 1);
        Index count = 0;
        for (Index i = 0; i < size(); ++i) {
            const bool fits = count > 0 && place_[i + 1] - place_[cuts_[count - 1]] <= most;
            if (!fits) cuts_[count++] = i;
        }
        cuts_[count] = size();
        cuts_.resize(count + 1);
    }

    /// Number of sequences.
    Index size() const { return first_.size(); }
    Index sample_count() const { return samples_; }
    /// Number of minibatches (see `cut`).
    Index count() const { return is_of_samples() ? pieces_of(size(), most_) : cuts_.size() - 1; }
    /// The i-th minibatch, as positions of sequences.
    Range minibatch(Index i) const {
        if (is_of_samples()) return {i * most_, std::min((i + 1) * most_, size())};
        return {cuts_[i], cuts_[i + 1]};
    }

    /// The largest number of time steps of a sequence.
    Index steps() const { return steps_; }
    /// The first sample t N + n of the sequence at a position.
    Index first(Index position) const { return first_[position]; }
    /// The first samples of the sequences from a position on.
    const Index* from(Index position) const { return first_.data() + position; }
    /// Number of samples of the sequence at a position.
    Index length(Index position) const { return is_of_samples() ? 1 : length_[position]; }
    /// The places of the samples of some sequences.
    Range places(Range positions) const {
        return is_of_samples() ? positions : Range{place_[positions.begin], place_[positions.end]};
    }

    /// Calls `body(place, sample)` for all samples t N + n of some sequences, in their order.
    template <class Body>
    void for_each_sample(Range positions, const Body& body) const {
        if (is_of_samples()) {
            for (Index i = positions.begin; i < positions.end; ++i) body(i, first_[i]);
            return;
        }
        for (Index i = positions.begin; i < positions.end; ++i) {
            for (Index t = 0; t < length_[i]; ++t) body(place_[i] + t, first_[i] + t * environments_);
        }
    }

    /// How many sequences go through the networks in one pass.
    Index pass_size() const { return is_of_samples() ? pass_width : std::max<Index>(pass_width / steps_, 8); }

private:
    /// Whether each sequence is a sample; what there is to know of it needs no storage then.
    bool is_of_samples() const { return steps_ == 1; }

    void find_places() {
        if (is_of_samples()) return;
        place_.resize(size() + 1);
        place_[0] = 0;
        for (Index i = 0; i < size(); ++i) place_[i + 1] = place_[i] + length_[i];
    }

    Index samples_ = 0, environments_ = 1, steps_ = 1, most_ = 1;
    Buffer<Index> first_;   // of each sequence: its first sample
    Buffer<Index> length_;  // of each sequence
    Buffer<Index> place_;   // of each sequence: the samples before it; then all samples
    Buffer<Index> cuts_;    // of each minibatch: its first sequence; then all sequences
};

}  // namespace GRADIVA_NAMESPACE
