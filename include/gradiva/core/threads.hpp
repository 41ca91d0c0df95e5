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

/// A persistent pool of threads. Work comes as numbered shards; which thread runs a shard is left to chance, so a body
/// must depend on nothing but its number. The calling thread works too: a pool of one starts no thread.
class Threads {
public:
    /// The largest count.
    static constexpr Index most = 1024;

    /// Throws `Error` unless `count` is from 1 to `most`, and where the system starts no more threads. More threads
    /// than cores are allowed.
    explicit Threads(Index count = 1) : groups_(static_cast<std::size_t>(std::clamp<Index>(count, 0, most))) {
        require(count >= 1, "Threads: count is {}; give at least 1 thread", count);
        require(count <= most, "Threads: count is {}; give at most {} threads, best as many as cores", count, most);
        may_spin_ = count <= static_cast<Index>(std::thread::hardware_concurrency());
        workers_.reserve(static_cast<std::size_t>(count - 1));
        detail::undo_unless_done(
            [&] {
                detail::as_error(
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

    /// Calls `body(shard)` for every shard in [0, shards) and returns when all have ended. If bodies throw, the other
    /// shards run all the same, whatever the number of threads, and the exception of the lowest is rethrown. Allocates
    /// nothing. One call at a time; a body must not call `run` itself.
    template <class Body>
    void run(Index shards, const Body& body) {
        run_shards(shards, {[](const void* b, Index shard) { (*static_cast<const Body*>(b))(shard); }, &body});
    }

private:
    /// A body of whatever type: the code that runs it is there once, in place of once per body.
    struct Call {
        void (*call)(const void*, Index) = nullptr;
        const void* body = nullptr;
        void operator()(Index shard) const { call(body, shard); }
    };

    [[gnu::noinline]] void run_shards(Index shards, Call call) {
        if (workers_.empty() || shards <= 1) {
            detail::Failure failure;
            for (Index shard = 0; shard < shards; ++shard) failure.attempt([&] { call(shard); });
            return failure.rethrow();
        }
        GRADIVA_ASSERT(shards < Index{1} << 32);
        call_ = call;
        failure_ = {};
        unfinished_.store(shards, std::memory_order_relaxed);  // seen by who takes a shard
        for (Index i = 0; i < count(); ++i) groups_[static_cast<std::size_t>(i)].assign(group_of(i, shards));
        announce();
        drain(0);
        wait_for_the_rest();
        failure_.rethrow();
    }

    /// Counted from the end where there are enough for all: the calling thread, which had to begin the round, gets one
    /// of the smaller pieces.
    Range group_of(Index thread, Index shards) const {
        if (shards < count()) return piece(shards, count(), thread);
        const Range from_end = piece(shards, count(), count() - 1 - thread);
        return {shards - from_end.end, shards - from_end.begin};
    }

    /// Neighbouring shards: those that a thread begins with. As it does so in every round, what a shard works on stays
    /// in the cache of one core. The next and the end are one number, so that a thread which comes too late never
    /// mixes those of two rounds.
    class alignas(64) Group {
    public:
        void assign(Range shards) {
            next_and_end_.store(static_cast<std::uint64_t>(shards.begin) | static_cast<std::uint64_t>(shards.end) << 32,
                                std::memory_order_release);
        }
        /// The next shard, or -1.
        Index take() {
            if (next_of(next_and_end_) < 0) return -1;  // to look first leaves the number in the cache of its owner
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

    /// Runs the shards of the thread's own group, then what others have left of theirs: nobody waits for a thread that
    /// has not begun.
    void drain(Index thread) {
        for (Index i = 0; i < count(); ++i) {
            Group& group = groups_[static_cast<std::size_t>((thread + i) % count())];
            for (Index shard = group.take(); shard >= 0; shard = group.take()) run_shard(shard);
        }
    }

    void run_shard(Index shard) {
        detail::Failure failure;
        if (!failure.attempt([&] { call_(shard); })) keep_lowest(shard, std::move(failure));
        if (--unfinished_ == 0) unfinished_.notify_one();
    }

    void keep_lowest(Index shard, detail::Failure failure) {
        const std::lock_guard lock(failure_mutex_);
        if (failure_ && failed_shard_ < shard) return;
        failed_shard_ = shard;
        failure_ = std::move(failure);
    }

    // Rounds of a few microseconds follow each other closely: looking out for the next one for a while saves the sleep
    // and the wake-up. Not where there are more threads than cores: a thread that waits would keep one from working.
    static constexpr std::chrono::microseconds longest_spin{100};

    template <class Ready>
    void spin_until(const Ready& ready) const {
        if (!may_spin_) return;
        const auto end = std::chrono::steady_clock::now() + longest_spin;
        do {
            for (int i = 0; i < 32; ++i) {
                if (ready()) return;
                let_others_run();
            }
        } while (std::chrono::steady_clock::now() < end);
    }

    /// Tells the processor that this is a loop which waits.
    static void let_others_run() {
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

    void wait_for_the_rest() {
        spin_until([&] { return unfinished_ == 0; });
        for (Index rest = unfinished_; rest != 0; rest = unfinished_) unfinished_.wait(rest);
    }

    // What a round is, on one cache line; apart from it what threads write when they end a shard.
    alignas(64) std::atomic<std::uint64_t> round_ = 0;
    Call call_;
    std::atomic<bool> stopping_ = false;
    bool may_spin_ = false;
    alignas(64) std::atomic<Index> unfinished_ = 0;
    alignas(64) std::vector<Group> groups_;  // one per thread
    std::mutex failure_mutex_;
    detail::Failure failure_;
    Index failed_shard_ = 0;
    std::vector<std::thread> workers_;
};

}  // namespace GRADIVA_NAMESPACE
