#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Episodes that ended in the environments of one shard during one rollout, in ascending order of their last samples.
/// Sample t N + n is step t of environment n.
class EndedEpisodes {
public:
    /// Starts a rollout, in which memory is allocated only once more than so many episodes have ended.
    void start(Index episodes, Index observation_size, Index mask_size, Index metric_count) {
        ended_.clear();
        final_observation_.resize(observation_size, 0);
        final_mask_.resize(mask_size, 0);
        metrics_.resize(metric_count, 0);
        merged_ = 0;
        ended_.reserve(episodes);
        final_observation_.reserve(episodes * observation_size);
        final_mask_.reserve(episodes * mask_size);
        metrics_.reserve(episodes * metric_count);
    }
    /// Reserves the same for the episodes of all shards.
    template <class Scalar>
    static void reserve(Index episodes, Rollout<Scalar>& rollout) {
        rollout.finished.reserve(episodes);
        rollout.final_sample.reserve(episodes);
        rollout.final_observation.reserve(episodes * rollout.observation_size);
        rollout.final_mask.reserve(episodes * rollout.mask_size);
        rollout.metrics.reserve(episodes * metric_count_of(rollout));
    }

    /// Appends an episode whose last sample comes after those of all before, with its metrics; where it was truncated,
    /// with the observation (D numbers) and mask (one per choice) of its last state.
    void add(Index sample, const FinishedEpisode& episode, bool truncated, std::span<const float> observation,
             std::span<const std::uint8_t> mask, std::span<const double> metrics) {
        ended_.push_back({sample, truncated ? final_observation_.cols() : none, episode});
        if (!metrics.empty()) append_column(metrics_, metrics);
        if (!truncated) return;
        append_column(final_observation_, observation);
        append_column(final_mask_, mask);
    }

    /// Writes `finished`, `metrics`, `final_sample`, `final_observation` and `final_mask` of the rollout: the episodes
    /// of all `shards` in ascending order of their last samples, however the environments are split.
    template <class Shards, class Scalar>
    static void merge(Shards& shards, Rollout<Scalar>& rollout) {
        rollout.finished.clear();
        rollout.final_sample.clear();
        rollout.final_observation.resize(rollout.observation_size, 0);
        rollout.final_mask.resize(rollout.mask_size, 0);
        rollout.metrics.resize(metric_count_of(rollout), 0);
        for (;;) {
            EndedEpisodes* first = nullptr;
            for (auto& shard : shards) {
                EndedEpisodes& ended = shard.ended();
                if (!ended.is_merged() && (!first || ended.next().sample < first->next().sample)) first = &ended;
            }
            if (!first) return;
            first->move_next(rollout);
        }
    }

private:
    static constexpr Index none = -1;

    struct Ended {
        Index sample;
        Index final_column;  // where the final observation and mask are, or none
        FinishedEpisode episode;
    };

    bool is_merged() const { return merged_ == ended_.size(); }
    const Ended& next() const { return ended_[merged_]; }

    template <class Scalar>
    void move_next(Rollout<Scalar>& rollout) {
        if (metrics_.rows() > 0) append_column(rollout.metrics, std::as_const(metrics_).column(merged_));
        const Ended& ended = ended_[merged_++];
        rollout.finished.push_back(ended.episode);
        if (ended.final_column == none) return;
        rollout.final_sample.push_back(ended.sample);
        append_column(rollout.final_observation, std::as_const(final_observation_).column(ended.final_column));
        append_column(rollout.final_mask, std::as_const(final_mask_).column(ended.final_column));
    }

    template <class Scalar>
    static Index metric_count_of(const Rollout<Scalar>& rollout) {
        return static_cast<Index>(rollout.metric_names.size());
    }

    template <class T>
    static void append_column(MatrixBuffer<T>& matrix, std::span<const T> column) {
        matrix.resize(static_cast<Index>(column.size()), matrix.cols() + 1);
        std::copy(column.begin(), column.end(), matrix.column(matrix.cols() - 1).begin());
    }

    Buffer<Ended> ended_;
    MatrixBuffer<float> final_observation_;  // D x truncated episodes
    MatrixBuffer<std::uint8_t> final_mask_;  // choices x the same
    MatrixBuffer<double> metrics_;           // K x all episodes
    Index merged_ = 0;                       // how many `merge` has written
};

}  // namespace GRADIVA_NAMESPACE::detail
