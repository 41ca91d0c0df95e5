// Handles of agents: their order of calls, wrong input, and how long they live.
#include "gradiva/agents/agent.hpp"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/gradiva.hpp"

using namespace gradiva;

namespace {

constexpr std::array<float, 2> seen{0.5F, -1};
constexpr std::array<float, 2> not_a_number{1, std::numeric_limits<float>::quiet_NaN()};
constexpr std::array<float, 2> infinite{std::numeric_limits<float>::infinity(), 0};
constexpr std::array<float, 1> short_one{};
constexpr std::array<float, 3> long_one{};

using Legal = std::vector<std::uint8_t>;

PpoClipOptions options() { return {.horizon = 8, .minibatch = 8, .epochs = 1}; }

auto learner_of(const LearnerOptions& of_learner = {.streams = 2, .seed = 5}) {
    return Learner(Box{.size = 2}, Discrete{.n = 3}, Mlp{.hidden = {4}}, options(), of_learner);
}
using Npc = decltype(learner_of().join());

std::string says(const std::string& text) { return "Learner: stream " + text; }

}  // namespace

TEST_CASE("calls of an agent in a wrong order are errors that name stream and step, and other agents go on") {
    auto learner = learner_of();
    Npc a = learner.join(), b = learner.join();
    b.act(seen);
    const std::string no_step =
        " belongs to a step, and none is open: call it after act or take, before the next "
        "observation";
    CHECK_THROWS_WITH(a.reward(1), says("0, step 0: reward") + no_step);
    CHECK_THROWS_WITH(a.terminated(), says("0, step 0: terminated") + no_step);
    CHECK_THROWS_WITH(a.truncated(seen), says("0, step 0: truncated") + no_step);
    const std::string nothing_seen =
        "there is no observation to act on; call act(observation), or observe(observation) before";
    CHECK_THROWS_WITH(a.act(), says("0, step 0: ") + nothing_seen);
    CHECK_THROWS_WITH(a.take(1), says("0, step 0: ") + nothing_seen);
    b.reward(1);
    b.act(seen);
    CHECK_THROWS_WITH(b.act(), says("1, step 2: ") + nothing_seen);
    b.observe(seen);
    CHECK_THROWS_WITH(b.reward(1), says("1, step 2: reward") + no_step);
    b.act();
    b.terminated();
    CHECK_THROWS_WITH(b.terminated(), says("1, step 3: terminated") + no_step);
    b.act(seen);
    CHECK(learner.progress().acted == 4);
    CHECK(learner.progress().open == 4);
}

TEST_CASE("wrong observations, rewards and actions of an agent leave nothing behind") {
    auto learner = learner_of();
    Npc a = learner.join(), b = learner.join();
    a.act(seen);
    b.act(seen);
    CHECK_THROWS_WITH(a.observe(long_one), says("0, step 1: the observation has 3 numbers, its space has 2"));
    CHECK_THROWS_WITH(a.act(not_a_number), says("0, step 1: observation[1] is nan; give finite numbers"));
    CHECK_THROWS_WITH(a.truncated(infinite), says("0, step 1: observation[0] is inf; give finite numbers"));
    CHECK_THROWS_WITH(a.leave(short_one), says("0, step 1: the observation has 1 numbers, its space has 2"));
    CHECK_THROWS_WITH(a.reward(std::nan("")),
                      says("0, step 1: a reward of nan was given, after 0 in the same step; give finite numbers"));
    a.reward(2e38);
    CHECK_THROWS_WITH(
        a.reward(2e38),
        says("0, step 1: a reward of 2e+38 was given, after 2e+38 in the same step; give finite numbers"));
    a.reward(-2e38);
    a.reward(3);
    a.observe(seen);
    CHECK_THROWS_WITH(a.take(3),
                      ContainsText("stream 0, step 1") && ContainsText("choice 3") && ContainsText("0 to 2"));
    CHECK_THROWS_WITH(a.mask(Legal({1, 1, 1})),
                      says("0, step 1: there is an action mask of 3 numbers; set LearnerOptions::masked"));
    a.take(2);
    for (int i = 0; i < 7; ++i) b.act(seen);
    for (int i = 0; i < 6; ++i) a.act(seen);
    a.observe(seen);
    b.observe(seen);
    CHECK(learner.learn());
    CHECK(learner.rollout().reward(0, 0) == 3);
    CHECK(learner.rollout().action.all().integers(0, 2) == 2);
    CHECK(learner.progress().learned == 16);
}

