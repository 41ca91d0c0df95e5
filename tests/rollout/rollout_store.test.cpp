#include "gradiva/rollout/rollout_store.hpp"

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

struct Case {
    Vectorized<Ticker> envs{Ticker{}, {.count = 2}};
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {}}};
    RolloutStore<float> store;

    explicit Case(Index capacity = 3) : store(envs, actor, capacity) {}

    /// Puts a rollout of so many steps in the place of the oldest.
    const Rollout<float>* add(Index steps, Index updates) {
        auto& entry = store.renew_oldest([&](Rollout<float>& rollout) { rollout.resize(steps); });
        entry.updates = updates;
        CHECK(&entry == &store.newest());
        return &entry.rollout;
    }

    using Seen = std::vector<std::tuple<Index, Index, Index>>;  // place, horizon, updates
    Seen seen() {
        Seen result;
        store.for_each([&](auto& entry, Index i) { result.emplace_back(i, entry.rollout.horizon, entry.updates); });
        return result;
    }
};

}  // namespace

TEST_CASE("A store holds the newest rollouts from the newest to the oldest") {
    Case c;
    CHECK(c.store.capacity() == 3);
    CHECK(c.seen().empty());
    c.add(10, 0);
    CHECK((c.seen() == Case::Seen{{0, 10, 0}}));
    c.add(11, 2);
    c.add(12, 3);
    CHECK((c.seen() == Case::Seen{{0, 12, 3}, {1, 11, 2}, {2, 10, 0}}));
    c.add(13, 7);
    CHECK((c.seen() == Case::Seen{{0, 13, 7}, {1, 12, 3}, {2, 11, 2}}));
}

TEST_CASE("A store with room for one rollout holds the newest") {
    Case c(1);
    for (const Index updates : {4, 6}) {
        c.add(10 + updates, updates);
        CHECK((c.seen() == Case::Seen{{0, 10 + updates, updates}}));
    }
}

TEST_CASE("The newest rollout takes the memory of the oldest") {
    Case c;
    const auto* first = c.add(10, 0);
    const float* reward = first->reward.data();
    const auto* second = c.add(10, 1);
    const auto* third = c.add(10, 2);
    CHECK(first != second);
    CHECK(second != third);
    CHECK(c.add(8, 3) == first);
    CHECK(first->reward.data() == reward);
    CHECK(c.add(8, 4) == second);
}

TEST_CASE("A rollout whose filling broke off is forgotten, and its place is the next to be filled") {
    Case c;
    for (const Index updates : {0, 1, 2}) c.add(10 + updates, updates);
    const auto break_off = [](Rollout<float>& rollout) {
        rollout.resize(99);
        throw Breakdown("the simulator is gone");
    };
    CHECK_THROWS_AS(c.store.renew_oldest(break_off), Breakdown);
    CHECK((c.seen() == Case::Seen{{0, 12, 2}, {1, 11, 1}}));
    c.add(13, 3);
    CHECK((c.seen() == Case::Seen{{0, 13, 3}, {1, 12, 2}, {2, 11, 1}}));
}

TEST_CASE("A store of one holds the last rollout") {
    Case c;
    c.store = RolloutStore<float>(c.envs, c.actor, 1);
    c.add(5, 1);
    c.add(6, 2);
    CHECK((c.seen() == Case::Seen{{0, 6, 2}}));
}

TEST_CASE("The rollouts of a store fit environments and policy and may be changed") {
    Case c;
    c.add(4, 0);
    c.store.for_each([](auto& entry, Index) { entry.rollout.reward(1, 3) = 5; });
    c.store.for_each([](auto& entry, Index) {
        CHECK(entry.rollout.environments == 2);
        CHECK(entry.rollout.observation_size == 3);
        CHECK(entry.rollout.head_size == 2);
        CHECK(entry.rollout.reward(1, 3) == 5);
    });
}

TEST_CASE("A store without room is refused") {
    const Case c;
    CHECK_THROWS_WITH((RolloutStore<float>(c.envs, c.actor, 0)),
                      "RolloutStore: capacity is 0; give room for at least 1 rollout");
}
