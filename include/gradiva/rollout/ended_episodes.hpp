#pragma once

#include <algorithm>
#include <cstdint>

#include "gradiva/rollout/rollout.hpp"

namespace gradiva {

/// Episodes that ended in some environments while these were collected from, in order of time.
class EndedEpisodes {
public:
    void clear() {
        finished_.clear();
        truncated_sample_.clear();
        last_observation_.clear();
        last_mask_.clear();
    }

    /// Makes room for so many endings, here or in a rollout.
    void reserve(Index endings, Index observation_size, Index mask_size) {
        finished_.reserve(endings);
        truncated_sample_.reserve(endings);
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

    void add(const FinishedEpisode& episode) { finished_.push_back(episode); }

    /// What was observed, and legal, after the sample at which an episode was truncated.
    void add_last(Index sample, const ConstMatrixMap<float>& observation, const ActionMask& mask) {
        truncated_sample_.push_back(sample);
        for (Index i = 0; i < observation.rows(); ++i) last_observation_.push_back(observation(i, 0));
        for (Index i = 0; i < mask.rows(); ++i) last_mask_.push_back(mask(i, 0));
    }

    template <class Scalar>
    void append_to(Rollout<Scalar>& rollout) const {
        const Index before = rollout.final_sample.size();
        const Index total = before + truncated_sample_.size();
        rollout.final_observation.resize(rollout.observation_size, total);
        rollout.final_mask.resize(rollout.mask_size, total);
        std::copy(last_observation_.begin(), last_observation_.end(),
                  rollout.final_observation.data() + before * rollout.observation_size);
        std::copy(last_mask_.begin(), last_mask_.end(), rollout.final_mask.data() + before * rollout.mask_size);
        for (const Index sample : truncated_sample_) rollout.final_sample.push_back(sample);
        for (const FinishedEpisode& episode : finished_) rollout.finished.push_back(episode);
    }

private:
    Buffer<FinishedEpisode> finished_;
    Buffer<Index> truncated_sample_;
    Buffer<float> last_observation_;
    Buffer<std::uint8_t> last_mask_;
};

}  // namespace gradiva
