#pragma once

#include <algorithm>
#include <span>

#include "gradiva/agents/detail/column.hpp"
#include "gradiva/agents/detail/stream.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/fixed_places.hpp"
#include "gradiva/env/spaces_only.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The streams of a `Learner` and the columns that they fill. The learner and its agents share it, so that agents may
/// outlive the learner.
template <ActionSpace Space, Policy A>
class StreamPool {
public:
    using Scalar = typename A::Scalar;
    using StreamType = Stream<Space, A>;

    /// A column for each of the environments of `spaces`; `horizon` samples in each.
    StreamPool(const SpacesOnly<Space>& spaces, Index mask_size, const A& policy, Index horizon, Index sequence)
        : context_{.spaces = spaces, .mask_size = mask_size, .policy = policy}, horizon_(horizon),
          carried_(spaces.size(), nothing) {
        const SpacesOnly<Space> one(1, spaces.observation_space(), spaces.action_space());
        for (Index n = 0; n < spaces.size(); ++n) {
            columns_.emplace_back(one, policy, mask_size, horizon, sequence);
            streams_.emplace_back(context_, n, &columns_[n]);
        }
    }
    StreamPool(const StreamPool&) = delete;
    StreamPool& operator=(const StreamPool&) = delete;

    const A& policy() const { return context_.policy; }
    Index mask_size() const { return context_.mask_size; }
    bool ended() const { return context_.ended; }
    /// The learner has ended.
    void end() { context_.ended = true; }

    /// A stream that no agent holds: of those with a column that is not full, else of those with one, else another, the
    /// first.
    StreamType& join() {
        StreamType* const free = first_free();
        if (free == nullptr) streams_.emplace_back(context_, streams_.size(), nullptr);
        StreamType& stream = free != nullptr ? *free : streams_[streams_.size() - 1];
        stream.join();
        return stream;
    }

    /// Complete samples of the open rollout.
    Index samples() const {
        Index sum = 0;
        for (Index n = 0; n < columns_.size(); ++n) sum += columns_[n].length();
        return sum;
    }
    /// Whether all columns are full, or those that an agent holds.
    bool all_full(bool only_held) const {
        for (Index n = 0; n < columns_.size(); ++n) {
            if (!columns_[n].full() && (streams_[n].held() || !only_held)) return false;
        }
        return true;
    }

    /// Closes the rollout: copies its samples to `rollout`, and records none until `begin_rollout`. Calls `restart(n)`
    /// for each column whose first sample belongs to another episode than its last one of an earlier rollout, which did
    /// not end there.
    template <class Restart>
    void close(Rollout<Scalar>& rollout, const Restart& restart) {
        context_.recording = false;
        const std::span<const Scalar> own = context_.policy.own_parameters();
        rollout.own_parameters.resize(static_cast<Index>(own.size()));
        std::copy(own.begin(), own.end(), rollout.own_parameters.begin());
        rollout.is_valued = false;
        for (Index n = 0; n < columns_.size(); ++n) {
            streams_[n].close();
            columns_[n].copy_to(rollout, n);
            follow_episodes(n, restart);
        }
        gather_ends(rollout);
        for (Column<Scalar>& column : columns_) column.clear();
    }

    /// Begins a rollout, in which this policy acts.
    void begin_rollout(const A& policy) {
        context_.policy = policy;
        resume();
    }
    /// The same with the policy that has acted before.
    void resume() { context_.recording = true; }

    StreamCounts counts() const {
        StreamCounts sum;
        for (Index i = 0; i < streams_.size(); ++i) {
            const StreamCounts& of = streams_[i].counts();
            sum.acted += of.acted;
            sum.dropped += of.dropped;
            sum.unrecorded += of.unrecorded;
        }
        return sum;
    }
    /// Samples of the open rollout, complete or not.
    Index open() const {
        Index sum = samples();
        for (Index i = 0; i < streams_.size(); ++i) sum += streams_[i].has_open_sample() ? 1 : 0;
        return sum;
    }

private:
    static constexpr Index nothing = 0;  // no number of an episode

    StreamType* first_free() {
        StreamType* full = nullptr;
        StreamType* other = nullptr;
        for (Index i = 0; i < streams_.size(); ++i) {
            if (streams_[i].held()) continue;
            StreamType*& place = i >= columns_.size() ? other : full;
            if (i < columns_.size() && !columns_[i].full()) return &streams_[i];
            if (place == nullptr) place = &streams_[i];
        }
        return full != nullptr ? full : other;
    }

    template <class Restart>
    void follow_episodes(Index n, const Restart& restart) {
        const Column<Scalar>& column = columns_[n];
        if (column.length() == 0) return;
        if (carried_[n] != nothing && carried_[n] != column.first_episode()) restart(n);
        carried_[n] = column.at_end() ? nothing : column.last_episode();
    }

    void gather_ends(Rollout<Scalar>& rollout) {
        rollout.final_sample.clear();
        rollout.final_observation.resize(rollout.observation_size, 0);
        rollout.final_mask.resize(rollout.mask_size, 0);
        rollout.finished.clear();
        for (Index t = 0; t < horizon_; ++t) {
            for (Index n = 0; n < columns_.size(); ++n) columns_[n].append_ends(t, rollout, n);
        }
    }

    StreamContext<Space, A> context_;
    Index horizon_;
    FixedPlaces<Column<Scalar>> columns_;
    FixedPlaces<StreamType> streams_;  // those with a column first
    Buffer<Index> carried_;            // of each column: the episode of its last sample, unless that ended it
};

}  // namespace GRADIVA_NAMESPACE::detail
