#pragma once

#include <algorithm>
#include <cstdint>

#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Episodes that ended in some environments while these were collected from, in order of time.
class EndedEpisodes {
public:
    void clear() {
        endings_.clear();
        last_observation_.clear();
        last_mask_.clear();
        next_ = next_truncated_ = 0;
    }

    /// Makes room for so many endings, here or in a rollout.
    void reserve(Index endings, Index observation_size, Index mask_size) {
        endings_.reserve(endings);
        last_observation_.reserve(endings * observation_size);
        last_mask_.reserve(endings * mask_size);
    }
    template <class Scalar>
    static void reserve(Index endings, Rollout<Scalar>& rollout) {
        rollout.finished.reserve(endings);
        rollout.final_sample.reserve(endings);
        rollout.final_observation.reserve(endings * rollout.observation_size);
        rollout.final_mask.reserve(endings * rollout.mask_size);
    }

    /// An episode whose last step is this sample. Samples come in ascending order.
    void add(Index sample, const FinishedEpisode& episode) { endings_.push_back({sample, false, episode}); }

    /// The same for one that was truncated, with what was observed, and legal, after that step.
    void add(Index sample, const FinishedEpisode& episode, const ConstMatrixMap<float>& observation,
             const ActionMask& mask) {
        endings_.push_back({sample, true, episode});
        for (Index i = 0; i < observation.rows(); ++i) last_observation_.push_back(observation(i, 0));
        for (Index i = 0; i < mask.rows(); ++i) last_mask_.push_back(mask(i, 0));
    }

    /// Moves all endings of `parts`, of which `ended_of(part)` gives each its own, to the rollout: in order of their
    /// samples, whatever environments the parts hold.
    template <class Parts, class EndedOf, class Scalar>
    static void merge(Parts& parts, const EndedOf& ended_of, Rollout<Scalar>& rollout) {
        for (;;) {
            EndedEpisodes* first = nullptr;
            for (auto& part : parts) {
                EndedEpisodes& ended = ended_of(part);
                if (ended.has_next() && (!first || ended.next().sample < first->next().sample)) first = &ended;
            }
            if (!first) return;
            first->move_next(rollout);
        }
    }

private:
    struct Ending {
        Index sample;
        bool truncated;
        FinishedEpisode episode;
    };

    bool has_next() const { return next_ < endings_.size(); }
    const Ending& next() const { return endings_[next_]; }

    template <class Scalar>
    void move_next(Rollout<Scalar>& rollout) {
        const Ending& ending = endings_[next_++];
        rollout.finished.push_back(ending.episode);
        if (!ending.truncated) return;
        const Index column = rollout.final_sample.size();
        rollout.final_sample.push_back(ending.sample);
        copy_column(last_observation_, rollout.final_observation, rollout.observation_size, column);
        copy_column(last_mask_, rollout.final_mask, rollout.mask_size, column);
        ++next_truncated_;
    }

    template <class T>
    void copy_column(const Buffer<T>& from, MatrixBuffer<T>& to, Index rows, Index column) const {
        to.resize(rows, column + 1);
        std::copy_n(from.begin() + next_truncated_ * rows, rows, to.data() + column * rows);
    }

    Buffer<Ending> endings_;
    Buffer<float> last_observation_;
    Buffer<std::uint8_t> last_mask_;
    Index next_ = 0;
    Index next_truncated_ = 0;
};

}  // namespace GRADIVA_NAMESPACE::detail
