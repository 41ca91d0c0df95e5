#pragma once

#include <algorithm>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// The samples of a rollout in random order, cut into minibatches; the last one may be smaller, none is dropped.
class Minibatches {
public:
    /// Takes all samples of the rollout, in order of time, then of environments. Throws `Error` when there is none, as
    /// after an exception while collecting.
    template <class Scalar>
    void reset(const Rollout<Scalar>& rollout) {
        require(rollout.sample_count() >= 1,
                "update: the rollout holds no sample; collect one, again after an exception");
        samples_.resize(rollout.sample_count());
        Index count = 0;
        for (Index t = 0; t < rollout.horizon; ++t) {
            for (Index n = 0; n < rollout.environments; ++n) {
                if (rollout.holds(t, n)) samples_[count++] = t * rollout.environments + n;
            }
        }
    }

    /// Puts them in random order. Source: Durstenfeld, "Algorithm 235: Random permutation", 1964.
    void shuffle(Rng& rng) {
        for (Index i = samples_.size() - 1; i > 0; --i) std::swap(samples_[i], samples_[rng.below(i + 1)]);
    }

    Index sample_count() const { return samples_.size(); }
    /// How many minibatches of `size` samples there are, the last of which may be smaller.
    Index count(Index size) const { return pieces_of(sample_count(), size); }

    /// The i-th minibatch of `size` samples, as positions for `operator[]`.
    Range range(Index i, Index size) const { return {i * size, std::min((i + 1) * size, sample_count())}; }

    /// The sample t N + n at a position of the order.
    Index operator[](Index position) const { return samples_[position]; }
    /// The samples from a position on.
    const Index* from(Index position) const { return samples_.data() + position; }

private:
    Buffer<Index> samples_;
};

}  // namespace GRADIVA_NAMESPACE
