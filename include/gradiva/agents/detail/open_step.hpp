#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

#include "gradiva/agents/detail/column.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/env/vector_env.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The actions of a stream, by what became of them.
struct StreamCounts {
    Index acted = 0;
    Index dropped = 0;
    Index unrecorded = 0;
};

/// The step of a stream that is open, from its action to the next observation or to the episode's end, with the episode
/// that it belongs to and the column that it is recorded in, if it is. Borrows the column.
template <class Scalar>
class OpenStep {
public:
    /// `column` is null for a stream whose steps are not recorded.
    OpenStep(Index stream, Column<Scalar>* column) : stream_(stream), column_(column) {}

    bool is_open() const { return open_; }
    /// Whether the open step is the column's next sample.
    bool is_sample() const { return recorded_; }
    /// Whether there is room in the column.
    bool has_room() const { return column_ != nullptr && !column_->full(); }
    const StreamCounts& counts() const { return counts_; }

    void begin_episode() {
        episode_ = {.environment = stream_};
        ++episode_number_;
        follows_ = false;
    }

    /// Opens a step: a sample, with the state before it where a sequence starts there, or not to be recorded.
    void open(bool records, std::span<const float> observation, std::span<const std::uint8_t> mask,
              const ConstActionView& action, const ConstMatrixMap<Scalar>& head, Scalar log_prob,
              const ConstMatrixMap<Scalar>& state) {
        GRADIVA_ASSERT(!open_);
        if (records) {
            if (state.rows() > 0 && column_->starts_sequence()) column_->keep_state(state);
            column_->act(episode_number_, observation, mask, action, head, log_prob);
        }
        counts_.unrecorded += records ? 0 : 1;
        ++counts_.acted;
        recorded_ = records;
        open_ = true;
        follows_ = false;
        reward_ = 0;
    }

    void reward(double reward) {
        require_open("reward");
        require(std::isfinite(static_cast<Scalar>(reward_ + reward)),
                "a reward of {} was given, after {} in the same step; give finite numbers", reward, reward_);
        reward_ += reward;
    }

    /// What is observed next, which completes the open step, if there is one.
    void observe(std::span<const float> observation) {
        if (!complete(false, false)) return;
        column_->follow(observation, {});
        follows_ = true;
    }
    /// The mask that goes with that observation.
    void mask(std::span<const float> observation, std::span<const std::uint8_t> legal) {
        if (follows_) column_->follow(observation, legal);
    }

    /// The open step terminates the episode; a next one has to be begun.
    void terminate() {
        if (complete(true, false)) finish();
    }
    /// The same, cut off after this observation; `mask` is empty where all choices are legal then.
    void truncate(std::span<const float> observation, std::span<const std::uint8_t> mask) {
        if (!complete(false, true)) return;
        column_->end(observation, mask);
        finish();
    }

    /// The rollout closes: an open step is none of its samples, and what is observed next does not follow them.
    void close() {
        if (recorded_) ++counts_.dropped;
        recorded_ = follows_ = false;
    }

    /// The agent leaves, in the middle of its episode.
    void leave() {
        if (column_ != nullptr) column_->cut();
        close();
        open_ = false;
    }

    void require_open(const char* what) const {
        require(open_, "{} belongs to a step, and none is open: call it after act or take, before the next observation",
                what);
    }

private:
    /// Returns whether it was a sample.
    bool complete(bool terminated, bool truncated) {
        if (!open_) return false;
        episode_.reward_sum += reward_;
        ++episode_.length;
        if (recorded_) column_->complete(reward_, terminated, truncated);
        open_ = false;
        return std::exchange(recorded_, false);
    }

    void finish() {
        column_->finish(episode_);
        column_->follow_nothing();
    }

    Index stream_;
    Column<Scalar>* column_;
    bool open_ = false;
    bool recorded_ = false;  // whether the open step is a sample
    bool follows_ = false;   // whether the last observation follows the column's last sample
    double reward_ = 0;      // of the open step
    FinishedEpisode episode_;
    Index episode_number_ = 0;
    StreamCounts counts_;
};

}  // namespace GRADIVA_NAMESPACE::detail
