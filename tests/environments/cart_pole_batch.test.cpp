#include "gradiva/environments/cart_pole_batch.hpp"

#include <array>
#include <cmath>
#include <limits>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/collect.hpp"
#include "helpers/largest.hpp"
#include "helpers/sanitizer.hpp"

using namespace gradiva;

namespace {

/// Environments with storage for the results of a step, which is filled with other values before each step.
template <class V>
struct Driver {
    explicit Driver(V environments)
        : envs(std::move(environments)), observation(4, envs.size()), final_observation(4, envs.size()),
          reward(envs.size()), terminated(envs.size()), truncated(envs.size()) {
        envs.reset({0, envs.size()}, observation.matrix());
    }

    void blank() {
        final_observation.matrix().setConstant(-7);
        reward.assign(envs.size(), -7);
        terminated.assign(envs.size(), 7);
        truncated.assign(envs.size(), 7);
    }

    void step(Range r, const ActionBatch& actions) {
        const auto begin = static_cast<std::size_t>(r.begin);
        const auto size = static_cast<std::size_t>(r.size());
        StepView out{observation.columns(r), final_observation.columns(r), reward.span().subspan(begin, size),
                     terminated.span().subspan(begin, size), truncated.span().subspan(begin, size)};
        envs.step(r, actions.columns(r), out);
    }

    void step(const ActionBatch& actions) {
        blank();
        step({0, envs.size()}, actions);
    }

    bool ended(Index j) const { return terminated[j] != 0 || truncated[j] != 0; }

    V envs;
    MatrixBuffer<float> observation, final_observation;
    Buffer<double> reward;
    Buffer<std::uint8_t> terminated, truncated;
};

using Batch = Driver<CartPoleBatch>;
using OneByOne = Driver<Vectorized<TimeLimit<CartPole>>>;

/// A CartPole whose every step starts from a state that is told: roundings do not pile up.
struct ToldCartPole : CartPole {
    const MatrixBuffer<float>* told = nullptr;
    Index number = 0;

