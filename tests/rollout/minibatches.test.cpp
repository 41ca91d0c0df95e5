#include "gradiva/rollout/minibatches.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

std::vector<Index> order(const Minibatches& minibatches) {
    std::vector<Index> result;
    for (Index i = 0; i < minibatches.sample_count(); ++i) result.push_back(minibatches.first(i));
    return result;
}

}  // namespace

TEST_CASE("Minibatches hold each sample once and the last one may be smaller") {
    Minibatches minibatches;
    minibatches.reset(blank_rollout<float>(5, 2));
    Rng rng(1);
    minibatches.shuffle(rng);
    minibatches.cut(4);
    REQUIRE(minibatches.count() == 3);
    std::vector<int> seen(10, 0);
    std::vector<Index> sizes;
    for (Index i = 0; i < 3; ++i) {
        const Range range = minibatches.minibatch(i);
        sizes.push_back(range.size());
        for (Index p = range.begin; p < range.end; ++p) ++seen[static_cast<std::size_t>(minibatches.first(p))];
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
        for (Index p = 0; p < 4; ++p) ++count[static_cast<std::size_t>(4 * minibatches.first(p) + p)];
    }
    // 6000 expected, standard deviation 67.
    for (const int c : count) CHECK(std::abs(c - rounds / 4) < 300);
}

TEST_CASE("Minibatches of sequences hold the steps of each environment from cut to cut, ordered by time") {
    auto rollout = blank_rollout<float>(3, 5);
    rollout.length[0] = 2;
    rollout.length[1] = 5;
    rollout.length[2] = 3;
    Minibatches minibatches;
    minibatches.reset(rollout, 2);
    CHECK(minibatches.sample_count() == 10);
    REQUIRE(minibatches.size() == 6);
    CHECK(minibatches.steps() == 2);
    std::vector<Index> first, length;
    for (Index i = 0; i < 6; ++i) {
        first.push_back(minibatches.first(i));
        length.push_back(minibatches.length(i));
    }
    CHECK(first == std::vector<Index>{0, 1, 2, 7, 8, 13});  // t N + n
    CHECK(length == std::vector<Index>{2, 2, 2, 2, 1, 1});
    std::vector<std::pair<Index, Index>> samples;
    minibatches.for_each_sample({1, 5}, [&](Index place, Index sample) { samples.push_back({place, sample}); });
    CHECK(samples == std::vector<std::pair<Index, Index>>{{2, 1}, {3, 4}, {4, 2}, {5, 5}, {6, 7}, {7, 10}, {8, 8}});
    CHECK(minibatches.places({1, 5}) == Range{2, 9});
}

TEST_CASE("Minibatches of sequences are filled while samples fit, with one sequence at least") {
    auto rollout = blank_rollout<float>(3, 5);
    rollout.length[0] = 2;
    rollout.length[1] = 5;
    rollout.length[2] = 3;
    Minibatches minibatches;
    minibatches.reset(rollout, 2);  // of 2, 2, 2, 2, 1, 1 samples
    const auto cut = [&](Index most) {
        minibatches.cut(most);
        std::vector<Range> result;
        for (Index i = 0; i < minibatches.count(); ++i) result.push_back(minibatches.minibatch(i));
        return result;
    };
    CHECK(cut(1) == std::vector<Range>{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}});
    CHECK(cut(3) == std::vector<Range>{{0, 1}, {1, 2}, {2, 3}, {3, 5}, {5, 6}});
    CHECK(cut(4) == std::vector<Range>{{0, 2}, {2, 4}, {4, 6}});
    CHECK(cut(10) == std::vector<Range>{{0, 6}});
}

TEST_CASE("Shuffled sequences keep their samples, and places follow the new order") {
    auto rollout = blank_rollout<float>(4, 7);
    rollout.length[2] = 3;
    Minibatches minibatches;
    minibatches.reset(rollout, 3);
    Rng rng(2);
    minibatches.shuffle(rng);
    std::vector<int> seen(28, 0);
    Index places = 0;
    for (Index i = 0; i < minibatches.size(); ++i) {
        CHECK(minibatches.places({i, i + 1}).begin == places);
        const Index first = minibatches.first(i), n = first % 4, t = first / 4;
        CHECK(t % 3 == 0);
        CHECK(minibatches.length(i) == std::min<Index>(3, rollout.length[n] - t));
        minibatches.for_each_sample({i, i + 1}, [&](Index place, Index sample) {
            CHECK(place == places++);
            CHECK(sample % 4 == n);
            ++seen[static_cast<std::size_t>(sample)];
        });
    }
    CHECK(places == 24);
    for (Index t = 0; t < 7; ++t) {
        for (Index n = 0; n < 4; ++n) {
            CHECK(seen[static_cast<std::size_t>(4 * t + n)] == (rollout.holds(t, n) ? 1 : 0));
        }
    }
}

TEST_CASE("Single samples as sequences of one step are the order of feed-forward networks") {
    const auto rollout = blank_rollout<float>(3, 4);
    Minibatches one, other;
    one.reset(rollout);
    other.reset(rollout, 1);
    Rng first(4), second(4);
    one.shuffle(first);
    other.shuffle(second);
    CHECK(order(one) == order(other));
}
