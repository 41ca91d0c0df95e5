// What agents of one column do changes nothing in the others, and what goes on from rollout to rollout belongs to one
// episode.
#include <array>
#include <cstddef>
#include <vector>

#include "catch.hpp"
#include "gradiva/gradiva.hpp"

using namespace gradiva;

namespace {

PpoClipOptions options() {
    return {.horizon = 10, .minibatch = 7, .epochs = 1, .learning_rate = 0, .normalize_rewards = true};
}

/// Three columns by networks with memory. Agents of columns 0 and 2 live through two rollouts; column 1 is left to
/// `others(learner, t)`, called at each step.
template <class Others>
std::vector<double> advantages(const Others& others) {
    Learner learner(Box{.size = 2}, Discrete{.n = 2}, Gru{.before = {}, .units = 3, .after = {}}, options(),
                    {.streams = 3, .seed = 8, .samples = 20});
    using Npc = decltype(learner.join());
    std::vector<Npc> agents;
    for (int n = 0; n < 3; ++n) agents.push_back(learner.join());
    Rng rng(4);
    std::vector<double> found;
    for (int t = 0; t < 20; ++t) {
        for (const std::size_t n : {0U, 2U}) {
            agents[n].observe(std::array<float, 2>{static_cast<float>(rng.normal()), static_cast<float>(t) / 10});
        }
        if (t == 10) {
            CHECK(learner.learn());
            const Rollout<float>& r = learner.rollout();
            CHECK((r.length[0] == 10 && r.length[2] == 10));
            for (const Index n : {0, 2}) {
                for (Index i = 0; i < 10; ++i) {
                    found.push_back(static_cast<double>(r.value(n, i)));
                    // The scale of rewards depends on all columns; values do not.
                    found.push_back(static_cast<double>(r.next_value(n, i)));
                }
            }
        }
        for (const std::size_t n : {0U, 2U}) {
            agents[n].act();
            agents[n].reward(rng.normal());
            if (rng.below(5) == 0) agents[n].terminated();
        }
        others(agents[1], learner, t);
    }
    return found;
}

}  // namespace

TEST_CASE("agents that come and go in one column leave the values of the others as they are, to the bit") {
    const std::array<float, 2> seen{1, 2};
    const auto nobody = [](auto& npc, auto&, int t) {
        if (t == 0) npc.leave();
    };
    const auto many = [&](auto& npc, auto& learner, int t) {
        if (t % 3 == 2) {
            npc.leave();
            npc = learner.join();
        }
        if (t % 4 != 1) npc.act(seen);
        if (t % 4 == 2) npc.truncated(seen);
    };
    const std::vector<double> alone = advantages(nobody);
    CHECK(alone.size() == 40);
    CHECK(advantages(many) == alone);
}

TEST_CASE("a column's state of the critic and its running return start anew with another episode, and only then") {
    // Of two learners one has had another agent in its column before, whose episode did not end.
    const auto second = [](bool other_before, bool learns_between, std::vector<double>& values) {
        Learner learner(Box{.size = 1}, Discrete{.n = 2}, Gru{.before = {}, .units = 3, .after = {}}, options(),
                        {.streams = 1, .seed = 8, .samples = 4});
        auto npc = learner.join();
        const auto play = [&](Index steps, float first) {
            for (Index t = 0; t < steps; ++t) {
                npc.act(std::array<float, 1>{first + static_cast<float>(t)});
                npc.reward(1);
            }
        };
        if (other_before) {
            play(4, 3);
            npc.observe(std::array<float, 1>{9});
            if (learns_between) CHECK(learner.learn());
            npc.leave();
            npc = learner.join();
        }
        play(4, 0);
        npc.observe(std::array<float, 1>{9});
        CHECK(learner.learn());
        const Rollout<float>& r = learner.rollout();
        const Index first = r.length[0] - 4;
        for (Index t = 0; t < 4; ++t) values.push_back(static_cast<double>(r.value(0, first + t)));
    };
    std::vector<double> alone, after, behind;
    second(false, false, alone);
    second(true, true, after);    // in the next rollout
    second(true, false, behind);  // in the same rollout
    CHECK(after == alone);
    CHECK(behind == alone);
}
