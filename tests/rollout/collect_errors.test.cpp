// Environments that break, and actors that do not fit.
#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

struct Rig {
    Rig(Fault fault, Index at = 3, Index thread_count = 1)
        : envs(one_faulty(fault, 5, at), {.count = 8}), threads(thread_count) {}

    Vectorized<Faulty> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {4}}};
    Threads threads;
    Rollout<float> rollout{envs, actor};
    Collector<Vectorized<Faulty>, Actor<MlpNetwork<float>, Categorical<float>>> collect{envs, actor, threads};
};

struct Blind : Faulty {
    Box action_space() const { return {.size = 2}; }
    Outcome step(std::span<const float>, Rng&, std::span<float>) { return {}; }
};

/// Forbids all of its first choice, or all of its second one, in the fourth step.
struct Forbidding {
    int part = -1;  ///< that is forbidden; -1: none
    int steps = 0;

    Box observation_space() const { return {.size = 1}; }
    MultiDiscrete action_space() const { return {{2, 2}}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 0; }
    Outcome step(std::span<const int>, Rng&, std::span<float> observation) {
        ++steps;
        observation[0] = 0;
        return {};
    }
    void action_mask(std::span<std::uint8_t> legal) const {
        for (std::size_t i = 0; i < 4; ++i) legal[i] = steps >= 4 && static_cast<int>(i / 2) == part ? 0 : 1;
    }
};

}  // namespace

TEST_CASE("Of two environments that fail at one moment the first is named for any number of threads", "[threads]") {
    for (const Index thread_count : {1, 2, 4}) {
        CAPTURE(thread_count);
        const auto make = [](Index n) { return Forbidding{.part = n == 5 ? 0 : n == 2 ? 1 : -1}; };
        Vectorized envs(make, {.count = 8});
        Actor actor(envs, Mlp{.hidden = {4}});
        Threads threads(thread_count);
        Rollout rollout(envs, actor);
        Collector collect(envs, actor, threads);
        CHECK_THROWS_WITH(collect.steps(rollout, 10), ContainsText("environment 2"));
    }
}

TEST_CASE("A sound environment is collected without complaint") {
    Rig rig(Fault::none);
    CHECK_NOTHROW(rig.collect.steps(rig.rollout, 20));
}

TEST_CASE("An observation that is not finite names the environment and the element") {
    Rig in_step(Fault::nan_in_step);
    CHECK_THROWS_WITH(in_step.collect.steps(in_step.rollout, 10),
                      "collect: environment 5 gave observation[0] = nan in step, or did not write it; write finite "
                      "numbers");
    Rig in_reset(Fault::nan_in_reset);
    CHECK_THROWS_WITH(in_reset.collect.steps(in_reset.rollout, 10),
                      ContainsText("collect: environment 5 gave observation[0] = nan in reset"));
    Rig at_end(Fault::nan_at_end, 4);
    CHECK_THROWS_WITH(at_end.collect.steps(at_end.rollout, 10),
                      ContainsText("collect: environment 5 gave observation[0] = nan in the last step of an episode"));
}

TEST_CASE("An observation that was not written names the environment and the element") {
    Rig in_reset(Fault::unwritten_reset);
    CHECK_THROWS_WITH(in_reset.collect.steps(in_reset.rollout, 10),
                      ContainsText("collect: environment 5 gave observation[1] = nan in reset, or did not write it"));
    Rig in_step(Fault::unwritten_step);
    CHECK_THROWS_WITH(in_step.collect.steps(in_step.rollout, 10),
                      ContainsText("collect: environment 5 gave observation[1] = nan in step, or did not write it"));
    Rig later(Fault::unwritten_step, 13);
    later.collect.steps(later.rollout, 6);
    later.collect.steps(later.rollout, 6);
    CHECK_THROWS_WITH(later.collect.steps(later.rollout, 6),
                      ContainsText("collect: environment 5 gave observation[1] = nan in step, or did not write it"));
}

TEST_CASE("A reward that is not finite names the environment") {
    Rig rig(Fault::infinite_reward);
    CHECK_THROWS_WITH(rig.collect.steps(rig.rollout, 10),
                      "collect: environment 5 gave a reward of inf, or did not write it; give a finite number");
}

TEST_CASE("The faults are found in rollouts of whole episodes too") {
    for (const Fault fault : {Fault::nan_in_step, Fault::nan_in_reset, Fault::infinite_reward}) {
        Rig rig(fault);
        CHECK_THROWS_WITH(rig.collect.episodes(rig.rollout, 2), ContainsText("collect: environment 5 gave"));
    }
}

TEST_CASE("An exception of an environment on any thread reaches the caller as it was thrown", "[threads]") {
    for (const Index threads : {1, 2, 4}) {
        INFO(threads << " threads");
        Rig rig(Fault::thrown, 3, threads);
        CHECK_THROWS_AS(rig.collect.steps(rig.rollout, 10), Breakdown);
        CHECK_NOTHROW(rig.collect.steps(rig.rollout, 10));
    }
}

TEST_CASE("After an error the next rollout starts with resets") {
    Rig rig(Fault::nan_in_step, 6);
    rig.collect.steps(rig.rollout, 5);
    CHECK(rig.envs[0].resets == 2);
    CHECK_THROWS_AS(rig.collect.steps(rig.rollout, 5), Error);
    const Index before = rig.envs[0].resets;
    const Index steps_before = rig.envs[0].steps;
    rig.collect.steps(rig.rollout, 1);
    CHECK(rig.envs[0].resets >= before + 1);
    CHECK(rig.envs[0].steps == steps_before + 1);
    for (Index n = 0; n < 8; ++n) CHECK(rig.rollout.observation(0, n) == 0);
    rig.collect.steps(rig.rollout, 1);  // the 12th step of all but the one that stood still, whose 8th it is
    REQUIRE(rig.rollout.finished.size() == 8);
    for (const FinishedEpisode& episode : rig.rollout.finished) {
        CHECK(episode.length == 2);  // since the resets
        CHECK(episode.reward_sum == 2);
    }
}

TEST_CASE("An actor that does not fit the environments is refused") {
    Vectorized envs(Faulty{}, {.count = 2});
    Threads threads;
    Vectorized others(Ticker{}, {.count = 2});
    const Actor wide(others, Mlp{.hidden = {4}});
    CHECK_THROWS_WITH((Collector(envs, wide, threads)),
                      "Collector: the actor takes observations of 3 numbers, the environments give 2; build the actor "
                      "from these environments");
    Vectorized blind(Blind{}, {.count = 2});
    const Actor chooser(envs, Mlp{.hidden = {4}});
    CHECK_THROWS_WITH((Collector(blind, chooser, threads)),
                      ContainsText("the actor gives actions of 1 integers and 0 reals, the environments take 0 and 2"));
}

TEST_CASE("An actor with other actions than the environments is refused") {
    Vectorized envs(Ticker{}, {.count = 2});
    Threads threads;
    const Actor chooser(envs, Mlp{.hidden = {4}}, Categorical<float>(7));
    CHECK_THROWS_AS((Collector(envs, chooser, threads)), Error);
}
