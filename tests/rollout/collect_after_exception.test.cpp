// Rollouts after an environment has failed, and what a failed one leaves.
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole_batch.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/controller.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/minibatches.hpp"
#include "gradiva/rollout/reweigh.hpp"
#include "helpers/breaking.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using What = Breakage::What;

using Choosing = Actor<MlpNetwork<float>, Categorical<float>>;

/// An actor that cares about what it sees.
template <class V>
Choosing make_actor(const V& envs) {
    Choosing actor(envs, {.hidden = {8}});
    Rng rng(1);
    for (float& w : actor.weights()) w = static_cast<float>(0.5 * rng.normal());
    return actor;
}

template <class V>
struct Rig {
    template <class Source>
    Rig(const Source& source, Index count, Index thread_count = 1)
        : envs(source, {.count = count, .seed = 3}), threads(thread_count) {}

    /// What `collect` throws, or nothing.
    template <class Collect>
    std::string caught(const Collect& call) {
        try {
            call(collect, rollout);
        } catch (const std::exception& error) {
            return error.what();
        }
        return "";
    }

    V envs;
    Choosing actor = make_actor(envs);
    Threads threads;
    Rollout<float> rollout{envs, actor};
    Collector<V, Choosing> collect{envs, actor, threads};
};

using Wandering = Rig<Vectorized<Breaking<TimeLimit<Wanderer>>>>;

/// Environments as one that step those of a range one after the other and stop at the first that throws, without a
/// promise about the others.
struct Unpromising {
    explicit Unpromising(Vectorized<Faulty> of) : inner(std::move(of)) {}

    Index size() const { return inner.size(); }
    std::uint64_t seed() const { return inner.seed(); }
    Index shards() const { return inner.shards(); }
    Box observation_space() const { return inner.observation_space(); }
    Discrete action_space() const { return inner.action_space(); }
    void reset(Range range, MatrixRef<float> observation) { inner.reset(range, observation); }
    void step(Range range, const ConstActionView& actions, StepView& out) {
        ++calls;
        inner.step(range, actions, out);
    }

    Vectorized<Faulty> inner;
    int calls = 0;
};

}  // namespace

TEST_CASE("When one environment throws the others go on to the end of the rollout and it stands still") {
    for (const Index threads : {1, 2, 4}) {
        INFO(threads << " threads");
        Rig<Vectorized<Faulty>> rig(one_faulty(Fault::thrown, 5, 3), 8, threads);
        CHECK_THROWS_AS(rig.collect.steps(rig.rollout, 10), Breakdown);
        for (Index n = 0; n < 8; ++n) {
            CHECK(rig.envs[n].steps == (n == 5 ? 3 : 10));
            CHECK(rig.envs[n].resets == (n == 5 ? 1 : 3));
        }
    }
}

TEST_CASE("What fails by a check stands still as well") {
    for (const Fault fault : {Fault::nan_in_step, Fault::nan_at_end, Fault::infinite_reward, Fault::unwritten_step}) {
        Rig<Vectorized<Faulty>> rig(one_faulty(fault, 5, 4), 8);
        CHECK_THROWS_AS(rig.collect.steps(rig.rollout, 10), Error);
        for (Index n = 0; n < 8; ++n) CHECK(rig.envs[n].steps == (n == 5 ? 4 : 10));
    }
}

TEST_CASE("Weights that have diverged step no environment") {
    Rig<Vectorized<Faulty>> rig(one_faulty(Fault::none, 0), 3);
    for (float& w : rig.actor.weights()) w = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_WITH(rig.collect.steps(rig.rollout, 10),
                      ContainsText("row 0 of the policy's head is nan for environment 0"));
    for (Index n = 0; n < 3; ++n) CHECK(rig.envs[n].steps == 0);
}

TEST_CASE("Where one log-prob is not finite only its environment is not stepped") {
    Vectorized envs([](Index i) { return Ticker{.id = i, .length = 100}; }, {.count = 6});
    const Controller controller(envs, [](std::span<const float> observation, Rng&, ActionView& action) {
        action.integers(0, 0) = 1;
        const bool breaks = observation[0] == 2 && observation[2] == 3;
        return breaks ? std::numeric_limits<double>::quiet_NaN() : -1.0;
    });
    Threads threads;
    Rollout rollout(envs, controller);
    Collector collect(envs, controller, threads);
    CHECK_THROWS_WITH(collect.steps(rollout, 10), ContainsText("the log-prob of environment 2's action is nan"));
    for (Index n = 0; n < 6; ++n) CHECK(envs[n].at == (n == 2 ? 3 : 10));
}

