#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The samples of one column of a rollout while they are being collected: a rollout of one environment, in storage of
/// its own.
///
/// Samples follow each other without gaps. Where an agent leaves within an episode, its last sample is cut off from the
/// next agent's: it is `truncated`, and what was observed after it is a final observation, from which it is
/// bootstrapped. Traces and memories end there; the episode is not among the finished ones.
template <class Scalar>
class Column {
public:
    /// `spaces` has one environment.
    template <VectorEnv V, Behaviour P>
    Column(const V& spaces, const P& policy, Index mask_size, Index horizon, Index sequence)
        : samples_(spaces, policy) {
        samples_.mask_size = mask_size;
        samples_.sequence = sequence;
        samples_.resize(horizon);
        const Index likely = likely_ends(horizon);
        reserve(likely, samples_);
        finished_sample_.reserve(likely);
        clear();
    }

    Index length() const { return length_; }
    bool full() const { return length_ == samples_.horizon; }
    /// Whether the last sample ends an episode, or there is none.
    bool at_end() const {
        return length_ == 0 || samples_.terminated(0, length_ - 1) + samples_.truncated(0, length_ - 1) != 0;
    }

    /// The episode of the first sample and of the last, numbers of the agent's.
    Index first_episode() const { return first_episode_; }
    Index last_episode() const { return last_episode_; }

    /// Whether a step that comes next needs the state before it (see `keep_state`).
    bool starts_sequence() const { return samples_.starts_sequence(length_); }
    void keep_state(const ConstMatrixMap<Scalar>& state) {
        const Index c = length_ / samples_.steps_of_sequence();
        samples_.actor_state.columns({c, c + 1}) = state;
    }

    /// Writes an action and what it was chosen by, as the sample that comes next.
    void act(Index episode, std::span<const float> observation, std::span<const std::uint8_t> mask,
             const ConstActionView& action, const ConstMatrixMap<Scalar>& head, Scalar log_prob) {
        follow(observation, mask);
        ActionView to = samples_.action.columns(next());
        std::copy_n(action.integers.data(), action.integers.size(), to.integers.data());
        std::copy_n(action.reals.data(), action.reals.size(), to.reals.data());
        std::copy_n(head.data(), head.size(), samples_.head.columns(next()).data());
        samples_.log_prob(0, length_) = log_prob;
        if (length_ == 0) first_episode_ = episode;
        last_episode_ = episode;
    }

    /// Completes that sample.
    void complete(double reward, bool terminated, bool truncated) {
        samples_.reward(0, length_) = static_cast<Scalar>(reward);
        samples_.terminated(0, length_) = terminated ? 1 : 0;
        samples_.truncated(0, length_) = truncated ? 1 : 0;
        ++length_;
    }

    /// What is observed after the last sample, and the mask that goes with it; empty: all choices are legal.
    void follow(std::span<const float> observation, std::span<const std::uint8_t> mask) {
        std::copy(observation.begin(), observation.end(), samples_.observation.column(length_).begin());
        const std::span<std::uint8_t> legal = samples_.mask.column(length_);
        std::fill(legal.begin(), legal.end(), std::uint8_t{1});
        std::copy(mask.begin(), mask.end(), legal.begin());
    }
    /// The same after an episode's end where nothing was observed yet.
    void follow_nothing() {
        samples_.observation.clear_columns(next());
        samples_.mask.columns(next()).setOnes();
    }

    /// The final observation of the last sample, which is truncated.
    void end(std::span<const float> observation, std::span<const std::uint8_t> mask) {
        samples_.final_sample.push_back(length_ - 1);
        append(samples_.final_observation, observation);
        append(samples_.final_mask, mask);
    }

    /// The last sample ended this episode.
    void finish(const FinishedEpisode& episode) {
        samples_.finished.push_back(episode);
        finished_sample_.push_back(length_ - 1);
    }

    /// Cuts the last sample off from those that come next.
    void cut() {
        if (at_end()) return;
        samples_.truncated(0, length_ - 1) = 1;
        end(std::as_const(samples_.observation).column(length_), std::as_const(samples_.mask).column(length_));
    }

