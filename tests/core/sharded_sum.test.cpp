#include "catch.hpp"

#include "gradiva/core/sharded_sum.hpp"

#include <atomic>
#include <chrono>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace gradiva;

namespace {

/// A sum whose value depends on the order: a number that is large, then small, then minus the large one.
double uneven(Index i) { return i % 3 == 0 ? 1e16 : i % 3 == 1 ? 1.0 + static_cast<double>(i) : -1e16; }

double sum_of(ShardedSum<double>& parts) {
    double sum = 0;
    parts.for_each([&](double part) { sum += part; });
    return sum;
}

}  // namespace

TEST_CASE("the number of shards of a batch grows with its samples up to a limit") {
    CHECK(shard_count(0) == 1);
    CHECK(shard_count(1) == 1);
    CHECK(shard_count(pass_width) == 1);
    CHECK(shard_count(pass_width + 1) == 2);
    CHECK(shard_count(most_shards * pass_width) == most_shards);
    CHECK(shard_count(1'000'000) == most_shards);
}

TEST_CASE("the passes of all shards cover the samples once, in order") {
    for (const Index samples : {1, 128, 129, 1000, 5000}) {
        const Index shards = shard_count(samples);
        Index next = 70;
        for (Index s = 0; s < shards; ++s) {
            for_each_pass({70, 70 + samples}, shards, s, [&](Range pass) {
                CHECK(pass.begin == next);
                CHECK(pass.size() >= 1);
                CHECK(pass.size() <= pass_width);
                next = pass.end;
            });
        }
        CHECK(next == 70 + samples);
    }
}

TEST_CASE("a sum over shards has the same bits with any number of threads", "[threads]") {
    constexpr Index numbers = 1001, shards = 7;
    const auto sum_with = [](Index count) {
        Threads threads(count);
        ShardedSum<double> parts;
        parts.run(threads, shards, [](double& part, Index s) {
            part = 0;
            const Range mine = piece(numbers, shards, s);
            for (Index i = mine.begin; i < mine.end; ++i) part += uneven(i);
        });
        return sum_of(parts);
    };
    const double one = sum_with(1);
    for (const Index threads : {2, 3, 8}) CHECK(sum_with(threads) == one);
}

TEST_CASE("accumulators keep addresses and contents, and only those of the last run are visited") {
    Threads threads(1);
    ShardedSum<double> parts;
    const auto add_one = [](double& part, Index) { part += 1; };
    parts.run(threads, 5, add_one);
    CHECK(parts.size() == 5);
    double* const first = &parts[0];
    parts.run(threads, 2, add_one);
    CHECK(parts.size() == 2);
    CHECK(sum_of(parts) == 4);
    parts.run(threads, 40, add_one);
    CHECK(&parts[0] == first);
    CHECK(sum_of(parts) == 3 + 3 + 2 + 2 + 2 + 35);
    parts.run(threads, 1, add_one);
    parts.for_all([](double& part) { part = 0; });
    parts.resize(40);
    CHECK(sum_of(parts) == 0);
}

TEST_CASE("the continuation of a sum runs once, after its last shard, while other tasks still run", "[threads]") {
    Threads threads(2);
    ShardedSum<int> first, second;
    for (int round = 0; round < 200; ++round) {
        std::atomic<int> ended = 0, finished = 0;
        std::atomic<bool> all_had_ended = false, seen = true;
        run_together(threads,
                     first.tasks(
                         5, [&](int&, Index) { ++ended; },
                         [&] {
                             all_had_ended = ended == 5;
                             ++finished;
                         }),
                     second.tasks(
                         1,
                         [&](int&, Index) {
                             const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
                             while (finished == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
                             seen = finished == 1;
                         },
                         [] {}));
        if (!all_had_ended || finished != 1 || !seen) FAIL("round " << round);
    }
}

TEST_CASE("run_together calls each task once for each of its indices", "[threads]") {
    for (const Index count : {1, 2, 4}) {
        Threads threads(count);
        ShardedSum<int> first, second;
        const auto add = [](int& runs, Index shard) { runs += static_cast<int>(shard) + 1; };
        std::atomic<int> alone = 0, finished = 0;
        const auto finish = [&] { ++finished; };
        run_together(threads, first.tasks(3, add, finish), second.tasks(2, add, finish), SingleTask([&] { ++alone; }));
        for (Index s = 0; s < 3; ++s) CHECK(first[s] == s + 1);
        for (Index s = 0; s < 2; ++s) CHECK(second[s] == s + 1);
        CHECK(alone == 1);
        CHECK(finished == 2);
    }
}

TEST_CASE("the continuation of a sum does not run when a shard throws, and that of the other sum does", "[threads]") {
    for (const Index count : {1, 2, 4}) {
        Threads threads(count);
        ShardedSum<int> first, second;
        std::atomic<bool> first_finished = false, second_finished = false;
        const auto fail_at_1 = [](int&, Index s) {
            if (s == 1) throw std::runtime_error("the second shard");
        };
        CHECK_THROWS_WITH(run_together(threads, first.tasks(3, fail_at_1, [&] { first_finished = true; }),
                                       second.tasks(
                                           3, [](int&, Index) {}, [&] { second_finished = true; })),
                          "the second shard");
        CHECK_FALSE(first_finished);
        CHECK(second_finished);
    }
}
