#include "gradiva/policy/controller.hpp"

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/rollout/collect.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// The reward depends on the two numbers of the action; episodes of 3 steps.
struct Scale {
    int at = 0;
    Box observation_space() const { return {.size = 1}; }
    Box action_space() const { return {.size = 2, .low = {-1, -1}, .high = {1, 1}}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = static_cast<float>(at = 0); }
    Outcome step(std::span<const float> action, Rng&, std::span<float> observation) {
        observation[0] = static_cast<float>(++at);
        return {.reward = static_cast<double>(10 * action[0] + action[1]), .terminated = at == 3};
    }
};

/// Acts by what it sees of a `Ticker`: environment and step decide about action and log-prob.
double by_sight(std::span<const float> observation, Rng&, ActionView action) {
    action.integers(0, 0) = static_cast<int>(observation[0] + observation[2]) % 2;
    return -static_cast<double>(observation[0]) - 0.125 * static_cast<double>(observation[2]);
}

double coin(std::span<const float>, Rng& rng, ActionView action) {
    action.integers(0, 0) = static_cast<int>(rng.below(2));
    return std::log(0.5);
}

const Vectorized ticker_envs(Ticker{});
using Coin = decltype(Controller(ticker_envs, coin));
static_assert(Behaviour<Coin>);
static_assert(!Policy<Coin>);

Vectorized<Ticker> tickers(Index count) {
    return Vectorized([](Index i) { return Ticker{.id = i, .length = 2 + i}; }, {.count = count, .seed = 4});
}

}  // namespace

TEST_CASE("a controller gets its environment's observation and its choice is recorded") {
    for (const bool whole_episodes : {false, true}) {
        auto envs = tickers(6);  // two shards
        const Controller controller(envs, by_sight);
        Threads threads;
        Rollout rollout(envs, controller);
        Collector collect(envs, controller, threads);
        if (whole_episodes) {
            collect.episodes(rollout, 2);
        } else {
            collect.steps(rollout, 10);
        }
        for (Index n = 0; n < 6; ++n) {
            for (Index t = 0; t < rollout.length[n]; ++t) {
                const Index step = t % (2 + n);
                CHECK(rollout.action.all().integers(0, t * 6 + n) == (n + step) % 2);
                CHECK(static_cast<double>(rollout.log_prob(n, t)) ==
                      Catch::Approx(-static_cast<double>(n) - 0.125 * static_cast<double>(step)));
            }
        }
    }
}

TEST_CASE("a controller chooses real numbers too and what is sent is clipped to the bounds") {
    Vectorized envs(Scale{}, {.count = 3});
    const Controller controller(envs, [](std::span<const float> observation, Rng&, ActionView action) {
        action.reals.col(0) << 0.25F * observation[0], 7;
        return 0;
    });
    Threads threads;
    Rollout rollout(envs, controller);
    Collector(envs, controller, threads).steps(rollout, 3);
    for (Index n = 0; n < 3; ++n) {
        for (Index t = 0; t < 3; ++t) {
            CHECK(rollout.action.all().reals(0, t * 3 + n) == 0.25F * static_cast<float>(t));
            CHECK(rollout.action.all().reals(1, t * 3 + n) == 7);
            CHECK(rollout.reward(n, t) == 2.5F * static_cast<float>(t) + 1);
            CHECK(rollout.log_prob(n, t) == 0);
        }
    }
}

TEST_CASE("a controller draws from the stream of each environment") {
    auto envs = tickers(2);
    const Controller controller(envs, coin);
    Threads threads;
    Rollout rollout(envs, controller);
    Collector(envs, controller, threads).steps(rollout, 50);
    for (Index n = 0; n < 2; ++n) {
        Rng rng(4, Purpose::action, static_cast<std::uint64_t>(n));
        for (Index t = 0; t < 50; ++t) CHECK(rollout.action.all().integers(0, t * 2 + n) == rng.below(2));
    }
}

TEST_CASE("a controller fits its environments and has neither head nor parameters") {
    const auto envs = tickers(2);
    const Controller controller(envs, coin);
    CHECK(controller.observation_size() == 3);
    CHECK(controller.head_size() == 0);
    CHECK(controller.action_shape().integers == 1);
    CHECK(controller.action_shape().reals == 0);
    CHECK(controller.own_parameters().empty());
    Vectorized others(Scale{}, {.count = 2});
    Threads threads;
    CHECK_THROWS_WITH((Collector(others, controller, threads)),
                      ContainsText("Collector: the actor takes observations"));
}

TEST_CASE("a controller acts the same with 1, 2 and 4 threads", "[threads]") {
    const auto after = [](Index count) {
        auto envs = tickers(13);
        const Controller controller(envs, coin);
        Threads threads(count);
        Rollout rollout(envs, controller);
        Collector(envs, controller, threads).steps(rollout, 20);
        const auto actions = rollout.action.all().integers;
        return std::vector<int>(actions.data(), actions.data() + actions.size());
    };
    const auto one = after(1);
    CHECK(std::count(one.begin(), one.end(), 0) > 50);
    CHECK(std::count(one.begin(), one.end(), 1) > 50);
    CHECK((one == after(2)));
    CHECK((one == after(4)));
}
