#pragma once

#include <algorithm>
#include <atomic>
#include <utility>

#include "gradiva/core/fixed_places.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/threads.hpp"

namespace GRADIVA_NAMESPACE {

/// Columns of one pass through the networks: their activations stay in a core's cache.
inline constexpr Index pass_width = 128;

/// Into how many shards a batch of samples is split at most.
inline constexpr Index most_shards = 16;

/// Into how many shards a batch is split, from 1 to `most_shards`. It depends on the number of samples only.
inline Index shard_count(Index samples) { return std::clamp<Index>(pieces_of(samples, pass_width), 1, most_shards); }

/// Calls `body(range)` for each pass of a shard of `samples`, in order: at most `pass_width` of them at a time.
template <class Body>
void for_each_pass(Range samples, Index shards, Index shard, const Body& body) {
    const Range mine = piece(samples.size(), shards, shard);
    for (Index begin = mine.begin; begin < mine.end; begin += pass_width) {
        body(Range{samples.begin + begin, samples.begin + std::min(begin + pass_width, mine.end)});
    }
}

/// Calls `task(i)` for every i in [0, task.size()) of each of the tasks, all in one round of the threads: none waits
/// for another. Of exceptions the one that comes first in the order of the arguments is rethrown (see `Threads::run`).
template <class... Tasks>
void run_together(Threads& threads, const Tasks&... tasks) {
    threads.run((tasks.size() + ...), [&](Index i) {
        const auto runs_here = [&i](const auto& task) {
            if (i >= task.size()) {
                i -= task.size();
                return false;
            }
            task(i);
            return true;
        };
        (runs_here(tasks) || ...);
    });
}

/// For `run_together`: `body()` as one task.
template <class Body>
class SingleTask {
public:
    explicit SingleTask(Body body) : body_(std::move(body)) {}
    static constexpr Index size() { return 1; }
    void operator()(Index) const { body_(); }

private:
    Body body_;
};

/// For `run_together`: the shards of a `ShardedSum`, which makes it.
template <class Accumulator, class Add, class Finish>
class ShardTasks {
public:
    ShardTasks(FixedPlaces<Accumulator>& accumulators, Index shards, Add add, Finish finish)
        : accumulators_(accumulators), shards_(shards), add_(std::move(add)), finish_(std::move(finish)),
          unfinished_(shards) {}

    Index size() const { return shards_; }

    void operator()(Index shard) const {
        add_(accumulators_[shard], shard);
        if (--unfinished_ == 0) finish_();
    }

private:
    FixedPlaces<Accumulator>& accumulators_;
    Index shards_;
    Add add_;
    Finish finish_;
    alignas(64) mutable std::atomic<Index> unfinished_;  // on a cache line of its own
};

/// A sum over work that is split into shards. Each shard adds to an accumulator of its own, on any thread; the
/// accumulators are added in the order of their shards. As long as the number of shards depends on the work only, a
/// sum has the same bits for any number of threads. Accumulators stay where they are, with what they hold, from one
/// run to the next.
template <class Accumulator>
class ShardedSum {
public:
    /// Shards of the last run.
    Index size() const { return size_; }
    Accumulator& operator[](Index shard) { return accumulators_[shard]; }

    /// Makes the accumulators that are missing; `size()` is then `shards`. Those that are there keep what they hold.
    void resize(Index shards) {
        accumulators_.grow_to(shards);
        size_ = shards;
    }

    /// Calls `add(accumulator, shard)` for each of the shards, and returns when all have ended.
    template <class Add>
    void run(Threads& threads, Index shards, const Add& add) {
        resize(shards);
        threads.run(shards, [&](Index shard) { add(accumulators_[shard], shard); });
    }

    /// The same as tasks for `run_together`. Whoever ends the last shard calls `finish()`, while other tasks may still
    /// run; nobody does when a shard has thrown.
    template <class Add, class Finish>
    ShardTasks<Accumulator, Add, Finish> tasks(Index shards, Add add, Finish finish) {
        resize(shards);
        return {accumulators_, shards, std::move(add), std::move(finish)};
    }

    /// Calls `body(accumulator)` for each shard of the last run, in order.
    template <class Body>
    void for_each(const Body& body) {
        for (Index s = 0; s < size_; ++s) body(accumulators_[s]);
    }

    /// Calls `body(accumulator)` for all that there are, such as to clear what a failed run has left.
    template <class Body>
    void for_all(const Body& body) {
        for (Accumulator& accumulator : accumulators_) body(accumulator);
    }

private:
    FixedPlaces<Accumulator> accumulators_;
    Index size_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
