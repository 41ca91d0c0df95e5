#include "gradiva/callbacks/stop_at_return.hpp"

#include <limits>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/critic.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEST_CASE("StopAtReturn stops once the mean return is reached over enough episodes") {
    const StopAtReturn stop{.target = 10};
    CHECK(stop(Progress{.algorithm = "Test", .episodes = 200, .mean_return = 9.9}));
    CHECK(!stop(Progress{.algorithm = "Test", .episodes = 200, .mean_return = 10}));
    CHECK(!stop(Progress{.algorithm = "Test", .episodes = 100, .mean_return = 11}));
    CHECK(stop(Progress{.algorithm = "Test", .episodes = 99, .mean_return = 11}));
    CHECK(!StopAtReturn{.target = 10,
                        .at_least_episodes = 5}(Progress{.algorithm = "Test", .episodes = 5, .mean_return = 10}));
}

TEST_CASE("StopAtReturn counts the episodes since the trainer was built and not those of one call") {
    const StopAtReturn stop{.target = 10, .at_least_episodes = 30};
    CHECK(stop(Progress{.algorithm = "Test", .episodes = 20, .lifetime_episodes = 29, .mean_return = 10}));
    CHECK(!stop(Progress{.algorithm = "Test", .episodes = 10, .lifetime_episodes = 30, .mean_return = 10}));
}

TEST_CASE("StopAtReturn stops a training in small calls") {
    Vectorized envs(Bandit{.rewards = {3, 3}}, {.count = 4});
    Actor actor(envs, Mlp{.hidden = {}});
    Critic critic(envs, Mlp{.hidden = {}});
    A2c trainer(envs, actor, critic, Gae{}, {.horizon = 5});  // 20 episodes in an iteration
    Index iterations = 0;
    const auto stop = [&](const Progress& progress) {
        ++iterations;
        return StopAtReturn{.target = 3}(progress);
    };
    while (iterations < 20 && trainer.train({.steps = 60}, stop).finished()) {
    }
    CHECK(iterations == 5);
}

TEST_CASE("StopAtReturn does not stop before the first episode has ended") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(StopAtReturn{.target = -1e9, .at_least_episodes = 0}(Progress{.algorithm = "Test", .mean_return = nan}));
}
