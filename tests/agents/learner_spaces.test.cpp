// A Learner in every action space, with the bundled distributions: actions go to the program as environments take them,
// are recorded as the policy stores them, and are the same from one agent or from a batch, or taken.
#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "agents/in_step.hpp"
#include "catch.hpp"
#include "gradiva/gradiva.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

A2cOptions options() { return {.horizon = 6, .learning_rate = 1e-2}; }

const std::array<float, 2> seen{0.5F, -2};

template <class L>
void act_and_compare(L& one, L& batch, L& given, const auto& space) {
    auto npc = one.join(), of_batch = batch.join(), taker = given.join();
    const std::vector<decltype(npc)*> pointers{&of_batch};
    Matrix<float> observation(2, 1);
    observation << seen[0], seen[1];
    ActionBatch actions, own(action_shape_of(space), 1);
    while (one.progress().iteration < 2) {
        taker.observe(seen);
        npc.observe(seen);
        of_batch.observe(seen);
        for (L* learner : {&one, &batch, &given}) learner->learn();
        const auto action = npc.act();
        copy_to_column(action, own.all());
        batch.act(pointers, observation, actions);
        CHECK(actions.all().integers == own.all().integers);
        CHECK(actions.all().reals == own.all().reals);
        taker.take(action);
        for (auto* agent : {&npc, &of_batch, &taker}) agent->reward(static_cast<double>(own.all().integers.sum()));
    }
    const Rollout<float>&r = one.rollout(), &taken = given.rollout();
    CHECK(r.action.all().integers == batch.rollout().action.all().integers);
    CHECK(r.action.all().reals == batch.rollout().action.all().reals);
    CHECK(r.log_prob == batch.rollout().log_prob);
    CHECK(r.action.all().integers == taken.action.all().integers);
    for (Index t = 0; t < 6; ++t) CHECK(r.log_prob(0, t) == Catch::Approx(taken.log_prob(0, t)).margin(1e-3));
}

template <class Space>
void check(const Space& space) {
    const auto make = [&] {
        return Learner(Box{.size = 2}, space, Mlp{.hidden = {4}}, options(), {.streams = 1, .seed = 9});
    };
    auto one = make(), batch = make(), given = make();
    act_and_compare(one, batch, given, space);
}

template <class Space, class D>
void check(const Space& space, const D& distribution) {
    const auto make = [&] {
        return Learner(Box{.size = 2}, space, Mlp{.hidden = {4}}, Mlp{.hidden = {4}}, Gae{}, options(),
                       {.streams = 1, .seed = 9}, distribution);
    };
    auto one = make(), batch = make(), given = make();
    act_and_compare(one, batch, given, space);
}

}  // namespace

TEST_CASE("a Learner acts in every action space, with every distribution, by agent, by batch and by taken actions") {
    const Box bounded{.size = 2, .low = {-1, 0}, .high = {1, 3}};
    check(Discrete{.n = 4});
    check(Box{.size = 2});
    check(MultiDiscrete{.n = {2, 3}});
    check(MultiBinary{.size = 3});
    check(HybridSpace{.choice = {.n = 3}, .box = {.size = 2}});
    check(bounded, Beta<float>(bounded));
    check(bounded, SquashedGaussian<float>(bounded));
    check(Box{.size = 2}, StateDependentGaussian<float>(2));
}

TEST_CASE("an action that is taken belongs to the space and can be chosen") {
    const Box bounded{.size = 1, .low = {-1}, .high = {1}};
    Learner learner(Box{.size = 2}, bounded, Mlp{.hidden = {4}}, options(), {.streams = 1});
    auto npc = learner.join();
    npc.observe(seen);
    CHECK_THROWS_WITH(npc.take(std::vector<float>{1.5F}),
                      "Learner: stream 0, step 0: the action's element 0 is 1.5; give a number from -1 to 1");
    CHECK_THROWS_WITH(npc.take(std::vector<float>{NAN}),
                      "Learner: stream 0, step 0: the action's element 0 is nan; give a number from -1 to 1");
    CHECK_THROWS_WITH(npc.take(std::vector<float>({0, 0})),
                      "Learner: stream 0, step 0: the action has 2 numbers, its space has 1");
    npc.take(std::vector<float>{0.5F});
    CHECK(learner.progress().open == 1);
}

TEST_CASE("a Learner with a shared trunk learns in one network") {
    Learner learner(Box{.size = 2}, Discrete{.n = 3}, SharedTrunk{}, options(), {.streams = 1});
    auto npc = learner.join();
    const auto before = learner.actor();
    for (int t = 0; t < 6; ++t) {
        npc.act(seen);
        npc.reward(t);
    }
    npc.observe(seen);
    CHECK(learner.learn());
    const auto after = learner.actor();
    CHECK_FALSE(std::equal(before.weights().begin(), before.weights().end(), after.weights().begin()));
}
