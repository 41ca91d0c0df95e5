// Rollouts of whole episodes.
#include <numeric>
#include <utility>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

template <class E>
struct Rig {
    template <class Source>
    Rig(const Source& source, VectorizedOptions options) : envs(source, options) {}

    Vectorized<E> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {4}}};
    Threads threads;
    Rollout<float> rollout{envs, actor};
    Collector<Vectorized<E>, Actor<MlpNetwork<float>, Categorical<float>>> collect{envs, actor, threads};
};

auto tickers(bool truncates) {
    return [=](Index i) { return Ticker{.id = i, .length = 2 + 3 * i, .truncates = truncates}; };
}

}  // namespace

TEST_CASE("Every environment plays its quota of episodes however short they are") {
    Rig<Ticker> rig(tickers(false), {.count = 5});
    rig.collect.episodes(rig.rollout, 3);
    const auto& r = rig.rollout;
    CHECK(r.whole_episodes);
    CHECK(r.horizon == 3 * (2 + 3 * 4));
    CHECK(r.sample_count() == 3 * (2 + 5 + 8 + 11 + 14));
    std::vector<int> finished(5, 0);
    for (const FinishedEpisode& episode : r.finished) {
        ++finished[static_cast<std::size_t>(episode.environment)];
        CHECK(episode.length == 2 + 3 * episode.environment);
    }
    CHECK(finished == std::vector<int>(5, 3));
    for (Index n = 0; n < 5; ++n) {
        CHECK(r.length[n] == 3 * (2 + 3 * n));
        CHECK(r.terminated(n, r.length[n] - 1) == 1);
        int ends = 0;
        for (Index t = 0; t < r.length[n]; ++t) {
            CHECK(r.observation(0, t * 5 + n) == static_cast<float>(n));
            CHECK(r.observation(2, t * 5 + n) == static_cast<float>(t % (2 + 3 * n)));
            ends += r.terminated(n, t);
        }
        CHECK(ends == 3);
    }
}

TEST_CASE("What lies beyond an environment's last episode is marked as terminated and does no harm") {
    Rig<Ticker> rig(tickers(true), {.count = 5});
    for (int round = 0; round < 2; ++round) {
        rig.collect.episodes(rig.rollout, 2);
        const auto& r = rig.rollout;
        for (Index n = 0; n < 5; ++n) {
            CHECK(r.truncated(n, r.length[n] - 1) == 1);
            for (Index t = r.length[n]; t < r.horizon; ++t) {
                CHECK(r.terminated(n, t) == 1);
                CHECK(r.truncated(n, t) == 0);
                CHECK(r.reward(n, t) == 0);
                CHECK(r.log_prob(n, t) == 0);
                CHECK(r.observation.columns({t * 5 + n, t * 5 + n + 1}).allFinite());
            }
        }
        CHECK(r.final_sample.size() == 10);
        for (const Index sample : r.final_sample) CHECK(sample / 5 < r.length[sample % 5]);
    }
}

TEST_CASE("Whole episodes follow each other from rollout to rollout without a loss") {
    Rig<Ticker> rig(tickers(false), {.count = 3});
    for (Index round = 0; round < 3; ++round) {
        rig.collect.episodes(rig.rollout, 2);
        for (Index n = 0; n < 3; ++n) {
            CHECK(rig.rollout.observation(1, n) == static_cast<float>(2 * round));
            CHECK(rig.rollout.observation(2, n) == 0);
        }
    }
}

TEST_CASE("Whole episodes after cut ones start all environments anew") {
    Rig<Ticker> rig([](Index i) { return Ticker{.id = i, .length = 4}; }, {.count = 2});
    rig.collect.steps(rig.rollout, 6);
    rig.collect.episodes(rig.rollout, 1);
    CHECK(rig.rollout.sample_count() == 8);
    for (Index n = 0; n < 2; ++n) {
        CHECK(rig.rollout.observation(2, n) == 0);
        CHECK(rig.rollout.length[n] == 4);
    }
    REQUIRE(rig.rollout.finished.size() == 2);
    for (const FinishedEpisode& episode : rig.rollout.finished) CHECK(episode.length == 4);
}

TEST_CASE("Episodes longer than the first chunk are kept whole") {
    Rig<Ticker> rig([](Index i) { return Ticker{.id = i, .length = 100 + 200 * i}; }, {.count = 2});
    rig.collect.episodes(rig.rollout, 1);
    const auto& r = rig.rollout;
    CHECK(r.horizon == 300);
    CHECK(r.length[0] == 100);
    CHECK(r.length[1] == 300);
    for (Index t = 0; t <= 300; ++t) {
        CHECK(r.observation(2, 2 * t + 1) == static_cast<float>(t % 300));
    }
    for (Index t = 0; t < 299; ++t) CHECK(r.terminated(1, t) == 0);
}

TEST_CASE("Bad quotas are refused by name") {
    Rig<Ticker> rig(Ticker{}, {.count = 2});
    CHECK_THROWS_WITH(rig.collect.episodes(rig.rollout, 0),
                      "collect: episodes is 0; give at least 1 episode per environment");
    CHECK_THROWS_WITH(rig.collect.steps(rig.rollout, 0), "collect: horizon is 0; give at least 1 step");
}

TEST_CASE("An environment that never ends is an error and the next rollout starts with resets") {
    Rig<Ticker> rig([](Index i) { return Ticker{.id = i, .length = i == 0 ? 100 : 1'000'000}; }, {.count = 2});
    CHECK_THROWS_WITH(rig.collect.episodes(rig.rollout, 1, 200),
                      ContainsText("an environment did not finish 1 episodes within"));
    rig.collect.steps(rig.rollout, 2);
    for (Index n = 0; n < 2; ++n) {
        CHECK(rig.rollout.observation(2, n) == 0);
        CHECK(rig.rollout.observation(2, 2 + n) == 1);  // the environment is where the rollout says
    }
}

TEST_CASE("Whole episodes start with resets unless every environment has just ended an episode") {
    for (const auto& [first, second] : {std::pair<Index, Index>(4, 3), {3, 4}, {3, 3}}) {
        CAPTURE(first, second);
        const Index lengths[] = {first, second};
        Vectorized envs([&](Index i) { return Ticker{.id = i, .length = lengths[i]}; }, {.count = 2});
        const Actor actor(envs, Mlp{.hidden = {}});
        Threads threads;
        Rollout rollout(envs, actor);
        Collector collect(envs, actor, threads);
        collect.steps(rollout, 3);
        collect.episodes(rollout, 1);
        for (Index n = 0; n < 2; ++n) CHECK(rollout.length[n] == lengths[n]);
        REQUIRE(rollout.finished.size() == 2);
        for (const FinishedEpisode& episode : rollout.finished) CHECK(episode.length == lengths[episode.environment]);
    }
}
