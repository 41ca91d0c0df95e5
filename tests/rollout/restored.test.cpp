// Stores and collectors that are restored.

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/rollout_store.hpp"
#include "train/walks.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Envs = Walks<HybridSpace, true>;

/// Environments with masks, integers and reals, and an actor with parameters of its own.
struct Rig {
    Envs envs = walks_of<true>(HybridSpace{.choice = {3}, .box = {.size = 1}}, 2);
    Actor<MlpNetwork<float>, Hybrid<float>> actor{envs, Mlp{.hidden = {}}};
    Threads threads{1};
    Collector<Envs, Actor<MlpNetwork<float>, Hybrid<float>>> collect{envs, actor, threads};
    RolloutStore<float> store;

    explicit Rig(Index capacity = 3) : store(envs, actor, capacity) {}

    void add(Index steps, Index updates) {
        auto& entry = store.renew_oldest([&](Rollout<float>& rollout) { collect.steps(rollout, steps); });
        entry.updates = updates;
        entry.rollout.log_ratio(1, 0) = static_cast<float>(steps);
    }
};

bool same(const FinishedEpisode& a, const FinishedEpisode& b) {
    return a.environment == b.environment && a.reward_sum == b.reward_sum && a.length == b.length;
}

void check_same(const Rollout<float>& a, const Rollout<float>& b) {
    CHECK(a.horizon == b.horizon);
    CHECK(a.starts_anew == b.starts_anew);
    CHECK(a.whole_episodes == b.whole_episodes);
    CHECK(a.observation == b.observation);
    CHECK(a.mask == b.mask);
    CHECK(a.action.all().integers == b.action.all().integers);
    CHECK(a.action.all().reals == b.action.all().reals);
    CHECK(a.head == b.head);
    CHECK(a.own_parameters == b.own_parameters);
    CHECK(a.log_prob == b.log_prob);
    CHECK(a.log_ratio == b.log_ratio);
    CHECK(a.reward == b.reward);
    CHECK(a.terminated == b.terminated);
    CHECK(a.truncated == b.truncated);
    CHECK(a.length == b.length);
    CHECK(a.final_sample == b.final_sample);
    CHECK(a.final_observation == b.final_observation);
    CHECK(a.final_mask == b.final_mask);
    CHECK(std::equal(a.finished.begin(), a.finished.end(), b.finished.begin(), b.finished.end(), same));
    CHECK(a.value.cols() == b.value.cols());  // what the estimator fills
    CHECK(a.value_target.cols() == b.value_target.cols());
}

/// Overwrites a number of an image.
template <class T>
void set(StateImage& image, const char* path, std::size_t i, T value) {
    REQUIRE(image.find(path) != nullptr);
    std::memcpy(image.at(path).own.data() + i * sizeof(T), &value, sizeof(T));
}

}  // namespace

TEST_CASE("A store is restored with all that its rollouts hold, and where the next goes") {
    Rig saved, restored;
    for (const Index steps : {10, 2, 20, 7}) saved.add(steps, 10 * steps);
    saved.collect.episodes(saved.store.newest().rollout, 2);
    Rollout<float>& newest = saved.store.newest().rollout;
    REQUIRE(newest.whole_episodes);
    REQUIRE(newest.starts_anew);
    REQUIRE(newest.finished.size() == 4);
    restore("test", image_of(saved.store), restored.store);
    using Entry = RolloutStore<float>::Entry;
    std::vector<const Entry*> entries;
    saved.store.for_each([&](const Entry& entry, Index) { entries.push_back(&entry); });
    REQUIRE(entries.size() == 3);
    restored.store.for_each([&](const Entry& entry, Index i) {
        check_same(entries[static_cast<std::size_t>(i)]->rollout, entry.rollout);
        CHECK(entry.updates == entries[static_cast<std::size_t>(i)]->updates);
    });
}

TEST_CASE("A store that is not full is restored so, with a rollout that broke off") {
    Rig saved, restored;
    saved.add(4, 1);
    CHECK_THROWS(saved.store.renew_oldest([](Rollout<float>& rollout) {
        rollout.resize(3);
        fail("broken off");
    }));
    const StateImage image = image_of(saved.store);
    for (const Index steps : {4, 3, 2}) restored.add(steps, 1);
    restore("test", image, restored.store);
    Index held = 0;
    restored.store.for_each([&](const auto& entry, Index i) {
        ++held;
        CHECK(i == 0);
        CHECK(entry.rollout.horizon == 4);
    });
    CHECK(held == 1);
    CHECK(first_difference(image, image_of(restored.store)).empty());
}

