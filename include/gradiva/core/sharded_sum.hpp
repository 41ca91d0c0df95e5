#pragma once

#include <algorithm>
#include <atomic>
#include <utility>

#include "gradiva/core/fixed_places.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/threads.hpp"

namespace GRADIVA_NAMESPACE {

/// Columns (samples) of one pass through the networks, so few that their activations fit a core's cache.
inline constexpr Index pass_width = 128;

/// The largest number of shards of a batch of samples.
inline constexpr Index most_shards = 16;

/// The number of shards of a batch that goes through the networks in passes of `width` samples, from 1 to
/// `most_shards`; a function of these numbers only.
inline Index shard_count(Index samples, Index width = pass_width) {
    return std::clamp<Index>(pieces_of(samples, width), 1, most_shards);
}

/// Splits shard number `shard` of `samples` into passes of at most `width` samples, and calls `body(range)` for each,
/// in order.
template <class Body>
void for_each_pass(Range samples, Index shards, Index shard, Index width, const Body& body) {
    const Range mine = piece(samples.size(), shards, shard);
    for (Index begin = mine.begin; begin < mine.end; begin += width) {
        body(Range{samples.begin + begin, samples.begin + std::min(begin + width, mine.end)});
    }
}

/// The same, with passes of `pass_width`.
template <class Body>
void for_each_pass(Range samples, Index shards, Index shard, const Body& body) {
    for_each_pass(samples, shards, shard, pass_width, body);
}

/// Calls `task(i)` for every i in [0, task.size()) of each task, in parallel, in one `Threads::run` without a barrier
/// between tasks. Of several exceptions the first in the order of the arguments is rethrown (see `Threads::run`).
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

/// A task for `run_together` that calls `body()` once.
template <class Body>
class SingleTask {
public:
    explicit SingleTask(Body body) : body_(std::move(body)) {}
    static constexpr Index size() { return 1; }
    void operator()(Index) const { body_(); }

private:
    Body body_;
};

/// A task for `run_together` that runs the shards of a `ShardedSum`; made by `ShardedSum::tasks`.
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

/// A parallel reduction with a fixed order. Each shard adds to an accumulator of its own, on any thread; afterwards the
/// caller adds the accumulators in the order of their shards (`for_each`). As long as the number of shards depends on
/// the work only, the sum has the same bits for any number of threads. Accumulators keep their addresses and contents
/// from one run to the next: `add`, or whoever reads them, resets them.
template <class Accumulator>
class ShardedSum {
public:
    /// Shards of the last run.
    Index size() const { return size_; }
    Accumulator& operator[](Index shard) { return accumulators_[shard]; }

    /// Sets the number of shards, and makes further accumulators where there are fewer; existing ones keep their
    /// contents.
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

    /// The same as a task for `run_together`. The thread that ends the last shard calls `finish()`, while other tasks
    /// may still run; it is not called when a shard has thrown.
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

    /// Calls `body(accumulator)` for all accumulators, also those that the last run did not use; for example to reset
    /// them after a failed run.
    template <class Body>
    void for_all(const Body& body) {
        for (Accumulator& accumulator : accumulators_) body(accumulator);
    }

private:
    FixedPlaces<Accumulator> accumulators_;
    Index size_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
