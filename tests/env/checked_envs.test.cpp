// What environments write is checked in one place for all who step them, with the counts of the episodes they are in.
#include "gradiva/env/checked_envs.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"

using namespace gradiva;

namespace {

/// Ends after `length` steps, each of which pays 1: in turns by termination and by truncation. Observes its steps.
struct Counter {
    Index length = 3;
    Index step_count = 0, episode_count = 0;
    bool forgets = false;

    Box observation_space() const { return {.size = 2}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) {
        step_count = 0;
        observe(observation);
    }
    Outcome step(int action, Rng&, std::span<float> observation) {
        ++step_count;
        if (!forgets) observe(observation);
        const bool ends = step_count == length;
        if (ends) ++episode_count;
        return {.reward = 1.0 + action,
                .terminated = ends && episode_count % 2 == 1,
                .truncated = ends && episode_count % 2 == 0};
    }
    void action_mask(std::span<std::uint8_t> legal) const { legal[0] = step_count == 0 ? 0 : 1; }

private:
    void observe(std::span<float> observation) const {
        observation[0] = static_cast<float>(step_count);
        observation[1] = 7;
    }
};

/// Environments 2 to 4 of 5, the i-th with episodes of 2 + i steps.
struct Rig {
    Vectorized<Counter> envs{[](Index i) { return Counter{.length = 2 + i}; }, {.count = 5}};
    CheckedEnvs<Vectorized<Counter>, float> checked{"test", envs, {2, 5}};
    MatrixBuffer<float> observation{2, 5};
    MatrixBuffer<std::uint8_t> mask{2, 5};
    Buffer<float> reward{5};
    Buffer<std::uint8_t> terminated{5}, truncated{5};
    ActionBatch actions{{.integers = 1, .reals = 0}, 5};

    StepTarget<float> target(Range range) {
        return {observation.columns(range), mask.columns(range), reward.data() + range.begin,
                terminated.data() + range.begin, truncated.data() + range.begin};
    }
    void reset(Range range) { checked.reset(range, observation.columns(range), mask.columns(range)); }
    void step(Range range) { checked.step(range, std::as_const(actions).columns(range), target(range)); }
};

/// An episode that a step ended, with the first number of its last observation.
struct Ended {
    FinishedEpisode episode;
    float last;
};

std::vector<Ended> ended(Rig& rig, Range range) {
    std::vector<Ended> all;
    rig.checked.for_each_ended(range, rig.target(range),
                               [&](Index j, const FinishedEpisode& episode, auto observation, auto mask, auto) {
                                   CHECK(episode.environment == range.begin + j);
                                   CHECK(mask.size() == 2);
                                   all.push_back({episode, observation[0]});
                               });
    return all;
}

}  // namespace

TEST_CASE("A reset and a step write what is observed and legal, of their range alone") {
    Rig rig;
    rig.reset({2, 5});
    CHECK(rig.observation(1, 1) == 0);
    for (Index n = 2; n < 5; ++n) {
        CHECK((rig.observation(0, n) == 0 && rig.observation(1, n) == 7));
        CHECK((rig.mask(0, n) == 0 && rig.mask(1, n) == 1));
        CHECK(rig.checked.episode(n).length == 0);
    }
    rig.actions.columns({3, 4}).integers(0, 0) = 1;
    rig.step({3, 5});
    CHECK((rig.observation(0, 2) == 0 && rig.observation(0, 3) == 1 && rig.observation(0, 4) == 1));
    CHECK((rig.mask(0, 2) == 0 && rig.mask(0, 3) == 1));
    CHECK((rig.reward[2] == 0 && rig.reward[3] == 2 && rig.reward[4] == 1));
    CHECK((rig.terminated[3] == 0 && rig.truncated[3] == 0));
    CHECK((rig.checked.episode(2).length == 0 && rig.checked.episode(3).length == 1));
    CHECK(ended(rig, {3, 5}).empty());
}

TEST_CASE("The episode that an environment is in is counted up to its end, and after it anew") {
    Rig rig;
    rig.reset({2, 5});
    for (Index t = 1; t <= 30; ++t) {
        rig.step({2, 5});
        std::vector<Index> lengths;
        for (Index n = 2; n < 5; ++n) {
            CAPTURE(t, n);
            const Index length = 2 + n, step = (t - 1) % length + 1;
            const bool ends = step == length, truncates = ends && t / length % 2 == 0;
            CHECK(rig.terminated[n] == (ends && !truncates ? 1 : 0));
            CHECK(rig.truncated[n] == (truncates ? 1 : 0));
            CHECK(rig.checked.episode(n).environment == n);
            CHECK(rig.checked.episode(n).length == step);
            CHECK(rig.checked.episode(n).reward_sum == static_cast<double>(step));
            if (ends) lengths.push_back(length);
            if (ends) CHECK(rig.observation(0, n) == 0);
        }
        const std::vector<Ended> all = ended(rig, {2, 5});
        REQUIRE(all.size() == lengths.size());
        for (std::size_t i = 0; i < all.size(); ++i) {
            CHECK(all[i].episode.length == lengths[i]);
            CHECK(all[i].episode.reward_sum == static_cast<double>(lengths[i]));
            CHECK(all[i].last == static_cast<float>(lengths[i]));
            CHECK(rig.checked.episode(all[i].episode.environment).length == 0);
        }
    }
    rig.step({2, 5});
    rig.reset({3, 4});
    CHECK((rig.checked.episode(2).length > 0 && rig.checked.episode(3).length == 0));
    CHECK(rig.checked.episode(3).reward_sum == 0);
}

TEST_CASE("What is being done when something throws is known, and the rest can be done for each alone") {
    Rig rig;
    rig.reset({2, 5});
    rig.step({2, 5});
    const_cast<Counter&>(rig.envs[3]).forgets = true;
    CHECK_THROWS_WITH(
        rig.step({2, 5}),
        "test: environment 3 gave observation[0] = nan in step, or did not write it; write finite numbers");
    CHECK(rig.checked.stage == StepStage::observation);
    for (Index n = 2; n < 5; ++n) {
        const Range one{n, n + 1};
        if (n == 3) {
            CHECK_THROWS_AS(rig.checked.finish_step(one, rig.target(one)), Error);
        } else {
            CHECK_NOTHROW(rig.checked.finish_step(one, rig.target(one)));
        }
        CHECK(rig.checked.episode(n).length == (n == 3 ? 1 : 2));
    }
    CHECK(rig.checked.stage == StepStage::outcome);
}

TEST_CASE("Rewards are finite as the numbers that the caller keeps them in") {
    struct Rich : Counter {
        Outcome step(int, Rng&, std::span<float> observation) {
            std::fill(observation.begin(), observation.end(), 0.0F);
            return {.reward = 1e39};
        }
    };
    Vectorized envs(Rich{}, {.count = 1});
    const auto step = [&](auto reward) {
        MatrixBuffer<float> observation(2, 1);
        MatrixBuffer<std::uint8_t> mask(2, 1);
        std::uint8_t terminated = 0, truncated = 0;
        const ActionBatch actions({.integers = 1, .reals = 0}, 1);
        CheckedEnvs<Vectorized<Rich>, decltype(reward)> checked("test", envs, {0, 1});
        checked.reset({0, 1}, observation.matrix(), mask.matrix());
        checked.step({0, 1}, actions.all(), {observation.matrix(), mask.matrix(), &reward, &terminated, &truncated});
    };
    CHECK_NOTHROW(step(0.0));
    CHECK_THROWS_WITH(step(0.0F),
                      "test: environment 0 gave a reward of 1e+39, or did not write it; give a finite number");
}
