// Metrics of the episodes that ended in a rollout, in the order of these, whatever the number of threads.
#include <array>
#include <cstring>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/recorded_rollout.hpp"
#include "gradiva/rollout/rollout_store.hpp"
#include "helpers/measured.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// So many environments with episodes of 2 to 7 steps.
struct Rig {
    static Measured env_of(Index i) {
        Measured env;
        env.id = i;
        env.length = 2 + i % 6;
        env.truncates = i % 2 == 1;
        return env;
    }

    Vectorized<Measured> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor;
    Threads threads;
    Rollout<float> rollout;
    Collector<Vectorized<Measured>, Actor<MlpNetwork<float>, Categorical<float>>> collect;

    Rig(Index count, Index thread_count)
        : envs(env_of, {.count = count, .seed = 1}), actor(envs, Mlp{.hidden = {4}}), threads(thread_count),
          rollout(envs, actor), collect(envs, actor, threads) {}
};

/// Checks each metric by the episode that it belongs to, `first` of each environment having ended before.
void check(const Rollout<float>& r, const std::vector<Index>& first) {
    REQUIRE((r.metric_names.size() == 2 && r.metric_names[1] == "steps"));
    REQUIRE((r.metrics.rows() == 2 && r.metrics.cols() == r.finished.size()));
    REQUIRE(r.finished.size() > 0);
    std::vector<Index> ended = first;
    Index wrong = 0;
    for (Index i = 0; i < r.finished.size(); ++i) {
        const Index n = r.finished[i].environment;
        wrong += r.metrics(0, i) == static_cast<double>(100 * n + ended[to_size(n)]++) ? 0 : 1;
        wrong += r.metrics(1, i) == static_cast<double>(r.finished[i].length) ? 0 : 1;
    }
    CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("metrics stand in the order of the episodes, for any number of environments and threads", "[threads]") {
    for (const Index count : {1, 5, 70, 300}) {
        for (const Index threads : {1, 2, 4}) {
            CAPTURE(count, threads);
            Rig rig(count, threads);
            std::vector<Index> ended(to_size(count), 0);
            for (const Index steps : {30, 3, 100}) {
                rig.collect.steps(rig.rollout, steps);
                check(rig.rollout, ended);
                for (const FinishedEpisode& episode : rig.rollout.finished) ++ended[to_size(episode.environment)];
            }
        }
    }
}

TEST_CASE("whole episodes have their metrics", "[threads]") {
    for (const Index threads : {1, 2}) {
        Rig rig(20, threads);
        rig.collect.episodes(rig.rollout, 3);
        REQUIRE(rig.rollout.finished.size() == 60);
        check(rig.rollout, std::vector<Index>(20, 0));
        rig.collect.episodes(rig.rollout, 2);
        check(rig.rollout, std::vector<Index>(20, 3));
    }
}

TEST_CASE("a store is restored with the metrics of its rollouts, and without metrics shows none") {
    Rig rig(5, 1);
    RolloutStore<float> store(rig.envs, rig.actor, 2), other(rig.envs, rig.actor, 2);
    const auto collect = [&](Rollout<float>& rollout) { rig.collect.steps(rollout, 12); };
    store.renew_oldest(collect);
    store.renew_oldest(collect);
    restore("test", image_of(store), other);
    std::vector<const Rollout<float>*> rollouts;
    store.for_each([&](const auto& entry, Index) { rollouts.push_back(&entry.rollout); });
    other.for_each([&](const auto& entry, Index i) { CHECK(entry.rollout.metrics == rollouts[to_size(i)]->metrics); });
    Vectorized plain(Ticker{}, {.count = 5});
    RolloutStore<float> without(plain, rig.actor, 2);
    without.renew_oldest([&](Rollout<float>& rollout) { rollout.resize(1); });
    const StateImage image = image_of(without);
    for (const StateArray& array : image.arrays()) {
        CHECK(array.path.find("metrics") == std::string::npos);
    }
}

TEST_CASE("a rollout is not restored with metrics of another number of episodes") {
    Rig rig(5, 1);
    RolloutStore<float> store(rig.envs, rig.actor, 2), other(rig.envs, rig.actor, 2);
    store.renew_oldest([&](Rollout<float>& rollout) {
        rig.collect.steps(rollout, 12);
        rollout.metrics.resize(2, rollout.finished.size() - 1);
    });
    CHECK_THROWS_WITH(restore("test", image_of(store), other), ContainsText("metrics were saved of"));
}

TEST_CASE("a recorded rollout has no metrics, also of environments that have") {
    Rig rig(5, 1);
    rig.collect.steps(rig.rollout, 12);
    const TemporaryPath path("transitions.csv");
    write_transitions(path.text(), rig.rollout);
    const Rollout<float> recorded = read_transitions(path.text(), rig.envs);
    CHECK(recorded.finished.size() == rig.rollout.finished.size());
    CHECK((recorded.metric_names.empty() && recorded.metrics.cols() == 0));
}
