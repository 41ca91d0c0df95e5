#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"

namespace gradiva {

/// A persistent pool of threads. Work comes as numbered shards; which thread runs a shard is left to chance, so a body
/// must depend on nothing but its number. The calling thread works too: a pool of one starts no thread.
class Threads {
public:
    /// Throws `Error` unless `count` is at least 1. More threads than cores are allowed.
    explicit Threads(Index count = 1) {
        require(count >= 1, "Threads: count is {}; give at least 1 thread", count);
        may_spin_ = count <= static_cast<Index>(std::thread::hardware_concurrency());
        workers_.reserve(static_cast<std::size_t>(count - 1));
        try {
            for (Index i = 1; i < count; ++i) workers_.emplace_back([this] { serve(); });
        } catch (...) {
            stop();
            throw;
        }
    }

    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;

    ~Threads() { stop(); }

    Index count() const { return static_cast<Index>(workers_.size()) + 1; }

    /// Calls `body(shard)` for every shard in [0, shards) and returns when all have ended. If bodies throw, the
    /// exception of the lowest shard is rethrown. Allocates nothing. One call at a time; a body must not call `run`
    /// itself.
    template <class Body>
    void run(Index shards, const Body& body) {
        if (workers_.empty() || shards <= 1) {
            for (Index shard = 0; shard < shards; ++shard) body(shard);
            return;
        }
        call_ = [](const void* context, Index shard) { (*static_cast<const Body*>(context))(shard); };
        context_ = &body;
        shards_ = shards;
        next_ = 0;
        failure_ = nullptr;
        busy_ = workers_.size();
        announce();
        drain();
        wait_for_workers();
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }

private:
    void stop() {
        stopping_ = true;
        announce();
        for (std::thread& worker : workers_) worker.join();
    }

    void announce() {
        ++round_;
        round_.notify_all();
    }

    void serve() {
        for (std::uint64_t seen = 0;;) {
            seen = wait_for_round_after(seen);
            if (stopping_) return;
            drain();
            if (--busy_ == 0) busy_.notify_one();
        }
    }

    void drain() {
        for (Index shard = next_++; shard < shards_; shard = next_++) {
            try {
                call_(context_, shard);
            } catch (...) {
                keep_lowest(shard, std::current_exception());
            }
        }
    }

    void keep_lowest(Index shard, std::exception_ptr failure) {
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

    void wait_for_workers() {
        spin_until([&] { return busy_ == 0; });
        for (std::size_t busy = busy_; busy != 0; busy = busy_) busy_.wait(busy);
    }

    void (*call_)(const void*, Index) = nullptr;
    const void* context_ = nullptr;
    Index shards_ = 0;
    bool may_spin_ = false;
    // Apart from each other: threads that take shards do not disturb those that wait.
    alignas(64) std::atomic<Index> next_ = 0;
    alignas(64) std::atomic<std::size_t> busy_ = 0;
    alignas(64) std::atomic<std::uint64_t> round_ = 0;
    std::atomic<bool> stopping_ = false;
    std::mutex failure_mutex_;
    std::exception_ptr failure_;
    Index failed_shard_ = 0;
    std::vector<std::thread> workers_;
};

}  // namespace gradiva
