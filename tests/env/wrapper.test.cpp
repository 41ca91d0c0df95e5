#include "gradiva/env/wrapper.hpp"

#include <array>
#include <memory>
#include <tuple>

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/clip_reward.hpp"
#include "gradiva/env/frame_stack.hpp"
#include "gradiva/env/rescale_action.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "helpers/environments.hpp"
#include "helpers/masked_mirror.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

// As in the comment of Wrapper.
template <class E>
struct CostOfLiving : Wrapper<E> {
    using Wrapper<E>::Wrapper;
    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        Outcome outcome = this->wrapped().step(action, rng, observation);
        outcome.reward -= 0.1;
        return outcome;
    }
};
template <class E>
CostOfLiving(E) -> CostOfLiving<E>;

/// A simulator's handle: it can be moved only.
struct Handle : Ticker {
    std::unique_ptr<int> simulator = std::make_unique<int>(0);
};

/// Everything observed, paid and masked in an episode of at most 20 steps under the same random actions in [-1, 1].
template <class E>
std::vector<float> trace_of(E env) {
    Rng rng(1);
    std::vector<float> seen(static_cast<std::size_t>(env.observation_space().size));
    env.reset(rng, seen);
    std::vector<float> trace = seen;
    for (int t = 0; t < 20; ++t) {
        for (const int legal : mask_of(env, 3)) trace.push_back(static_cast<float>(legal));
        const std::array values{static_cast<float>(rng.uniform(-1, 1)), static_cast<float>(rng.uniform(-1, 1))};
        const Outcome outcome = env.step({.choice = (t + 1) % 3, .values = values}, rng, seen);
        trace.insert(trace.end(), seen.begin(), seen.end());
        trace.push_back(static_cast<float>(outcome.reward));
        trace.push_back(outcome.truncated ? 1.0F : 0.0F);
        if (outcome.truncated || outcome.terminated) break;
    }
    return trace;
}

/// Calls `check` with the environment in all the given wrappers, nested in every order.
template <class E, class Check>
void in_every_order(E env, const Check& check) {
    check(std::move(env));
}

template <class E, class Check, class... Before, class Wrap, class... After>
void choose_next(const E& env, const Check& check, std::tuple<Before...> before, const Wrap& wrap,
                 const After&... after);

template <class E, class Check, class First, class... Others>
void in_every_order(const E& env, const Check& check, const First& first, const Others&... others) {
    choose_next(env, check, std::tuple<>{}, first, others...);
}

template <class E, class Check, class... Before, class Wrap, class... After>
void choose_next(const E& env, const Check& check, std::tuple<Before...> before, const Wrap& wrap,
                 const After&... after) {
    std::apply([&](const auto&... others) { in_every_order(wrap(env), check, others..., after...); }, before);
    if constexpr (sizeof...(After) > 0) {
        choose_next(env, check, std::tuple_cat(before, std::tuple<Wrap>(wrap)), after...);
    }
}

}  // namespace

TEST_CASE("A wrapper of one's own changes what it says and hands on the rest") {
    CostOfLiving env(Ticker{.id = 4, .length = 2});
    STATIC_REQUIRE(is_env<decltype(env)>);
    CHECK(env.observation_space() == Box{.size = 3});
    CHECK(env.action_space() == Discrete{2});
    Rng rng;
    std::array<float, 3> observation{};
    env.reset(rng, observation);
    CHECK(observation == std::array<float, 3>{4, 0, 0});
    const Outcome first = env.step(0, rng, observation);
    CHECK(observation == std::array<float, 3>{4, 0, 1});
    CHECK(first.reward == Catch::Approx(4.9));
    CHECK_FALSE(first.terminated);
    CHECK(env.step(0, rng, observation).terminated);
    env.wrapped().id = 5;
    CHECK(std::as_const(env).wrapped().id == 5);
}

TEST_CASE("A wrapper of one's own works with TimeLimit, check_env and Vectorized") {
    CHECK_NOTHROW(check_env(CostOfLiving(TimeLimit(MaskedMirror{}, 5))));
    CHECK_NOTHROW(check_env(TimeLimit(CostOfLiving(MaskedMirror{}), 5)));
    Vectorized envs(TimeLimit(CostOfLiving(Ticker{.length = 9}), 1), {.count = 2});
    ActionBatch actions({.integers = 1}, 2);
    actions.all().integers.setZero();
    Matrix<float> observation(3, 2), final_observation(3, 2);
    std::vector<double> reward(2);
    std::vector<std::uint8_t> terminated(2), truncated(2);
    envs.reset({0, 2}, observation);
    StepView out{observation, final_observation, reward, terminated, truncated};
    envs.step({0, 2}, std::as_const(actions).all(), out);
    CHECK(reward[1] == Catch::Approx(0.9));
    CHECK(truncated[1] == 1);
}

TEST_CASE("A wrapper has an action mask exactly where its environment has one") {
    STATIC_REQUIRE(HasActionMask<CostOfLiving<MaskedMirror>>);
    STATIC_REQUIRE(HasActionMask<TimeLimit<CostOfLiving<MaskedMirror>>>);
    STATIC_REQUIRE(HasVectorActionMask<Vectorized<TimeLimit<MaskedMirror>>>);
    STATIC_REQUIRE_FALSE(detail::MentionsActionMask<CostOfLiving<Ticker>>);
    STATIC_REQUIRE_FALSE(detail::MentionsActionMask<TimeLimit<CostOfLiving<Ticker>>>);
    STATIC_REQUIRE_FALSE(detail::MentionsVectorActionMask<Vectorized<TimeLimit<Ticker>>>);
    CostOfLiving env(MaskedMirror{});
    CHECK(mask_of(env, 3) == std::vector{0, 1, 1});
    env.wrapped().at = 2;
    CHECK(mask_of(env, 3) == std::vector{1, 1, 0});
}

TEST_CASE("A wrapper takes an environment that can be moved only") {
    TimeLimit env(CostOfLiving(FrameStack(Handle{}, 2)), 2);
    STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<decltype(env)>);
    Rng rng;
    std::array<float, 6> observation{};
    env.reset(rng, observation);
    CHECK(env.step(0, rng, observation).reward == Catch::Approx(0.9));
    CHECK(*env.wrapped().wrapped().wrapped().simulator == 0);
}

TEST_CASE("Wrappers of different concerns give the same environment in every order") {
    const std::vector<float> expected =
        trace_of(TimeLimit(ClipReward(FrameStack(RescaleAction(MaskedMirror{}), 3), -1, 0.5), 7));
    REQUIRE(expected.size() == 12 + 7 * (3 + 12 + 2));
    int orders = 0;
    in_every_order(
        MaskedMirror{},
        [&](const auto& env) {
            ++orders;
            CHECK(trace_of(env) == expected);
            CHECK_NOTHROW(check_env(env, {.steps = 30}));
        },
        [](const auto& env) { return TimeLimit(env, 7); }, [](const auto& env) { return ClipReward(env, -1, 0.5); },
        [](const auto& env) { return FrameStack(env, 3); }, [](const auto& env) { return RescaleAction(env); });
    CHECK(orders == 24);
}