TEST_CASE("a masked learner needs a mask with a legal choice for each action") {
    auto learner = learner_of({.streams = 1, .seed = 5, .masked = true});
    Npc a = learner.join();
    a.observe(seen);
    CHECK_THROWS_WITH(a.act(), says("0, step 0: there is no action mask; call mask(legal) before each action, all 1 "
                                    "where all are legal"));
    CHECK_THROWS_WITH(a.mask(Legal({1, 1})),
                      says("0, step 0: the mask has 2 numbers and there are 3 choices; give 1 for each legal choice "
                           "and 0 for each other"));
    CHECK_THROWS_WITH(a.mask(Legal({0, 0, 0})),
                      ContainsText("stream 0, step 0") && ContainsText("without a legal action"));
    a.mask(Legal({0, 1, 0}));
    CHECK_THROWS_WITH(a.take(2), ContainsText("stream 0, step 0") && ContainsText("not legal"));
    CHECK(a.act() == 1);
    CHECK_THROWS_WITH(a.act(seen), ContainsText("step 1: there is no action mask"));
    a.mask(Legal({0, 0, 1}));
    CHECK(a.act(seen) == 2);
}

TEST_CASE("masks are recorded with the observations that they belong to, also behind a last sample") {
    auto learner = learner_of({.streams = 1, .seed = 5, .masked = true});
    Npc a = learner.join();
    const std::vector<Legal> masks{{1, 1, 0}, {1, 0, 1}, {0, 1, 1}};
    for (std::size_t t = 0; t < 8; ++t) {
        if (t == 5) {
            a.mask(masks[0]);
            a.truncated(seen);
        }
        a.observe(seen);
        a.mask(masks[t % 3]);
        CHECK(masks[t % 3][static_cast<std::size_t>(a.act())] == 1);
    }
    a.observe(seen);
    a.mask(masks[2]);
    CHECK(learner.learn());
    const Rollout<float>& r = learner.rollout();
    const auto legal = [](std::span<const std::uint8_t> column) { return Legal(column.begin(), column.end()); };
    for (Index t = 0; t <= 8; ++t) CHECK(legal(r.mask.column(t)) == masks[static_cast<std::size_t>(t) % 3]);
    CHECK(r.final_sample.size() == 1);
    CHECK(legal(r.final_mask.column(0)) == masks[0]);
}

TEST_CASE("a handle is moved, left or outlives its learner") {
    auto learner = std::make_unique<decltype(learner_of())>(Box{.size = 2}, Discrete{.n = 3}, Mlp{.hidden = {4}},
                                                            options(), LearnerOptions{.streams = 2});
    Npc a = learner->join();
    a.act(seen);
    Npc b = std::move(a);
    const std::string nobody =
        "Learner: there is no agent: it has left, or was moved to another handle; Learner::join gives a new one";
    CHECK_THROWS_WITH(a.act(seen), nobody);
    CHECK_THROWS_WITH(a.leave(), nobody);
    CHECK(b.stream() == 0);
    b.reward(1);
    b.act(seen);
    Npc c = learner->join();
    CHECK(c.stream() == 1);
    c = std::move(b);  // the second leaves
    CHECK(c.stream() == 0);
    Npc d = learner->join();
    CHECK(d.stream() == 1);
    d.leave();
    CHECK_THROWS_WITH(d.observe(seen), nobody);
    CHECK_THROWS_WITH(d.leave(), nobody);
    {
        const Npc e = learner->join();
        CHECK(e.stream() == 1);
        CHECK(learner->join().stream() == 2);  // beyond the columns
    }
    Npc f = learner->join();
    CHECK(f.stream() == 1);
    CHECK(f.records());
    learner.reset();
    CHECK_THROWS_WITH(c.act(seen), says("0, step 2: the Learner has ended; agents cannot outlive it but to leave"));
    c.leave();
    CHECK_THROWS_WITH(f.records(), says("1, step 0: the Learner has ended; agents cannot outlive it but to leave"));
}

