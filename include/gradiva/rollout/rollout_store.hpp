#pragma once

#include "gradiva/core/fixed_places.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// A ring buffer of past rollouts: the newest overwrites the oldest, in the same memory. Each may hold how many updates
/// its policy had had.
template <class Scalar>
class RolloutStore {
public:
    struct Entry {
        template <VectorEnv V, Behaviour B>
        Entry(const V& envs, const B& behaviour, Index critic_state_size) : rollout(envs, behaviour) {
            rollout.critic_state_size = critic_state_size;
        }

        Rollout<Scalar> rollout;
        Index updates = 0;  ///< that the acting policy had had, where the owner of the store says so
        bool filled = false;

        void visit_state(State& state) {
            state("updates", updates);
            state("filled", filled);
            if (filled) state("rollout", rollout);
        }
    };

    /// Holds up to `capacity` rollouts of these environments and this policy, with states of a critic with memory.
    /// Throws `Error` unless the capacity is at least 1.
    template <VectorEnv V, Behaviour B>
    RolloutStore(const V& envs, const B& behaviour, Index capacity, Index critic_state_size = 0) {
        require(capacity >= 1, "RolloutStore: capacity is {}; give room for at least 1 rollout", capacity);
        for (Index i = 0; i < capacity; ++i) entries_.emplace_back(envs, behaviour, critic_state_size);
    }

    Index capacity() const { return entries_.size(); }

    /// Has `fill(rollout)` overwrite the oldest rollout. When it throws, the store holds one rollout less until the
    /// next call.
    template <class Fill>
    Entry& renew_oldest(const Fill& fill) {
        Entry& entry = entries_[next_];
        entry.filled = false;
        fill(entry.rollout);
        entry.filled = true;
        next_ = (next_ + 1) % entries_.size();
        return entry;
    }

    /// The last that was renewed; not filled before the first.
    Entry& newest() { return entries_[place(0)]; }
    const Entry& newest() const { return entries_[place(0)]; }

    /// Calls `use(entry, i)` for every rollout held, from the newest, for which i is 0, to the oldest.
    template <class Use>
    void for_each(const Use& use) {
        for (Index i = 0; i < entries_.size(); ++i) {
            Entry& entry = entries_[place(i)];
            if (entry.filled) use(entry, i);
        }
    }

    /// All rollouts; nothing of a store of one, which is overwritten before it is read. Throws `Error` where the place
    /// of the oldest that is restored is none.
    void visit_state(State& state) {
        state.fixed("capacity", capacity());
        if (capacity() == 1) return;
        state("next", next_);
        require(next_ >= 0 && next_ < capacity(), "RolloutStore: next is {}, of {} rollouts", next_, capacity());
        state.each("rollouts", capacity(), [&](Index i) { entries_[i].visit_state(state); });
    }

private:
    /// The index of the i-th newest rollout, 0 for the newest.
    Index place(Index i) const { return (next_ + entries_.size() - 1 - i) % entries_.size(); }

    FixedPlaces<Entry> entries_;
    Index next_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