TEST_CASE("Whatever fails besides, an environment whose choice or log-prob is wrong is not stepped", "[threads]") {
    for (const Index thread_count : {1, 2, 4}) {
        INFO(thread_count << " threads");
        Vectorized envs([](Index i) { return Ticker{.id = i, .length = 100}; }, {.count = 9});
        const Controller controller(envs, [](std::span<const float> observation, Rng&, ActionView& action) {
            const bool now = observation[2] == 3;
            action.integers(0, 0) = now && observation[0] == 4 ? 1'000'000 : 1;
            return now && observation[0] == 2 ? std::numeric_limits<double>::infinity() : -1.0;
        });
        Threads threads(thread_count);
        Rollout rollout(envs, controller);
        Collector collect(envs, controller, threads);
        CHECK_THROWS_WITH(collect.steps(rollout, 10), ContainsText("environment 4 was to get choice 1000000"));
        for (Index n = 0; n < 9; ++n) CHECK(envs[n].at == (n == 2 || n == 4 ? 3 : 10));
    }
}

TEST_CASE("No log-prob is taken of a choice that is not one") {
    struct Outside : Categorical<float> {
        using Categorical<float>::Categorical;
        void sample(const Tape&, std::span<Rng>, ActionView action) const {
            action.integers.setZero();
            if (action.integers.cols() > 1) action.integers(0, 1) = 1'000'000;
        }
        void log_prob(const Tape& tape, ConstActionView action, VectorRef<float> out) const {
            CHECK((action.integers.minCoeff() >= 0 && action.integers.maxCoeff() <= 1));
            Categorical<float>::log_prob(tape, action, out);
        }
    };
    Vectorized envs(Faulty{}, {.count = 3});
    const Actor actor(envs, Mlp{.hidden = {}}, Outside(2));
    Threads threads;
    Rollout rollout(envs, actor);
    Collector collect(envs, actor, threads);
    CHECK_THROWS_WITH(collect.steps(rollout, 2), ContainsText("environment 1 was to get choice 1000000"));
    CHECK(envs[0].steps == 2);
    CHECK(envs[1].steps == 0);
}

TEST_CASE("An environment stands still also if it throws after it has written what it observes") {
    Wandering rig(breaking(TimeLimit(Wanderer{}, 9), {{What::throws_breakdown, 2, 4}}), 5);
    CHECK(rig.caught([](auto& collect, auto& rollout) { collect.steps(rollout, 10); }) == "the simulator is gone");
    for (Index n = 0; n < 5; ++n) CHECK(rig.envs[n].steps() == (n == 2 ? 5 : 10));
}

TEST_CASE("A reset that throws keeps no other environment from its own") {
    Wandering rig(breaking(TimeLimit(Wanderer{}, 9), {{What::throws_in_reset, 2, 0}}), 5);
    CHECK(rig.caught([](auto& collect, auto& rollout) { collect.steps(rollout, 4); }) == "no new episode");
    for (Index n = 0; n < 5; ++n) CHECK(rig.envs[n].resets() == 1);
    CHECK_NOTHROW(rig.collect.steps(rig.rollout, 4));
}

TEST_CASE("After an exception the rollout holds no sample") {
    Rig<Vectorized<Faulty>> rig(one_faulty(Fault::thrown, 5, 6), 8);
    rig.collect.steps(rig.rollout, 4);
    CHECK(rig.rollout.sample_count() == 32);
    CHECK_THROWS_AS(rig.collect.steps(rig.rollout, 4), Breakdown);
    CHECK(rig.rollout.sample_count() == 0);
    CHECK_THROWS_AS(rig.collect.episodes(rig.rollout, 1, 2), Error);
    CHECK(rig.rollout.sample_count() == 0);
    rig.collect.steps(rig.rollout, 4);
    CHECK(rig.rollout.sample_count() == 32);
}

TEST_CASE("Episodes that an exception cut off are not counted with those that follow") {
    Rig<Vectorized<Faulty>> rig(one_faulty(Fault::thrown, 5, 6), 8);
    rig.collect.steps(rig.rollout, 5);  // an episode of 4 steps, and the first of another
    CHECK_THROWS_AS(rig.collect.steps(rig.rollout, 1), Breakdown);
    rig.collect.steps(rig.rollout, 6);
    CHECK(rig.rollout.finished.size() == 16);
    Index steps = 0;
    for (const FinishedEpisode& episode : rig.rollout.finished) steps += episode.length;
    CHECK(steps == rig.rollout.sample_count());
}

TEST_CASE("Nothing is learned from a rollout without samples") {
    Rig<Vectorized<Faulty>> rig(one_faulty(Fault::thrown, 5, 3), 8);
    CHECK_THROWS_AS(rig.collect.steps(rig.rollout, 4), Breakdown);
    Minibatches minibatches;
    CHECK_THROWS_WITH(minibatches.reset(rig.rollout),
                      "update: the rollout holds no sample; collect one, again after an exception");
    CHECK_THROWS_WITH(Reweigher(rig.actor, rig.threads)(rig.rollout),
                      "reweigh: the rollout holds no sample; collect one, again after an exception");
}