    Outcome step(int action, Rng& rng, std::span<float> observation) {
        x = static_cast<double>((*told)(0, number));
        x_dot = static_cast<double>((*told)(1, number));
        theta = static_cast<double>((*told)(2, number));
        theta_dot = static_cast<double>((*told)(3, number));
        return CartPole::step(action, rng, observation);
    }
};

OneByOne one_by_one(Index count, std::uint64_t seed, Index limit) {
    return OneByOne(Vectorized(TimeLimit(CartPole{}, limit), {.count = count, .seed = seed}));
}

Batch batch(Index count, std::uint64_t seed, Index limit) {
    return Batch(CartPoleBatch({.count = count, .seed = seed, .limit = limit}));
}

void choose_at_random(ActionBatch& actions, Rng& rng) {
    for (Index j = 0; j < actions.all().integers.cols(); ++j) {
        actions.all().integers(0, j) = static_cast<int>(rng.below(2));
    }
}

/// Pushes to the side to which the pole leans or is falling, which keeps it up for long.
void choose_to_balance(ActionBatch& actions, const MatrixBuffer<float>& observation) {
    for (Index j = 0; j < observation.cols(); ++j) {
        const float lean =
            0.01F * observation(0, j) + 0.1F * observation(1, j) + observation(2, j) + 0.3F * observation(3, j);
        actions.all().integers(0, j) = lean > 0 ? 1 : 0;
    }
}

ActionBatch room_for_actions(Index count) { return {{.integers = 1, .reals = 0}, count}; }

double distance(const MatrixBuffer<float>& a, const MatrixBuffer<float>& b, Index j) {
    return static_cast<double>(gradiva_test::largest_size(a.matrix().col(j) - b.matrix().col(j)));
}

/// How far a state is from one of the borders behind which an episode ends.
double to_the_border(const MatrixBuffer<float>& state, Index j) {
    const double x = std::abs(static_cast<double>(state(0, j)));
    const double theta = std::abs(static_cast<double>(state(2, j)));
    return std::min(std::abs(x - CartPole::position_limit), std::abs(theta - CartPole::angle_limit));
}

constexpr double tolerance = 1e-5;

struct Comparison {
    double largest_distance = 0;  ///< of observations and final ones
    Index terminated = 0, truncated = 0;
    Index terminated_at_limit = 0;  ///< in the very step that would have been truncated
    Index lost = 0;                 ///< environments
};

/// Steps both kinds by the same random actions. `before` gets the states before each step.
///
/// A float that is rounded to the other side of a border ends an episode one step earlier or later than the double
/// does. Such a state lies within the tolerance of the border, which is checked; after it the two copies of this
/// environment are at different steps of their streams, and are not compared any more.
template <class Scalar>
Comparison compare(Batch& in_lanes, Scalar& scalar, MatrixBuffer<float>& before, Index steps, std::uint64_t seed) {
    Comparison result;
    const Index count = scalar.envs.size();
    Rng rng(seed, Purpose::action);
    ActionBatch actions = room_for_actions(count);
    Buffer<Index> length(count);
    Buffer<std::uint8_t> lost(count);
    bool same = in_lanes.observation == scalar.observation;
    for (Index t = 0; t < steps; ++t) {
        choose_at_random(actions, rng);
        before = in_lanes.observation;
        in_lanes.step(actions);
        scalar.step(actions);
        for (Index j = 0; j < count; ++j) {
            if (lost[j] != 0) continue;
            ++length[j];
            if (in_lanes.terminated[j] != scalar.terminated[j]) {
                REQUIRE(to_the_border(in_lanes.ended(j) ? in_lanes.final_observation : in_lanes.observation, j) <
                        tolerance);
                lost[j] = 1;
                ++result.lost;
                continue;
            }
            same = same && in_lanes.truncated[j] == scalar.truncated[j] && in_lanes.reward[j] == scalar.reward[j];
            const double far =
                gradiva_test::largest_of(distance(in_lanes.observation, scalar.observation, j),
                                         distance(in_lanes.final_observation, scalar.final_observation, j));
            result.largest_distance = gradiva_test::largest_of(result.largest_distance, far);
            if (!scalar.ended(j)) continue;
            same = same && in_lanes.observation.matrix().col(j) == scalar.observation.matrix().col(j);
            result.terminated += scalar.terminated[j];
            result.truncated += scalar.truncated[j];
            result.terminated_at_limit += scalar.terminated[j] != 0 && length[j] == in_lanes.envs.limit() ? 1 : 0;
            length[j] = 0;
        }
        REQUIRE(same);
    }
    return result;
}

Comparison compare_free(Index count, std::uint64_t seed, Index limit, Index steps) {
    Batch in_lanes = batch(count, seed, limit);
    OneByOne scalar = one_by_one(count, seed, limit);
    MatrixBuffer<float> before;
    return compare(in_lanes, scalar, before, steps, seed);
}

Comparison compare_from_state_to_state(Index count, std::uint64_t seed, Index limit, Index steps) {
    Batch in_lanes = batch(count, seed, limit);
    MatrixBuffer<float> before;
    const auto make = [&](Index i) {
        ToldCartPole env;
        env.told = &before;
        env.number = i;
        return TimeLimit(env, limit);
    };
    Driver<Vectorized<TimeLimit<ToldCartPole>>> scalar(Vectorized(make, {.count = count, .seed = seed}));
    return compare(in_lanes, scalar, before, steps, seed);
}

}  // namespace

TEST_CASE("CartPoleBatch follows copies of CartPole through short episodes without resynchronisation") {
    const auto [count, steps] =
        GENERATE(Catch::Generators::table<Index, Index>({{1, 5000}, {3, 5000}, {17, 5000}, {2048, 300}}));
    const std::uint64_t seed = gradiva_test::sanitized ? 1U : GENERATE(1U, 2U, 3U);
    CAPTURE(count, seed);
    const Comparison result = compare_free(count, seed, 35, steps);
    CHECK(result.largest_distance < tolerance);
    CHECK(result.terminated > count * steps / 40);
    CHECK(result.truncated > count * steps / 1000);
    CHECK(result.lost <= count / 100);
}

