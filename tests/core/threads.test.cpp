#include "catch.hpp"

#include "gradiva/core/threads.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <numeric>
#include <thread>
#include <vector>

using namespace gradiva;

TEST_CASE("every shard runs exactly once", "[threads]") {
    for (const Index count : {1, 2, 3, 8}) {
        Threads threads(count);
        REQUIRE(threads.count() == count);
        for (const Index shards : {0, 1, 2, 100}) {
            CAPTURE(count, shards);
            // Plain integers: what the bodies wrote must be visible when the call returns.
            std::vector<int> runs(static_cast<std::size_t>(shards));
            threads.run(shards, [&](Index shard) { ++runs[static_cast<std::size_t>(shard)]; });
            CHECK(std::all_of(runs.begin(), runs.end(), [](int n) { return n == 1; }));
        }
    }
}

TEST_CASE("many short rounds in a row run all shards", "[threads]") {
    for (const Index count : {2, 4}) {
        Threads threads(count);
        std::vector<int> runs(5);
        for (int round = 1; round <= 10'000; ++round) {
            threads.run(5, [&](Index shard) { ++runs[static_cast<std::size_t>(shard)]; });
            if (std::accumulate(runs.begin(), runs.end(), 0) != 5 * round) FAIL("round " << round);
        }
        CHECK(runs == std::vector<int>(5, 10'000));
    }
}

TEST_CASE("sleeping threads wake up for the next round", "[threads]") {
    Threads threads(3);
    std::atomic<int> runs = 0;
    for (int round = 0; round < 5; ++round) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        threads.run(3, [&](Index) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));  // long enough for the caller to sleep too
            ++runs;
        });
    }
    CHECK(runs == 15);
}

TEST_CASE("two threads run two shards at the same time", "[threads]") {
    Threads threads(2);
    std::atomic<int> arrived = 0;
    std::atomic<int> met = 0;
    threads.run(2, [&](Index) {
        ++arrived;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (arrived < 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
        if (arrived == 2) ++met;
    });
    CHECK(met == 2);
}

TEST_CASE("the exception of the lowest shard is rethrown, and the pool remains usable", "[threads]") {
    for (const Index count : {1, 2, 3, 8}) {
        CAPTURE(count);
        Threads threads(count);
        for (int round = 0; round < 30; ++round) {
            const auto body = [](Index shard) {
                if (shard < 20 || shard % 2 == 1) return;
                // The lowest fails last, where another thread is there to fail first.
                if (shard == 20) std::this_thread::sleep_for(std::chrono::milliseconds(2));
                fail("shard {} fails", shard);
            };
            REQUIRE_THROWS_WITH(threads.run(50, body), "shard 20 fails");
            std::atomic<Index> sum = 0;
            threads.run(50, [&](Index shard) { sum += shard; });
            REQUIRE(sum == 49 * 50 / 2);
        }
    }
}

TEST_CASE("when a shard throws all others run, for any number of threads", "[threads]") {
    for (const Index count : {1, 2, 8}) {
        for (const Index shards : {1, 2, 9}) {
            CAPTURE(count, shards);
            Threads threads(count);
            std::vector<int> runs(static_cast<std::size_t>(shards));
            const auto body = [&](Index shard) {
                ++runs[static_cast<std::size_t>(shard)];
                if (shard % 4 == 0) fail("shard {} fails", shard);
            };
            CHECK_THROWS_WITH(threads.run(shards, body), "shard 0 fails");
            CHECK(std::all_of(runs.begin(), runs.end(), [](int n) { return n == 1; }));
        }
    }
}

TEST_CASE("a pool that was never used can be destroyed", "[threads]") {
    for (int i = 0; i < 50; ++i) Threads threads(4);
    SUCCEED();
}

TEST_CASE("a count above the largest one is refused before a thread is started") {
    for (const Index count : {Threads::most + 1, Index{100'000}, std::numeric_limits<Index>::max()}) {
        CHECK_THROWS_WITH(Threads(count),
                          fmt::format("Threads: count is {}; give at most 1024 threads, best as many as cores", count));
    }
}

TEST_CASE("a pool without threads is refused", "[threads]") {
    CHECK_THROWS_AS(Threads(0), Error);
    CHECK_THROWS_WITH(Threads(0), "Threads: count is 0; give at least 1 thread");
    CHECK_THROWS_WITH(Threads(-2), ContainsText("count is -2"));
}