TEST_CASE("The earliest of several failures is thrown with any number of threads", "[threads]") {
    struct Case {
        std::vector<Breakage> breakages;
        std::string expected;
    };
    const std::string reward = "collect: environment 3 gave a reward of inf, or did not write it; give a finite number";
    const std::vector<Case> cases = {
        {{{What::throws_breakdown, 1, 9}, {What::throws_error, 11, 8}}, "the simulator reports an error"},
        {{{What::throws_breakdown, 1, 8}, {What::throws_error, 11, 8}}, "the simulator is gone"},
        // In the same step: an exception comes before what a check finds.
        {{{What::infinite_reward, 3, 8}, {What::throws_error, 11, 8}}, "the simulator reports an error"},
        {{{What::infinite_reward, 3, 8}, {What::not_finite, 11, 8}},
         "collect: environment 11 gave observation[0] = nan in step, or did not write it; write finite numbers"},
        {{{What::infinite_reward, 3, 7}, {What::throws_error, 11, 8}}, reward},
        {{{What::infinite_reward, 3, 7}, {What::infinite_reward, 11, 7}}, reward},
    };
    for (const Case& c : cases) {
        for (const Index threads : {1, 2, 4}) {
            Wandering rig(breaking(TimeLimit(Wanderer{}, 30), c.breakages), 13, threads);
            CHECK(rig.caught([](auto& collect, auto& rollout) { collect.steps(rollout, 12); }) == c.expected);
            Wandering whole(breaking(TimeLimit(Wanderer{}, 30), c.breakages), 13, threads);
            CHECK(whole.caught([](auto& collect, auto& rollout) { collect.episodes(rollout, 6); }) == c.expected);
        }
    }
}

TEST_CASE("Rollouts after a failure have the same bits with 1, 2 and 4 threads", "[threads]") {
    // Some failures lie beyond the first chunk of a rollout of whole episodes; 150 environments fill wide shards.
    const std::vector<Breakage> breakages = {
        {What::throws_breakdown, 3, 20}, {What::not_finite, 12, 150}, {What::throws_error, 0, 201}};
    for (const bool whole_episodes : {false, true}) {
        for (const Index count : {13, 150}) {
            CAPTURE(whole_episodes, count);
            const auto collected = [&](Index threads) {
                Wandering rig(breaking(TimeLimit(Wanderer{0.01, 0.01}, 40), breakages), count, threads);
                std::vector<Rollout<float>> rollouts;
                int caught = 0;
                for (int i = 0; i < 12; ++i) {
                    caught += rig.caught([&](auto& collect, auto& rollout) {
                        whole_episodes ? collect.episodes(rollout, 3) : collect.steps(rollout, 30);
                    }) != "";
                    rollouts.push_back(rig.rollout);
                }
                CHECK(caught == 3);
                return rollouts;
            };
            const std::vector<Rollout<float>> one = collected(1);
            for (const Index threads : {2, 4}) {
                CAPTURE(threads);
                const std::vector<Rollout<float>> other = collected(threads);
                for (std::size_t i = 0; i < one.size(); ++i) {
                    CHECK(other[i].length == one[i].length);
                    if (one[i].sample_count() == 0) continue;
                    CHECK(other[i].observation == one[i].observation);
                    CHECK(other[i].action.all().integers == one[i].action.all().integers);
                    CHECK(other[i].log_prob == one[i].log_prob);
                    CHECK(other[i].reward == one[i].reward);
                    CHECK(other[i].final_sample == one[i].final_sample);
                    CHECK(other[i].final_observation == one[i].final_observation);
                }
            }
        }
    }
}

TEST_CASE("Environments without a promise are left alone after they have thrown") {
    Unpromising envs(Vectorized(one_faulty(Fault::thrown, 1, 3), {.count = 4}));
    const Choosing actor = make_actor(envs);
    Threads threads;
    Rollout rollout(envs, actor);
    Collector collect(envs, actor, threads);
    CHECK_THROWS_AS(collect.steps(rollout, 10), Breakdown);
    CHECK(envs.calls == 3);
    CHECK_NOTHROW(collect.steps(rollout, 10));
}

TEST_CASE("Rollouts say whether they start anew") {
    Rig<Vectorized<Faulty>> rig(one_faulty(Fault::thrown, 1, 6), 2);
    rig.collect.steps(rig.rollout, 3);
    CHECK(rig.rollout.starts_anew);
    rig.collect.steps(rig.rollout, 2);
    CHECK(!rig.rollout.starts_anew);
    CHECK_THROWS_AS(rig.collect.steps(rig.rollout, 2), Breakdown);
    rig.collect.steps(rig.rollout, 2);
    CHECK(rig.rollout.starts_anew);
    rig.collect.steps(rig.rollout, 2);
    CHECK(!rig.rollout.starts_anew);
    rig.collect.episodes(rig.rollout, 1);
    CHECK(rig.rollout.starts_anew);
    rig.collect.episodes(rig.rollout, 1);
    CHECK(rig.rollout.starts_anew);
    rig.collect.steps(rig.rollout, 2);
    CHECK(!rig.rollout.starts_anew);  // episodes begin there, but none was begun by a reset of this rollout
}