    /// Copies all samples to column `n` of a rollout, but for what ended in them.
    void copy_to(Rollout<Scalar>& whole, Index n) {
        spread(samples_.observation, length_ + 1, whole.observation, n, whole.environments, whole.observation_size);
        spread(samples_.mask, length_ + 1, whole.mask, n, whole.environments, whole.mask_size);
        spread(samples_.head, length_, whole.head, n, whole.environments, whole.head_size);
        const ConstActionView actions = std::as_const(samples_.action).all();
        ActionView to = whole.action.all();
        spread(actions.integers, length_, to.integers, n, whole.environments, to.integers.rows());
        spread(actions.reals, length_, to.reals, n, whole.environments, to.reals.rows());
        spread(samples_.log_prob, length_, whole.log_prob, n, whole.environments, 1);
        spread(samples_.reward, length_, whole.reward, n, whole.environments, 1);
        spread(samples_.terminated, length_, whole.terminated, n, whole.environments, 1);
        spread(samples_.truncated, length_, whole.truncated, n, whole.environments, 1);
        spread(samples_.actor_state, samples_.actor_state.cols(), whole.actor_state, n, whole.environments,
               whole.actor_state_size);
        whole.length[n] = length_;
        next_final_ = next_finished_ = 0;
    }

    /// Appends what the sample at time t ended to what ended in a rollout, of which this is column n; to be called with
    /// ascending t.
    void append_ends(Index t, Rollout<Scalar>& whole, Index n) {
        if (next_final_ < samples_.final_sample.size() && samples_.final_sample[next_final_] == t) {
            whole.final_sample.push_back(t * whole.environments + n);
            append(whole.final_observation, std::as_const(samples_.final_observation).column(next_final_));
            append(whole.final_mask, std::as_const(samples_.final_mask).column(next_final_));
            ++next_final_;
        }
        if (next_finished_ < finished_sample_.size() && finished_sample_[next_finished_] == t) {
            whole.finished.push_back(samples_.finished[next_finished_++]);
        }
    }

    /// Starts the next rollout.
    void clear() {
        length_ = 0;
        samples_.final_sample.clear();
        samples_.final_observation.resize(samples_.observation_size, 0);
        samples_.final_mask.resize(samples_.mask_size, 0);
        samples_.finished.clear();
        finished_sample_.clear();
        samples_.actor_state.clear_columns({0, samples_.actor_state.cols()});
        follow_nothing();
    }

    /// As many episodes as are likely to end in so many steps.
    static Index likely_ends(Index horizon) { return horizon / 4 + 1; }
    /// Reserves memory for the ends of so many episodes.
    static void reserve(Index episodes, Rollout<Scalar>& rollout) {
        rollout.finished.reserve(episodes);
        rollout.final_sample.reserve(episodes);
        rollout.final_observation.reserve(episodes * rollout.observation_size);
        rollout.final_mask.reserve(episodes * rollout.mask_size);
    }

private:
    Range next() const { return {length_, length_ + 1}; }

    /// An empty column is one of ones: a mask by which all choices are legal.
    template <class T>
    static void append(MatrixBuffer<T>& matrix, std::span<const T> column) {
        matrix.resize(matrix.rows(), matrix.cols() + 1);
        const std::span<T> to = matrix.column(matrix.cols() - 1);
        std::fill(to.begin(), to.end(), T{1});
        std::copy(column.begin(), column.end(), to.begin());
    }

    /// Copies `columns` columns of `rows` numbers to column n of each time step.
    template <class From, class To>
    static void spread(const From& from, Index columns, To& to, Index n, Index environments, Index rows) {
        using T = std::remove_cvref_t<decltype(*to.data())>;
        if (rows == 0 || columns == 0) return;
        const std::size_t bytes = to_size(rows) * sizeof(T);
        spread_bytes(from.data(), bytes, columns, to.data() + n * rows, to_size(environments) * bytes);
    }

    Rollout<Scalar> samples_;
    Index length_ = 0;
    Index first_episode_ = 0;
    Index last_episode_ = 0;
    Buffer<Index> finished_sample_;  // of each finished episode
    Index next_final_ = 0;           // of `append_ends`
    Index next_finished_ = 0;
};

}  // namespace GRADIVA_NAMESPACE::detail
