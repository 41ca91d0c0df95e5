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
/// size; at the start of an episode all of them are its first one. Source: Mnih et al., "Human-level control through
/// deep reinforcement learning", 2015.
template <class E>
class FrameStack : public Wrapper<E> {
public:
    /// Throws `Error` unless `count` is at least 1, and the environment observes something.
    FrameStack(E env, Index count) : Wrapper<E>(std::move(env)), count_(count) {
        require(count >= 1, "FrameStack: count is {}; give at least 1 frame", count);
        const Box space = this->wrapped().observation_space();
        check_observation_space("FrameStack", space);
        frame_size_ = static_cast<std::size_t>(space.size);
        frames_.resize(frame_size_ * static_cast<std::size_t>(count));
    }

    Box observation_space() const {
        const Box space = this->wrapped().observation_space();
        return {.size = space.size * count_, .low = repeated(space.low), .high = repeated(space.high)};
    }

    void reset(Rng& rng, std::span<float> observation) {
        // Elements that the environment does not write keep the caller's marks, by which that is found.
        const std::span<float> first = observation.last(frame_size_);
        this->wrapped().reset(rng, first);
        for (auto frame = frames_.begin(); frame != frames_.end(); frame += frame_step()) {
            std::copy(first.begin(), first.end(), frame);
        }
        std::copy(frames_.begin(), frames_.end(), observation.begin());
    }

    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        const std::span<float> newest = observation.last(frame_size_);
        const Outcome outcome = this->wrapped().step(action, rng, newest);
        std::copy(frames_.begin() + frame_step(), frames_.end(), frames_.begin());
        std::copy(newest.begin(), newest.end(), frames_.end() - frame_step());
        std::copy(frames_.begin(), frames_.end(), observation.begin());
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

    /// The bounds of all frames; no bounds, or one for all elements, need no change.
    std::vector<float> repeated(const std::vector<float>& bounds) const {
        if (bounds.size() <= 1) return bounds;
        std::vector<float> all;
        for (Index frame = 0; frame < count_; ++frame) all.insert(all.end(), bounds.begin(), bounds.end());
        return all;
    }

    Index count_;
    std::size_t frame_size_ = 0;
    std::vector<float> frames_;  // the oldest first
};

}  // namespace GRADIVA_NAMESPACE
