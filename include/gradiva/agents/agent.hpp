#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "gradiva/agents/detail/stream_pool.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/env/space.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// An agent of a `Learner`, which `Learner::join` gives: what it observes and is rewarded with comes in, its actions
/// come out, and the learner learns from them. It leaves when this handle is destroyed.
///
///     const int action = npc.act(observation);  // samples, and opens a step
///     npc.reward(0.1);                          // any number of times
///     npc.act(next_observation);                // completes it, and opens the next
///     npc.terminated();                         // or npc.truncated(last_observation)
///
/// An action is an `int` for Discrete, a `std::span<const int>` for MultiDiscrete and MultiBinary, a `std::span<const
/// float>` for Box, within its bounds, and a `HybridAction` for HybridSpace; spans are valid until the next call.
///
/// Every member but those that say otherwise throws `Error`, which names the stream and how many actions it has had, on
/// wrong sizes and on numbers that are not finite, where the calls are in another order than they can be, once the
/// handle was moved from or its agent has left, and after the learner's end. Nothing of such a call remains, and other
/// agents go on. Nothing allocates once rollouts of their size were learned from. One thread at a time.
template <ActionSpace Space, Policy A>
class Agent {
public:
    using Action = typename ActionOfSpace<Space>::Type;

    /// For `Learner::join`.
    Agent(std::shared_ptr<detail::StreamPool<Space, A>> pool, detail::Stream<Space, A>& stream)
        : pool_(std::move(pool)), stream_(&stream) {}
    Agent(Agent&& other) noexcept : pool_(std::move(other.pool_)), stream_(std::exchange(other.stream_, nullptr)) {}
    Agent& operator=(Agent&& other) noexcept {
        if (this == &other) return *this;
        leave_if_there();
        pool_ = std::move(other.pool_);
        stream_ = std::exchange(other.stream_, nullptr);
        return *this;
    }
    /// Leaves, as `leave()` does, also after the learner's end.
    ~Agent() { leave_if_there(); }

    /// The number of its stream, from 0: one below `LearnerOptions::streams` has a column of the rollout.
    Index stream() const { return get().index(); }

    /// What is observed: it completes the open step, if there is one. `act(observation)` is `observe(observation)` and
    /// `act()`; between the two the learner may learn, and the newest policy acts. Of several observations without an
    /// action between them the last one counts.
    void observe(std::span<const float> observation) { get().observe(observation); }
    /// Samples the next action.
    Action act() { return get().act(); }
    Action act(std::span<const float> observation) {
        detail::Stream<Space, A>& stream = get();
        stream.observe(observation);
        return stream.act();
    }
    /// The same where the action would be learned from; else nothing is chosen, and the observation waits.
    std::optional<Action> try_act(std::span<const float> observation) {
        detail::Stream<Space, A>& stream = get();
        stream.observe(observation);
        if (!stream.records()) return std::nullopt;
        return stream.act();
    }
    /// In place of `act()`: records an action that the program chose, such as an expert's. It must be one that the
    /// policy can choose, within bounds and legal.
    void take(const Action& action) { get().take(action); }
    /// Which choices are legal, for the next action: 1 for each legal choice, 0 for the others. With
    /// `LearnerOptions::masked` each action needs it.
    void mask(std::span<const std::uint8_t> legal) { get().mask(legal); }

    /// Adds to the reward of the open step.
    void reward(double reward) { get().reward(reward); }
    /// The open step ended the episode. The next observation is the first of another one.
    void terminated() { get().terminated(); }
    /// The episode was cut off after the open step, although it could go on; its value is that of `last_observation`.
    void truncated(std::span<const float> last_observation) { get().truncated(last_observation); }

    /// Leaves: an open step is dropped, and the agent's last sample before it is bootstrapped from what was observed
    /// after it. Nothing after the learner's end.
    void leave() {
        require(stream_ != nullptr, "{}", nobody);
        leave_if_there();
    }
    /// Leaves after `truncated(last_observation)`, if a step is open.
    void leave(std::span<const float> last_observation) {
        if (get().is_open()) get().truncated(last_observation);
        leave();
    }

    /// Whether an action that is chosen now is learned from: false beyond the streams, where the column is full, and
    /// while the learner is in the middle of an update.
    bool records() const { return get().records(); }

    /// For `Learner::act`.
    detail::Stream<Space, A>& get() const {
        require(stream_ != nullptr, "{}", nobody);
        require(!pool_->ended(),
                "Learner: stream {}, step {}: the Learner has ended; agents cannot outlive it but to leave",
                stream_->index(), stream_->step());
        return *stream_;
    }

private:
    static constexpr const char* nobody =
        "Learner: there is no agent: it has left, or was moved to another handle; Learner::join gives a new one";

    void leave_if_there() noexcept {
        if (stream_ != nullptr) std::exchange(stream_, nullptr)->leave();
        pool_.reset();
    }

    std::shared_ptr<detail::StreamPool<Space, A>> pool_;
    detail::Stream<Space, A>* stream_;
};

}  // namespace GRADIVA_NAMESPACE
