#include "gradiva/io/record_episodes.hpp"

#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "gradiva/io/describe_policy.hpp"
#include "gradiva/io/saved_policy.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"

using namespace gradiva;

namespace {

using LimitedCartPole = TimeLimit<CartPole>;

/// Ends after a number of steps, which it draws.
struct Counted {
    Index length = 1;
    Index steps = 0;

    Box observation_space() const { return {.size = 1, .low = {0}, .high = {1}}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) {
        steps = 0;
        observation[0] = 0;
    }
    Outcome step(int, Rng&, std::span<float> observation) {
        observation[0] = 1;
        return {.reward = 2, .terminated = ++steps == length};
    }
    void render(Canvas& canvas) const {
        require(canvas.shapes().empty(), "the canvas is not empty");
        canvas.circle({static_cast<double>(steps), 0}, 0.1);
    }
};

template <class E>
auto actor_for(const E& env) {
    Vectorized envs(env, {.count = 1, .seed = 3});
    return Actor(envs, Mlp{.hidden = {8}});
}

std::vector<Index> steps_of(const RecordedEpisode& episode) {
    std::vector<Index> steps;
    for (const RecordedFrame& frame : episode.frames) {
        steps.push_back(frame.step);
        CHECK(frame.canvas.shapes()[0].from.x == static_cast<double>(frame.step));
    }
    return steps;
}

std::vector<double> returns_of(const Recording& recording) {
    std::vector<double> returns;
    for (const RecordedEpisode& episode : recording.episodes) returns.push_back(episode.reward_sum);
    return returns;
}

double mean_of(const std::vector<double>& numbers) {
    double mean = 0;
    for (const double x : numbers) mean += x / static_cast<double>(numbers.size());
    return mean;
}

}  // namespace

TEST_CASE("recorded episodes are those that evaluate plays with the same options") {
    const LimitedCartPole env(CartPole{}, 100);
    const auto actor = actor_for(env);
    for (const bool greedy : {true, false}) {
        for (const auto& [episodes, environments] : {std::pair<Index, Index>{5, 16}, {7, 3}, {4, 1}}) {
            CAPTURE(greedy, episodes, environments);
            const Recording recording = record_episodes(
                actor, env, {.episodes = episodes, .greedy = greedy, .seed = 9, .environments = environments});
            const Evaluation played =
                evaluate(actor, env, {.episodes = episodes, .greedy = greedy, .seed = 9, .environments = environments});
            const std::vector<double> returns = returns_of(recording);
            REQUIRE(static_cast<Index>(returns.size()) == episodes);
            CHECK(mean_of(returns) == Approx(played.mean_return).epsilon(1e-12));
            double squares = 0;
            for (const double x : returns) squares += (x - mean_of(returns)) * (x - mean_of(returns));
            CHECK(std::sqrt(squares / static_cast<double>(episodes - 1)) == Approx(played.std_return).epsilon(1e-9));
        }
    }
    // Few episodes are the first ones of more.
    const auto few = returns_of(record_episodes(actor, env, {.episodes = 3, .seed = 9}));
    const auto more = returns_of(record_episodes(actor, env, {.episodes = 12, .seed = 9}));
    CHECK(few == std::vector<double>(more.begin(), more.begin() + 3));
    CHECK(few != returns_of(record_episodes(actor, env, {.episodes = 3, .seed = 10})));
}

TEST_CASE("a recorded episode goes from the reset to the state in which it ended") {
    const Counted env{.length = 4};
    const Recording recording =
        record_episodes(actor_for(env), env, {.episodes = 3, .environments = 2, .name = "Four"});
    CHECK(recording.name == "Four");
    REQUIRE(recording.episodes.size() == 3);
    for (const RecordedEpisode& episode : recording.episodes) {
        CHECK(episode.length == 4);
        CHECK(episode.terminated);
        CHECK(episode.reward_sum == 8);
        CHECK(steps_of(episode) == std::vector<Index>{0, 1, 2, 3, 4});
        CHECK(episode.frames[2].reward_sum == 4);
    }
    const Recording cut = record_episodes(actor_for(env), TimeLimit(env, 3), {.episodes = 1});
    CHECK(!cut.episodes[0].terminated);
    CHECK(steps_of(cut.episodes[0]) == std::vector<Index>{0, 1, 2, 3});
}