TEST_CASE("CartPoleBatch equals copies of CartPole step by step through episodes of any length") {
    const auto [count, steps] =
        GENERATE(Catch::Generators::table<Index, Index>({{1, 5000}, {3, 5000}, {17, 5000}, {2048, 300}}));
    const std::uint64_t seed = gradiva_test::sanitized ? 1U : GENERATE(1U, 2U, 3U);
    CAPTURE(count, seed);
    const Comparison result = compare_from_state_to_state(count, seed, 500, steps);
    CHECK(result.largest_distance < tolerance / 5);
    CHECK(result.terminated > count * steps / 40);
    CHECK(result.lost <= count / 100);
}

TEST_CASE("CartPoleBatch truncates at the limit, unless the pole falls in the same step") {
    const Index limit = GENERATE(1, 12, 20);
    CAPTURE(limit);
    const Comparison result = compare_free(50, 1, limit, 3000);
    CHECK(result.largest_distance < tolerance);
    CHECK(result.truncated > 100);
    CHECK(result.lost == 0);
    if (limit > 1) CHECK(result.terminated_at_limit > 100);
}

TEST_CASE("CartPoleBatch truncates a balanced pole after exactly the limit, and never without a limit") {
    constexpr Index count = 20;
    const Index limit = GENERATE(0, 500);
    CAPTURE(limit);
    Batch in_lanes = batch(count, 3, limit);
    ActionBatch actions = room_for_actions(count);
    for (Index t = 1; t <= 1500; ++t) {
        choose_to_balance(actions, in_lanes.observation);
        in_lanes.step(actions);
        for (Index j = 0; j < count; ++j) {
            REQUIRE(in_lanes.terminated[j] == 0);
            REQUIRE(in_lanes.truncated[j] == (limit > 0 && t % limit == 0 ? 1 : 0));
            REQUIRE(in_lanes.reward[j] == 1);
        }
    }
}

TEST_CASE("the bits of an environment of CartPoleBatch do not depend on the range in which it is stepped") {
    constexpr Index count = 75;
    Batch whole = batch(count, 1, 30), singly = batch(count, 1, 30), pieces = batch(count, 1, 30);
    REQUIRE(whole.envs.shards() == 5);
    ActionBatch actions = room_for_actions(count);
    Rng rng(1);
    for (Index t = 0; t < 500; ++t) {
        choose_at_random(actions, rng);
        whole.step(actions);
        singly.blank();
        for (Index j = 0; j < count; ++j) singly.step({j, j + 1}, actions);
        pieces.blank();
        for (Index i = 0; i < 5; ++i) pieces.step(piece(count, 5, i), actions);
        for (const Batch* other : {&singly, &pieces}) {
            REQUIRE(whole.observation == other->observation);
            REQUIRE(whole.final_observation == other->final_observation);
            REQUIRE(whole.reward == other->reward);
            REQUIRE(whole.terminated == other->terminated);
            REQUIRE(whole.truncated == other->truncated);
        }
    }
}

TEST_CASE("CartPoleBatch writes nothing outside the range") {
    constexpr Index count = 41;
    Batch all = batch(count, 2, 500), some = batch(count, 2, 500);
    ActionBatch actions = room_for_actions(count);
    const MatrixBuffer<float> start = some.observation;
    some.blank();
    for (Index t = 0; t < 40; ++t) some.step({5, 28}, actions);
    for (const Index j : {Index{0}, Index{4}, Index{28}, Index{40}}) {
        CHECK(some.observation.matrix().col(j) == start.matrix().col(j));
        CHECK(some.reward[j] == -7);
        CHECK(some.terminated[j] == 7);
        CHECK(some.truncated[j] == 7);
    }
    all.step(actions);
    for (const Range r : {Range{0, 5}, Range{28, count}}) {
        some.step(r, actions);
        CHECK(some.observation.columns(r) == all.observation.columns(r));
    }
}

TEST_CASE("CartPoleBatch writes into the upper rows of a taller matrix") {
    constexpr Index count = 37;
    Batch dense = batch(count, 1, 500), apart = batch(count, 1, 500);
    ActionBatch actions = room_for_actions(count);
    Matrix<float> tall = Matrix<float>::Constant(6, count, -7);
    for (Index t = 0; t < 50; ++t) {
        dense.step(actions);
        StepView out{tall.topRows(4), apart.final_observation.matrix(), apart.reward.span(), apart.terminated.span(),
                     apart.truncated.span()};
        apart.envs.step({0, count}, std::as_const(actions).all(), out);
        REQUIRE(tall.topRows(4) == dense.observation.matrix());
    }
    CHECK(tall.bottomRows(2) == Matrix<float>::Constant(2, count, -7));
}