TEST_CASE("Nothing of a store of one rollout is saved, as it is overwritten before it is read") {
    Rig rig(1);
    rig.add(4, 1);
    const StateImage image = image_of(rig.store);
    REQUIRE(image.arrays().size() == 1);
    CHECK(image.arrays().front().path == "capacity");
}

TEST_CASE("Rollouts whose parts do not fit each other are refused, and the store stays as it was") {
    Rig saved, restored;
    saved.add(10, 1);
    saved.add(10, 2);
    restored.add(3, 4);
    const StateImage before = image_of(restored.store);
    const auto refuses = [&](const char* path, std::size_t i, auto value, const char* text) {
        INFO(path);
        StateImage image = image_of(saved.store);
        set(image, path, i, value);
        CHECK_THROWS_WITH(restore("test", image, restored.store), ContainsText(text));
        CHECK(first_difference(before, image_of(restored.store)).empty());
    };
    constexpr Index huge = Index{1} << 60;
    const char* const does_not_fit = "2 environments, 2 numbers observed of each";
    refuses("next", 0, Index{3}, "next is 3, of 3 rollouts");
    refuses("next", 0, Index{-1}, "next is -1, of 3 rollouts");
    for (const Index horizon : {Index{0}, Index{9}, Index{11}, Index{-1}, huge}) {
        refuses("rollouts/rollout/horizon", 0, horizon, does_not_fit);
    }
    refuses("rollouts/rollout/length", 0, Index{11}, does_not_fit);
    refuses("rollouts/rollout/length", 0, Index{-1}, does_not_fit);
    refuses("rollouts/rollout/final_sample", 0, Index{20}, does_not_fit);
    refuses("rollouts/rollout/final_sample", 0, Index{-1}, does_not_fit);
    refuses("rollouts/rollout/episodes", 0, huge, "episodes ended in 2 x 10 samples");
    refuses("rollouts/rollout/episodes", 0, Index{-1}, "-1 episodes ended in 2 x 10 samples");
    for (const char* part : {"observation", "mask", "action/integers", "action/reals", "head", "log_prob", "log_ratio",
                             "reward", "terminated", "truncated", "final_observation", "final_mask"}) {
        // The sizes of the first two rollouts as columns and rows, exchanged.
        const std::string sizes = std::string("rollouts/rollout/") + part + ".size";
        const StateImage image = image_of(saved.store);
        Index columns = 0;
        std::memcpy(&columns, image.find(sizes)->data, sizeof(columns));
        refuses(sizes.c_str(), 0, columns - 1, "");
    }
}

TEST_CASE("A restored collector goes on with steps, or resets environments before whole episodes") {
    Rig saved, restored;
    Rollout<float> expected(saved.envs, saved.actor), rollout(saved.envs, saved.actor);
    saved.collect.steps(expected, 5);
    const StateImage collector = image_of(saved.collect), envs = image_of(saved.envs);
    restore("test", collector, restored.collect);
    restore("test", envs, restored.envs);
    SECTION("steps") {
        saved.collect.steps(expected, 20);
        restored.collect.steps(rollout, 20);
        CHECK(!rollout.starts_anew);
    }
    SECTION("whole episodes") {
        saved.collect.episodes(expected, 2);
        restored.collect.episodes(rollout, 2);
    }
    check_same(expected, rollout);
}

TEST_CASE("A restored collector notices a final observation that is not written") {
    struct Forgetful : Envs {
        using Envs::Envs;
        void step(Range range, const ConstActionView& actions, StepView& out) {
            MatrixBuffer<float> final_observation(2, range.size());
            StepView mine{out.observation, final_observation.matrix(), out.reward, out.terminated, out.truncated,
                          out.final_mask};
            Envs::step(range, actions, mine);
        }
    };
    Threads threads(1);
    Forgetful envs(HybridSpace{.choice = {3}, .box = {.size = 1}}, 2), others = envs;
    Actor actor(envs, Mlp{.hidden = {}});
    Collector collect(envs, actor, threads), other(others, actor, threads);
    Rollout rollout(envs, actor);
    collect.steps(rollout, 1);
    restore("test", image_of(collect), other);
    restore("test", image_of(envs), others);
    CHECK_THROWS_WITH(collect.steps(rollout, 20), ContainsText("the last step of an episode"));
    CHECK_THROWS_WITH(other.steps(rollout, 20), ContainsText("the last step of an episode"));
}