TEST_CASE("an agent beyond the columns, or whose column is full, acts and is not learned from") {
    auto learner = learner_of({.streams = 1, .seed = 2});
    Npc a = learner.join(), b = learner.join();
    CHECK_FALSE(b.records());
    CHECK_FALSE(b.try_act(seen));
    b.act(seen);
    b.reward(100);
    b.terminated();
    for (int i = 0; i < 8; ++i) CHECK(a.try_act(seen));
    CHECK_FALSE(a.try_act(seen));
    CHECK_FALSE(a.try_act(seen));
    CHECK(learner.progress().acted == 9);
    CHECK(learner.progress().unrecorded == 1);
    a.act(seen);
    a.act(seen);
    CHECK(learner.progress().unrecorded == 3);
    CHECK(learner.learn());
    CHECK(learner.progress().learned == 8);
    CHECK(learner.progress().episodes == 0);
    a.act(seen);
    CHECK(learner.progress().open == 1);
}

TEST_CASE("an agent that leaves in mid-episode is bootstrapped, and the next goes on behind it") {
    auto learner = learner_of({.streams = 1, .seed = 4});
    {
        Npc a = learner.join();
        a.act(seen);
        a.reward(1);
        a.act(std::array<float, 2>{2, 3});
        a.reward(10);
    }  // its second step is dropped
    {
        Npc b = learner.join();
        b.act(seen);
    }  // nothing to cut
    Npc c = learner.join();
    c.act(std::array<float, 2>{4, 5});
    c.reward(2);
    c.leave(std::array<float, 2>{6, 7});
    Npc d = learner.join();
    for (int i = 0; i < 6; ++i) d.act(seen);
    d.terminated();
    CHECK(learner.progress().dropped == 2);
    CHECK(learner.learn());
    const Rollout<float>& r = learner.rollout();
    CHECK((r.truncated(0, 0) == 1 && r.truncated(0, 1) == 1 && r.truncated(0, 2) == 0 && r.terminated(0, 7) == 1));
    CHECK((r.reward(0, 0) == 1 && r.reward(0, 1) == 2));
    CHECK(r.final_sample.size() == 2);
    CHECK((r.final_observation(0, 0) == 2 && r.final_observation(1, 0) == 3));
    CHECK((r.final_observation(0, 1) == 6 && r.final_observation(1, 1) == 7));
    CHECK(r.finished.size() == 2);  // not the one without an end
    CHECK((r.finished[0].reward_sum == 2 && r.finished[0].length == 1));
    CHECK(r.finished[1].length == 6);
    // Traces do not go from one agent to the next.
    CHECK((r.continues(0, 0) == 0 && r.continues(0, 1) == 0));
    CHECK(r.advantage(0, 0) == Catch::Approx(1 + 0.99 * r.next_value(0, 0) - r.value(0, 0)).margin(1e-6));
    CHECK(r.next_value(0, 0) != 0);
    CHECK(learner.progress().learned == 8);
}

TEST_CASE("a learner acts for its own agents only, each of them once") {
    auto learner = learner_of(), other = learner_of();
    Npc a = learner.join(), stranger = other.join();
    Matrix<float> observations(2, 2);
    observations << 0.5F, 1, -1, 0;
    ActionBatch actions;
    const auto act = [&](std::vector<Npc*> agents) { learner.act(agents, observations, actions); };
    CHECK_THROWS_WITH(act({&a, &stranger}), "Learner: agent 1 of those that act is another learner's");
    CHECK_THROWS_WITH(act({&a, nullptr}), "Learner: agent 1 of those that act is null");
    CHECK_THROWS_WITH(act({&a, &a}), Catch::Matchers::Contains("are the same; give each once"));
    CHECK(learner.progress().acted == 0);
    CHECK(other.progress().acted == 0);
}
