#include "gradiva/train/evaluate.hpp"

#include <set>
#include <utility>

#include "catch.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/policy/actor.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// A linear actor for the environment, with these weights.
template <class E>
auto actor_for(const E& env, std::initializer_list<float> weights) {
    const Vectorized envs(env);
    Actor actor(envs, Mlp{.hidden = {}});
    REQUIRE(actor.weights().size() == weights.size());
    std::copy(weights.begin(), weights.end(), actor.weights().begin());
    return actor;
}

/// A bandit whose first arm pays 1 with probability 0.3, and whose second pays 1 with probability 0.8.
struct Coins {
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 1; }
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        observation[0] = 1;
        return {.reward = rng.uniform() < (action == 0 ? 0.3 : 0.8) ? 1.0 : 0.0, .terminated = true};
    }
};

}  // namespace

TEST_CASE("The worth of a sampled policy on a two-armed bandit is exact within three standard errors") {
    const auto actor = actor_for(Coins{}, {0.5F, 0, 0, 0.2F});
    const double p = 1 / (1 + std::exp(0.2 - 0.5));  // of the first arm
    const double exact = 0.3 * p + 0.8 * (1 - p);
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const Evaluation result = evaluate(actor, Coins{}, {.episodes = 10'000, .greedy = false, .seed = seed});
        INFO(result.mean_return << " +- " << result.standard_error << ", exactly " << exact);
        CHECK(result.standard_error == Catch::Approx(std::sqrt(exact * (1 - exact) / 10'000)).epsilon(0.05));
        CHECK(std::abs(result.mean_return - exact) < 3 * result.standard_error);
        CHECK(result.mean_length == 1);
        CHECK(result.episodes == 10'000);
    }
}

TEST_CASE("A greedy policy takes the most probable action") {
    const Bandit bandit{.rewards = {1, 2, 4}};
    CHECK(evaluate(actor_for(bandit, {0, 0, 0, 0.1F, 0.2F, 0.0F}), bandit).mean_return == 2);
    CHECK(evaluate(actor_for(bandit, {0, 0, 0, 0.1F, 0.2F, 0.3F}), bandit).mean_return == 4);
    CHECK(evaluate(actor_for(bandit, {0, 0, 0, 0.1F, 0.2F, 0.3F}), bandit).std_return == 0);
}

TEST_CASE("Every environment plays a quota of episodes so that short ones are not favoured") {
    const auto tickers = [](Index i) { return Ticker{.id = i, .length = 1 + 10 * i}; };
    const auto actor = actor_for(Ticker{}, {0, 0, 0, 0, 0, 0, 0, 0});
    const Evaluation result = evaluate(actor, tickers, {.episodes = 10, .environments = 4});
    // Quotas 3, 3, 2, 2. Returns (1 + i)(1 + 10 i): 1, 22, 63, 124. Lengths 1, 11, 21, 31.
    CHECK(result.mean_return == Catch::Approx((3 * 1 + 3 * 22 + 2 * 63 + 2 * 124) / 10.0));
    CHECK(result.mean_length == Catch::Approx((3 * 1 + 3 * 11 + 2 * 21 + 2 * 31) / 10.0));
    double squares = 0;
    for (const double r : {1., 1., 1., 22., 22., 22., 63., 63., 124., 124.}) squares += std::pow(r - 44.3, 2);
    CHECK(result.std_return == Catch::Approx(std::sqrt(squares / 9)));
    CHECK(result.standard_error == Catch::Approx(result.std_return / std::sqrt(10)));
    CHECK(result.episodes == 10);
}

TEST_CASE("Fewer episodes than environments are played in as many environments") {
    const auto tickers = [](Index i) { return Ticker{.id = i}; };
    const auto actor = actor_for(Ticker{}, {0, 0, 0, 0, 0, 0, 0, 0});
    const Evaluation result = evaluate(actor, tickers, {.episodes = 2, .environments = 16});
    CHECK(result.mean_return == 4.5);  // 3 steps of 1 and 3 steps of 2
    CHECK(evaluate(actor, tickers, {.episodes = 1}).std_return == 0);
    const auto short_ones = [](Index i) { return Ticker{.id = i, .length = 1}; };
    CHECK(evaluate(actor, short_ones, {.episodes = 2, .environments = 16}).mean_return == 1.5);
}

TEST_CASE("An evaluation is repeated exactly under its seed and differs under another") {
    const TimeLimit env(Wanderer{}, 20);
    const auto actor = actor_for(env, {.1F, .2F, .3F, .4F, .5F, .6F, .7F, .8F, .9F, 0, 0, 0});
    const auto play = [&](std::uint64_t seed, bool greedy) {
        const Evaluation result = evaluate(actor, env, {.episodes = 20, .greedy = greedy, .seed = seed});
        return std::pair(result.mean_return, result.std_return);  // half an action is the unit of means: they may meet
    };
    for (const bool greedy : {true, false}) {
        CHECK(play(1, greedy) == play(1, greedy));
        CHECK(play(1, greedy) != play(2, greedy));
    }
    CHECK(play(1, true) != play(1, false));
}

TEST_CASE("The seed of an evaluation names the streams of sampled actions too") {
    const auto actor = actor_for(Bandit{}, {0, 0, 0, 0});  // a bandit without randomness of its own
    std::set<double> means;
    for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U, 6U, 7U, 8U}) {
        means.insert(evaluate(actor, Bandit{}, {.episodes = 64, .greedy = false, .seed = seed}).mean_return);
    }
    CHECK(means.size() > 1);
}

TEST_CASE("The environments of an evaluation draw from streams that training does not use") {
    const Bandit noisy{.rewards = {0, 0}, .noise = 1};
    const Evaluation result = evaluate(actor_for(noisy, {0, 0, 0, 0}), noisy, {.episodes = 1, .seed = 3});
    CHECK(result.mean_return == Rng(3, Purpose::evaluation_environment, 0).normal());
    CHECK(result.mean_return != Rng(3, Purpose::environment, 0).normal());
}

TEST_CASE("Both ends of an episode count") {
    const auto actor = actor_for(Ticker{}, {0, 0, 0, 0, 0, 0, 0, 0});
    for (const bool truncates : {true, false}) {
        CHECK(evaluate(actor, Ticker{.length = 4, .truncates = truncates}, {.episodes = 5}).mean_length == 4);
    }
}

TEST_CASE("An episode that does not end is an error") {
    const auto actor = actor_for(Ticker{}, {0, 0, 0, 0, 0, 0, 0, 0});
    CHECK_THROWS_WITH(evaluate(actor, Ticker{.length = 1'000'000}, {.most_steps_per_episode = 50}),
                      "evaluate: environment 0 has not ended its episode after 50 steps; wrap it in a TimeLimit, or "
                      "allow more steps");
    CHECK_NOTHROW(evaluate(actor, Ticker{.length = 50}, {.most_steps_per_episode = 50}));
}

TEST_CASE("An environment that leaves finite numbers is named, as while collecting") {
    const auto actor = actor_for(Faulty{}, {0, 0, 0, 0, 0, 0});
    CHECK_THROWS_WITH(evaluate(actor, one_faulty(Fault::infinite_reward, 3)),
                      "evaluate: environment 3 gave a reward of inf, or did not write it; give a finite number");
    CHECK_THROWS_WITH(evaluate(actor, one_faulty(Fault::nan_in_step, 3)),
                      ContainsText("evaluate: environment 3 gave observation[0] = nan in step"));
    CHECK_THROWS_WITH(evaluate(actor, one_faulty(Fault::nan_in_reset, 3)),
                      ContainsText("evaluate: environment 3 gave observation[0] = nan in reset"));
    CHECK_THROWS_WITH(evaluate(actor, one_faulty(Fault::unwritten_step, 3)),
                      ContainsText("evaluate: environment 3 gave observation[1] = nan in step, or did not write it"));
    CHECK_THROWS_WITH(evaluate(actor, one_faulty(Fault::nan_at_end, 3, 4)),
                      ContainsText("evaluate: environment 3 gave observation[0] = nan in the last step of an episode"));
    CHECK_THROWS_AS(evaluate(actor, one_faulty(Fault::thrown, 3)), Breakdown);
    CHECK_THROWS_WITH(evaluate(actor_for(Bandit{}, {0, 0, 0, 0}), Bandit{.rewards = {1e39, 1e39}}),
                      ContainsText("evaluate: environment 0 gave a reward of 1e+39"));
}

TEST_CASE("Bad arguments of evaluate are refused by name") {
    const auto actor = actor_for(Ticker{}, {0, 0, 0, 0, 0, 0, 0, 0});
    CHECK_THROWS_WITH(evaluate(actor, Ticker{}, {.episodes = 0}), "evaluate: episodes is 0; give at least 1");
    CHECK_THROWS_WITH(evaluate(actor, Ticker{}, {.environments = 0}), "evaluate: environments is 0; give at least 1");
    CHECK_THROWS_WITH(evaluate(actor, Corridor{}),
                      "evaluate: the actor takes observations of 3 numbers, the environments give 1; build the actor "
                      "from these environments");
}

TEST_CASE("An evaluation prints as one line") {
    const Evaluation nothing;
    for (const double x : {nothing.mean_return, nothing.std_return, nothing.standard_error, nothing.mean_length}) {
        CHECK(x == 0);
    }
    CHECK(nothing.episodes == 0);
    CHECK(fmt::format("{}", Evaluation{.mean_return = 500, .std_return = 0, .episodes = 100}) ==
          "mean_return=500.00 std_return=0.00 episodes=100");
    CHECK(fmt::format("{}", Evaluation{.mean_return = -1.236, .std_return = 2.5, .episodes = 3}) ==
          "mean_return=-1.24 std_return=2.50 episodes=3");
}