TEST_CASE("every action but 1 pushes to the left, as in CartPole") {
    Batch in_lanes = batch(20, 1, 500);
    OneByOne scalar = one_by_one(20, 1, 500);
    ActionBatch actions = room_for_actions(20);
    for (Index j = 0; j < 20; ++j) actions.all().integers(0, j) = static_cast<int>(j) - 5;
    in_lanes.step(actions);
    scalar.step(actions);
    for (Index j = 0; j < 20; ++j) CHECK(distance(in_lanes.observation, scalar.observation, j) < 1e-6);
}

TEST_CASE(
    "CartPoleBatch has the spaces and the seed of its streams, and a number of shards that follows from its size") {
    STATIC_REQUIRE(VectorEnv<CartPoleBatch>);
    const CartPoleBatch envs({.count = 2048, .seed = 9, .limit = 70});
    CHECK(envs.size() == 2048);
    CHECK(envs.seed() == 9);
    CHECK(envs.limit() == 70);
    CHECK(envs.observation_space() == CartPole{}.observation_space());
    CHECK(envs.action_space() == CartPole{}.action_space());
    CHECK(envs.shards() == 128);
    CHECK(CartPoleBatch({.count = 16}).shards() == 1);
    CHECK(CartPoleBatch({.count = 17}).shards() == 2);
}

TEST_CASE("CartPoleBatch refuses options out of range") {
    CHECK_THROWS_WITH(CartPoleBatch({.count = 0}), "CartPoleBatch: count is 0; give at least 1 environment");
    CHECK_THROWS_WITH(CartPoleBatch({.limit = -1}),
                      "CartPoleBatch: limit is -1; give at most 2147483647 steps, or 0 for no limit");
    CHECK_THROWS_WITH(CartPoleBatch({.limit = Index{1} << 31}), ContainsText("limit is 2147483648"));
    CHECK_NOTHROW(CartPoleBatch({.limit = (Index{1} << 31) - 1}));
}

TEST_CASE("rollouts of CartPoleBatch have the same bits with 1 and 2 threads", "[threads]") {
    const bool whole_episodes = GENERATE(false, true);
    CAPTURE(whole_episodes);
    CartPoleBatch envs1({.count = 75, .seed = 1, .limit = 30}), envs2({.count = 75, .seed = 1, .limit = 30});
    const Actor actor(envs1, {.hidden = {16}});
    Threads threads1(1), threads2(2);
    Collector collect1(envs1, actor, threads1), collect2(envs2, actor, threads2);
    Rollout one(envs1, actor), two(envs2, actor);
    for (int i = 0; i < 3; ++i) {
        if (whole_episodes) {
            collect1.episodes(one, 2);
            collect2.episodes(two, 2);
        } else {
            collect1.steps(one, 40);
            collect2.steps(two, 40);
        }
        CHECK(one.horizon == two.horizon);
        CHECK(one.observation == two.observation);
        CHECK(one.final_observation == two.final_observation);
        CHECK(one.terminated == two.terminated);
        CHECK(one.truncated == two.truncated);
        CHECK(one.log_prob == two.log_prob);
        CHECK(one.finished.size() > 75);
    }
}

TEST_CASE("PPO learns to balance in CartPoleBatch for every seed", "[learning]") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        CartPoleBatch envs({.count = 32, .seed = seed, .limit = 500});
        Actor actor(envs, {.hidden = {32}});
        Critic critic(envs, {.hidden = {32}});
        PpoClip trainer(envs, actor, critic, Gae{},
                        {.horizon = 32, .minibatch = 256, .epochs = 4, .learning_rate = 3e-3});
        double first = std::numeric_limits<double>::quiet_NaN(), last = first;
        trainer.train({.steps = 30 * 1024}, [&](const Progress& progress) {
            if (progress.iteration == 1) first = progress.mean_return;
            last = progress.mean_return;
        });
        CHECK(first < 40);
        CHECK(last > 2 * first);
    }
}
