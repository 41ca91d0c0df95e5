#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// A persistent thread pool for loops over numbered shards. Which thread runs a shard varies from run to run, so that a
/// body must depend on its shard's number only. The calling thread takes part: a pool of one starts no thread.
class Threads {
public:
    /// The largest count.
    static constexpr Index most = 1024;

    /// Throws `Error` unless `count` is from 1 to `most`, and when the system cannot start so many threads. More
    /// threads than cores are allowed.
    explicit Threads(Index count = 1) : groups_(static_cast<std::size_t>(std::clamp<Index>(count, 0, most))) {
        require(count >= 1, "Threads: count is {}; give at least 1 thread", count);
        require(count <= most, "Threads: count is {}; give at most {} threads, best as many as cores", count, most);
        may_spin_ = count <= static_cast<Index>(std::thread::hardware_concurrency());
        workers_.reserve(static_cast<std::size_t>(count - 1));
        undo_unless_done(
            [&] {
                as_error(
                    [&] {
                        for (Index i = 1; i < count; ++i) workers_.emplace_back([this, i] { serve(i); });
                    },
                    [&](const char* what) {
                        return fmt::format("Threads: only {} of {} threads could be started ({}); give fewer",
                                           workers_.size() + 1, count, what);
                    });
            },
            [&] { stop(); });
    }

    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

    ~Threads() { stop(); }

    Index count() const { return static_cast<Index>(groups_.size()); }

    /// Calls `body(shard)` for every shard in [0, shards) and returns when all have ended; `shards` is below 2^32. If
    /// some throw, the other shards run nevertheless, for any number of threads, and the exception of the
    /// lowest-numbered one is rethrown. Allocates nothing. Not reentrant: one call at a time, and a body must not call
    /// `run` itself.
    template <class Body>
    void run(Index shards, const Body& body) {
        run_shards(shards, {[](const void* b, Index shard) { (*static_cast<const Body*>(b))(shard); }, &body});
    }

private:
    /// A type-erased reference to a body, so that `run_shards` is compiled once and not for each type of body.
    struct Call {
        void (*call)(const void*, Index) = nullptr;
        const void* body = nullptr;
        void operator()(Index shard) const { call(body, shard); }
    };

    [[gnu::noinline]] void run_shards(Index shards, Call call) {
        if (workers_.empty() || shards <= 1) {
            CaughtException failure;
            for (Index shard = 0; shard < shards; ++shard) failure.attempt([&] { call(shard); });
            return failure.rethrow();
        }
        GRADIVA_ASSERT(shards < Index{1} << 32);
        call_ = call;
        failure_ = {};
        unfinished_.store(shards, std::memory_order_relaxed);  // published by the release stores of `assign`
        for (Index i = 0; i < count(); ++i) groups_[static_cast<std::size_t>(i)].assign(group_of(i, shards));
        announce();
        drain(0);
        wait_until_finished();
        failure_.rethrow();
    }

    /// The shards that `thread` begins with. Where every thread gets some, groups are counted from the end: thread 0,
    /// the caller, which also starts the round, then gets one of the smaller groups.
    Range group_of(Index thread, Index shards) const {
        if (shards < count()) return piece(shards, count(), thread);
        const Range from_end = piece(shards, count(), count() - 1 - thread);
        return {shards - from_end.end, shards - from_end.begin};
    }

    /// The consecutive shards that one thread begins with, the same in every round, so that a shard's data stays in the
    /// cache of one core. Next shard and end are packed in one atomic word, so that a thread which is late never
    /// combines those of two rounds.
    class alignas(64) Group {
    public:
        void assign(Range shards) {
            next_and_end_.store(static_cast<std::uint64_t>(shards.begin) | static_cast<std::uint64_t>(shards.end) << 32,
                                std::memory_order_release);
        }
        /// The next shard, or -1.
        Index take() {
            if (next_of(next_and_end_) < 0) return -1;  // reading first leaves the cache line with its owner
            return next_of(next_and_end_++);
        }

    private:
        static Index next_of(std::uint64_t both) {
            const std::uint64_t next = both & 0xFFFFFFFF;
            return next < both >> 32 ? static_cast<Index>(next) : -1;
        }

        std::atomic<std::uint64_t> next_and_end_ = 0;
    };

    void stop() {
        stopping_ = true;
        announce();
        for (std::thread& worker : workers_) worker.join();
    }

    void announce() {
        ++round_;
        round_.notify_all();
    }

    void serve(Index thread) {
        for (std::uint64_t seen = 0;;) {
            seen = wait_for_round_after(seen);
            if (stopping_) return;
            drain(thread);
        }
    }

    /// Runs the shards of the thread's own group, then steals those left in the others' groups: no thread waits for one
    /// that has not started.
    void drain(Index thread) {
        for (Index i = 0; i < count(); ++i) {
            Group& group = groups_[static_cast<std::size_t>((thread + i) % count())];
            for (Index shard = group.take(); shard >= 0; shard = group.take()) run_shard(shard);
        }
    }

    void run_shard(Index shard) {
        CaughtException failure;
        if (!failure.attempt([&] { call_(shard); })) keep_lowest(shard, std::move(failure));
        if (--unfinished_ == 0) unfinished_.notify_one();
    }

    void keep_lowest(Index shard, CaughtException failure) {
        const std::lock_guard lock(failure_mutex_);
        if (failure_ && failed_shard_ < shard) return;
        failed_shard_ = shard;
        failure_ = std::move(failure);
    }

    // Rounds of a few microseconds follow each other closely: spinning for a while before sleeping saves the wake-up.
    // Not with more threads than cores, where a spinning thread would take the core of a working one.
    static constexpr std::chrono::microseconds longest_spin{100};

    template <class Ready>
    void spin_until(const Ready& ready) const {
        if (!may_spin_) return;
        const auto end = std::chrono::steady_clock::now() + longest_spin;
        do {
            for (int i = 0; i < 32; ++i) {
                if (ready()) return;
                pause();
            }
        } while (std::chrono::steady_clock::now() < end);
    }

    /// Tells the processor that this is a spin loop.
    static void pause() {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
    }

    std::uint64_t wait_for_round_after(std::uint64_t seen) {
        spin_until([&] { return round_ != seen; });
        round_.wait(seen);
        return round_;
    }

    void wait_until_finished() {
        spin_until([&] { return unfinished_ == 0; });
        for (Index rest = unfinished_; rest != 0; rest = unfinished_) unfinished_.wait(rest);
    }

    // What describes a round shares a cache line, apart from the counter that threads write when they end a shard.
    alignas(64) std::atomic<std::uint64_t> round_ = 0;
    Call call_;
    std::atomic<bool> stopping_ = false;
    bool may_spin_ = false;
    alignas(64) std::atomic<Index> unfinished_ = 0;
    alignas(64) std::vector<Group> groups_;  // one per thread
    std::mutex failure_mutex_;
    CaughtException failure_;
    Index failed_shard_ = 0;
    std::vector<std::thread> workers_;
};

}  // namespace GRADIVA_NAMESPACE