TEST_CASE("of a long episode every second, fourth, ... step is recorded, and the last") {
    const auto steps = [](Index length, Index most_frames) {
        const Counted env{.length = length};
        const auto actor = actor_for(env);
        return steps_of(record_episodes(actor, env, {.episodes = 1, .most_frames = most_frames}).episodes[0]);
    };
    CHECK(steps(5, 6) == std::vector<Index>{0, 1, 2, 3, 4, 5});
    CHECK(steps(6, 6) == std::vector<Index>{0, 2, 4, 6});
    CHECK(steps(7, 6) == std::vector<Index>{0, 2, 4, 6, 7});
    CHECK(steps(13, 4) == std::vector<Index>{0, 8, 13});
    CHECK(steps(1, 2) == std::vector<Index>{0, 1});
    CHECK(steps(9, 2) == std::vector<Index>{0, 9});
    const TimeLimit cut(Counted{.length = 100}, 7);
    CHECK(steps_of(record_episodes(actor_for(cut), cut, {.episodes = 1, .most_frames = 6}).episodes[0]) ==
          std::vector<Index>{0, 2, 4, 6, 7});
    for (Index length = 1; length < 40; ++length) {
        for (Index most = 2; most < 10; ++most) {
            const auto kept = steps(length, most);
            CHECK(static_cast<Index>(kept.size()) <= most);
            CHECK(kept.front() == 0);
            CHECK(kept.back() == length);
        }
    }
}

TEST_CASE("an episode is shown in about ten seconds, or at the pace that is asked for") {
    const auto pace = [](Index length, double asked) {
        const Counted env{.length = length};
        return record_episodes(actor_for(env), env, {.episodes = 2, .seconds_per_step = asked}).seconds_per_step;
    };
    CHECK(pace(100, 0) == Approx(0.1));
    CHECK(pace(2, 0) == 0.5);
    CHECK(pace(5000, 0) == 0.02);
    CHECK(pace(100, 0.25) == 0.25);
}

TEST_CASE("episodes are recorded of a factory's environments, with masks, and of a policy out of a file") {
    const TimeLimit grid(MaskedGrid{}, 30);
    const auto actor = actor_for(grid);
    const auto returns = returns_of(record_episodes(actor, grid, {.episodes = 4, .greedy = false, .seed = 2}));
    const auto make = [&](Index) { return grid; };
    CHECK(returns == returns_of(record_episodes(actor, make, {.episodes = 4, .greedy = false, .seed = 2})));
    const SavedPolicy saved(describe_policy(actor));
    CHECK(returns == returns_of(record_episodes(saved, grid, {.episodes = 4, .greedy = false, .seed = 2})));
}

TEST_CASE("record_episodes refuses options out of range, and episodes that do not end") {
    const Counted env{.length = 4};
    const auto actor = actor_for(env);
    const auto refuses = [&](const RecordOptions& options, const char* text) {
        CHECK_THROWS_WITH(record_episodes(actor, env, options), ContainsText(text));
    };
    refuses({.episodes = 0}, "record_episodes: episodes is 0; give at least 1");
    refuses({.environments = 0}, "record_episodes: environments is 0; give at least 1");
    refuses({.most_frames = 1}, "record_episodes: most_frames is 1; give at least 2");
    refuses({.seconds_per_step = -1}, "record_episodes: seconds_per_step is -1; give a finite number");
    refuses({.seconds_per_step = std::numeric_limits<double>::quiet_NaN()}, "record_episodes: seconds_per_step is nan");
    refuses({.most_steps_per_episode = 3}, "has not ended its episode after 3 steps");
}
