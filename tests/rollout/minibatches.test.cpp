#include "gradiva/rollout/minibatches.hpp"

#include <vector>

#include "catch.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

std::vector<Index> order(const Minibatches& minibatches) {
    std::vector<Index> result;
    for (Index i = 0; i < minibatches.sample_count(); ++i) result.push_back(minibatches[i]);
    return result;
}

}  // namespace

TEST_CASE("Minibatches hold each sample once and the last one may be smaller") {
    Minibatches minibatches;
    minibatches.reset(blank_rollout<float>(5, 2));
    Rng rng(1);
    minibatches.shuffle(rng);
    REQUIRE(minibatches.count(4) == 3);
    std::vector<int> seen(10, 0);
    std::vector<Index> sizes;
    for (Index i = 0; i < 3; ++i) {
        const Range range = minibatches.range(i, 4);
        sizes.push_back(range.size());
        for (Index p = range.begin; p < range.end; ++p) ++seen[static_cast<std::size_t>(minibatches[p])];
    }
    CHECK(sizes == std::vector<Index>{4, 4, 2});
    CHECK(seen == std::vector<int>(10, 1));
}

TEST_CASE("Minibatches of ragged episodes leave out what is no sample") {
    auto rollout = blank_rollout<float>(3, 4);
    rollout.length[0] = 2;
    rollout.length[1] = 4;
    rollout.length[2] = 1;
    Minibatches minibatches;
    minibatches.reset(rollout);
    CHECK(order(minibatches) == std::vector<Index>{0, 1, 2, 3, 4, 7, 10});  // t N + n
}

TEST_CASE("Shuffling is a permutation that follows the random stream") {
    Minibatches a, b;
    const auto rollout = blank_rollout<float>(10, 10);
    a.reset(rollout);
    b.reset(rollout);
    Rng first(3), second(3);
    a.shuffle(first);
    b.shuffle(second);
    CHECK(order(a) == order(b));
    const auto once = order(a);
    a.shuffle(first);
    CHECK(order(a) != once);
    auto sorted = order(a);
    std::sort(sorted.begin(), sorted.end());
    for (Index i = 0; i < 100; ++i) CHECK(sorted[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("Shuffling puts every sample at every place equally often") {
    constexpr int rounds = 24'000;
    const auto rollout = blank_rollout<float>(4, 1);
    Rng rng(5);
    Minibatches minibatches;
    std::vector<int> count(16, 0);
    for (int i = 0; i < rounds; ++i) {
        minibatches.reset(rollout);
        minibatches.shuffle(rng);
        for (Index p = 0; p < 4; ++p) ++count[static_cast<std::size_t>(4 * minibatches[p] + p)];
    }
    // 6000 expected, standard deviation 67.
    for (const int c : count) CHECK(std::abs(c - rounds / 4) < 300);
}
