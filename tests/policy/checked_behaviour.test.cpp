// Whoever acts gets actions that are chosen, checked and converted in one place.
#include "gradiva/policy/checked_behaviour.hpp"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/controller.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Stores what is twice what environments take.
struct Doubled : Categorical<float> {
    using Categorical<float>::Categorical;
    void to_environment(ConstActionView stored, ActionView sent) const {
        for (Index j = 0; j < stored.integers.cols(); ++j) sent.integers(0, j) = stored.integers(0, j) / 2;
    }
};

/// Acts otherwise than the class from which it inherits a shortcut.
struct LastChoice : Categorical<float> {
    using Categorical<float>::Categorical;
    void mode(const Tape&, ActionView actions) const { actions.integers.setConstant(static_cast<int>(choices()) - 1); }
};

/// An actor without hidden layers, whose head is these numbers whatever it sees.
template <class D>
auto constant_actor(const Vectorized<Ticker>& envs, const D& distribution, std::initializer_list<float> head) {
    Actor actor(envs, Mlp{.hidden = {}}, distribution);
    std::fill(actor.weights().begin(), actor.weights().end(), 0.0F);
    std::copy(head.begin(), head.end(), actor.weights().begin() + 3 * static_cast<std::ptrdiff_t>(head.size()));
    return actor;
}

const Vectorized envs(Ticker{}, {.count = 4});
const Matrix<float> observation = Matrix<float>::Ones(3, 4);

}  // namespace

TEST_CASE("The most probable action is chosen without streams, with them one is sampled from each") {
    const auto actor = constant_actor(envs, Categorical<float>(2), {1, 0});
    CheckedBehaviour<std::remove_const_t<decltype(actor)>, Discrete> checked("test", actor, {.n = 2}, 4);
    ActionBatch actions(actor.action_shape(), 4), sampled = actions, control = actions;
    const ConstActionView greedy = checked.act(observation, all_legal(4), {}, actions.all());
    for (Index j = 0; j < 4; ++j) CHECK(greedy.integers(0, j) == 0);

    std::vector<Rng> rngs, same;
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U}) {
        rngs.push_back(Rng(seed));
        same.push_back(Rng(seed));
    }
    decltype(actor)::Tape tape;
    actor.forward(observation, all_legal(4), tape);
    std::vector<float> log_prob(4), expected(4);
    Index ones = 0;
    for (int i = 0; i < 20; ++i) {
        const ConstActionView sent = checked.act(observation, all_legal(4), rngs, sampled.all());
        actor.sample(tape, same, control.all());
        for (Index j = 0; j < 4; ++j) {
            CHECK(sent.integers(0, j) == control.all().integers(0, j));
            ones += sent.integers(0, j);
        }
    }
    CHECK((ones > 5 && ones < 75));
    checked.log_prob(sampled.all(), VectorMap<float>(log_prob.data(), 4));
    actor.log_prob(tape, control.all(), VectorMap<float>(expected.data(), 4));
    CHECK(log_prob == expected);
    CHECK((checked.head().rows() == 2 && checked.head()(0, 3) == 1));
}

TEST_CASE("Environments get converted actions where the behaviour converts them") {
    const auto actor = constant_actor(envs, Doubled(3), {0, 0, 1});
    CheckedBehaviour<std::remove_const_t<decltype(actor)>, Discrete> checked("test", actor, {.n = 3}, 4);
    ActionBatch actions(actor.action_shape(), 4);
    const ConstActionView sent = checked.act(observation, all_legal(4), {}, actions.all());
    for (Index j = 0; j < 4; ++j) {
        CHECK(sent.integers(0, j) == 1);
        CHECK(actions.all().integers(0, j) == 2);
    }
}

