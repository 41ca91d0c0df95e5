// The environments with masks and combined actions, each learned to its known optimum.
#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/archery.hpp"
#include "gradiva/environments/dial_lock.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/train/evaluate.hpp"

using namespace gradiva;

namespace {

/// Trains under seeds 1, 2 and 3; the greedy policy must come within `margin` of the best return.
template <class E>
void check_learns(const E& env, double best_return, double margin, double learning_rate) {
    std::string returns;
    bool all = true;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Vectorized envs(env, {.count = 8, .seed = seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}});
        Critic critic(envs, Mlp{.hidden = {64, 64}});
        PpoClip(envs, actor, critic, Gae{}, {.learning_rate = Linear{learning_rate, 0}}).train({.steps = 60'000});
        const Evaluation reached = evaluate(actor, env, {.episodes = 1'000});
        all = all && reached.mean_return > best_return - margin;
        returns += fmt::format("seed {}: {:.4f}  ", seed, reached.mean_return);
    }
    INFO("best " << best_return << ", reached " << returns);
    CHECK(all);
}

}  // namespace

TEST_CASE("PPO-clip finds the shortest ways through the masked grid, for every seed") {
    const MaskedGrid grid;
    check_learns(TimeLimit(grid, 30), grid.best_return(), 0.03, 3e-4);
}

TEST_CASE("PPO-clip opens the dial lock as fast as it can be, for every seed") {
    const DialLock lock;
    check_learns(TimeLimit(lock, 30), lock.best_return(), 0.02, 3e-4);
}

TEST_CASE("PPO-clip hits the best targets of the archery, for every seed") {
    const Archery archery;
    check_learns(archery, archery.best_return(), 0.1, 1e-3);  // an aim is never quite exact
}
