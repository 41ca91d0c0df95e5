#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/wrapper.hpp"

namespace GRADIVA_NAMESPACE {

/// Concatenates the last `count` observations of the wrapped environment, the oldest first, to one of `count` times the
/// size; at the start of an episode all of them are its first one. Images of shape {h, w, C} become one of shape
/// {h, w, C count}: channel c of frame f is channel f C + c. Source: Mnih et al., "Human-level control through deep
/// reinforcement learning", 2015.
template <class E>
class FrameStack : public Wrapper<E> {
public:
    /// Throws `Error` unless `count` is at least 1, and the environment observes something.
    FrameStack(E env, Index count) : Wrapper<E>(std::move(env)), count_(count) {
        require(count >= 1, "FrameStack: count is {}; give at least 1 frame", count);
        const Box space = this->wrapped().observation_space();
        check_observation_space("FrameStack", space);
        frame_size_ = static_cast<std::size_t>(space.size);
        block_size_ = space.shape.empty() ? space.size : space.shape.back();
        frames_.resize(frame_size_ * static_cast<std::size_t>(count));
    }

    Box observation_space() const {
        const Box space = this->wrapped().observation_space();
        std::vector<Index> shape = space.shape;
        if (!shape.empty()) shape.back() *= count_;
        return {.shape = std::move(shape),
                .size = space.size * count_,
                .low = repeated(space.low),
                .high = repeated(space.high)};
    }

    void reset(Rng& rng, std::span<float> observation) {
        // Elements that the environment does not write keep the caller's marks, by which that is found.
        const std::span<float> first = observation.last(frame_size_);
        this->wrapped().reset(rng, first);
        for (auto frame = frames_.begin(); frame != frames_.end(); frame += frame_step()) {
            std::copy(first.begin(), first.end(), frame);
        }
        write_frames(observation);
    }

    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        const std::span<float> newest = observation.last(frame_size_);
        const Outcome outcome = this->wrapped().step(action, rng, newest);
        std::copy(frames_.begin() + frame_step(), frames_.end(), frames_.begin());
        std::copy(newest.begin(), newest.end(), frames_.end() - frame_step());
        write_frames(observation);
        return outcome;
    }

    Index count() const { return count_; }

    void visit_state(State& state) requires HasSavedState<E> {
        Wrapper<E>::visit_state(state);
        state.fixed("count", count_);
        state("frames", std::span(frames_));
    }

private:
    Index frame_step() const { return static_cast<Index>(frame_size_); }

    /// Block b of all frames, then block b + 1 of all frames, and so on: a block is the channels of one cell of an
    /// image, or the whole frame where it has no shape.
    void write_frames(std::span<float> observation) const {
        auto to = observation.begin();
        for (Index block = 0; block < frame_step(); block += block_size_) {
            for (auto frame = frames_.begin(); frame != frames_.end(); frame += frame_step()) {
                to = std::copy_n(frame + block, block_size_, to);
            }
        }
    }

    /// The bounds of all frames; no bounds, or one for all elements, need no change.
    std::vector<float> repeated(const std::vector<float>& bounds) const {
        if (bounds.size() <= 1) return bounds;
        std::vector<float> all;
        for (Index block = 0; block < frame_step(); block += block_size_) {
            const auto begin = bounds.begin() + block;
            for (Index frame = 0; frame < count_; ++frame) all.insert(all.end(), begin, begin + block_size_);
        }
        return all;
    }

    Index count_;
    std::size_t frame_size_ = 0;
    Index block_size_ = 0;       // elements of a frame that stay next to each other
    std::vector<float> frames_;  // the oldest first
};

}  // namespace GRADIVA_NAMESPACE