TEST_CASE("A mode that a distribution replaces is taken, also where its base class has a shortcut to its own") {
    const auto actor = constant_actor(envs, LastChoice(3), {5, 0, 1});
    CheckedBehaviour<std::remove_const_t<decltype(actor)>, Discrete> checked("test", actor, {.n = 3}, 4);
    ActionBatch actions(actor.action_shape(), 4);
    const ConstActionView sent = checked.act(observation, all_legal(4), {}, actions.all());
    for (Index j = 0; j < 4; ++j) CHECK(sent.integers(0, j) == 2);
}

TEST_CASE("Actions are checked as they are stored and as environments take them, with the environment's number") {
    const auto actor = constant_actor(envs, Doubled(3), {0, 0, 1});
    CheckedBehaviour<std::remove_const_t<decltype(actor)>, Discrete> checked("test", actor, {.n = 3}, 4);
    const Matrix<float> head = Matrix<float>::Zero(3, 2);
    const ConstMatrixMap<float> view(head.data(), 3, 2);
    ActionBatch actions(actor.action_shape(), 2);
    const auto check = [&](std::vector<std::uint8_t> legal, int first, int second) {
        actions.all().integers(0, 0) = first;
        actions.all().integers(0, 1) = second;
        checked.check(view, {legal.data(), legal.empty() ? 0 : 3, 2}, actions.all(), {10, 12});
    };
    CHECK_NOTHROW(check({}, 2, 0));
    CHECK_THROWS_WITH(check({}, 0, 3), ContainsText("test: environment 11 was to get choice 3 where there are 0 to 2"));
    CHECK_THROWS_WITH(check({}, -1, 0), ContainsText("test: environment 10 was to get choice -1"));
    CHECK_THROWS_WITH(check({1, 1, 1, 1, 1, 0}, 2, 2), ContainsText("environment 11 was to get choice 2, which its"));
    CHECK_THROWS_WITH(check({1, 1, 1, 1, 0, 1}, 2, 2), ContainsText("environment 11 was to get choice 1, which its"));
}

TEST_CASE("A head that is not finite is named before the action that came of it") {
    const auto actor = constant_actor(envs, Categorical<float>(2), {0, std::numeric_limits<float>::quiet_NaN()});
    CheckedBehaviour<std::remove_const_t<decltype(actor)>, Discrete> checked("test", actor, {.n = 2}, 4);
    ActionBatch actions(actor.action_shape(), 4);
    CHECK_THROWS_WITH(checked.act(observation, all_legal(4), {}, actions.all()),
                      ContainsText("test: row 1 of the policy's head is nan for environment 0"));
}

TEST_CASE("Nothing is drawn from a stream where a head is not finite") {
    const auto actor = constant_actor(envs, Categorical<float>(3), {0, std::numeric_limits<float>::quiet_NaN(), 0});
    CheckedBehaviour checked("Test", actor, Discrete{.n = 3}, 4);
    ActionBatch actions(actor.action_shape(), 4);
    std::vector<Rng> rngs(4, Rng(5));
    CHECK_THROWS_AS(checked.act(observation, all_legal(4), rngs, actions.all()), Error);
    Rng untouched(5);
    CHECK(rngs[0].uniform() == untouched.uniform());
}

TEST_CASE("What has no most probable action is sampled") {
    const Controller controller(envs, [](std::span<const float>, Rng& rng, ActionView& action) {
        action.integers(0, 0) = static_cast<int>(rng.below(2));
        return -0.5;
    });
    CheckedBehaviour<std::remove_const_t<decltype(controller)>, Discrete> checked("test", controller, {.n = 2}, 4);
    ActionBatch actions(controller.action_shape(), 4);
    std::vector<Rng> rngs{Rng(1), Rng(2), Rng(3), Rng(4)};
    std::vector<float> log_prob(4);
    CHECK_NOTHROW(checked.act(observation, all_legal(4), rngs, actions.all()));
    checked.log_prob(actions.all(), VectorMap<float>(log_prob.data(), 4));
    CHECK(log_prob == std::vector<float>(4, -0.5F));
}
