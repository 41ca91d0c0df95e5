// Every trainer finds the best policy of a corridor, for every seed that is tried.
#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/callbacks/best_actor.hpp"
#include "gradiva/callbacks/stop_at_return.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

const TimeLimit corridor(Corridor{}, 30);

struct Parts {
    explicit Parts(std::uint64_t seed) : envs(corridor, {.count = 4, .seed = seed}) {}
    Vectorized<TimeLimit<Corridor>> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {16}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {16}}};
};

/// Trains under seeds 1, 2 and 3 by `train(parts)`, and evaluates before and after.
template <class F>
void check_learns(const F& train) {
    std::string returns;
    std::vector<double> reached;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Parts p(seed);
        train(p);
        reached.push_back(evaluate(p.actor, corridor, {.episodes = 20}).mean_return);
        returns += fmt::format("seed {}: {:.3f}  ", seed, reached.back());
    }
    INFO(returns);
    for (const double r : reached) CHECK(r == Catch::Approx(Corridor{}.best_return()));
}

}  // namespace

TEST_CASE("PPO-clip learns the corridor for every seed") {
    check_learns([](Parts& p) {
        PpoClip trainer(p.envs, p.actor, p.critic, Gae{},
                        {.horizon = 32, .minibatch = 32, .epochs = 4, .learning_rate = 1e-2});
        trainer.train({.steps = 4000});
    });
}

TEST_CASE("PPO-KL learns the corridor for every seed") {
    check_learns([](Parts& p) {
        PpoKl trainer(p.envs, p.actor, p.critic, Gae{},
                      {.horizon = 32, .minibatch = 32, .epochs = 4, .learning_rate = 1e-2});
        trainer.train({.steps = 4000});
    });
}

TEST_CASE("REINFORCE learns the corridor for every seed with any credit") {
    SECTION("reward to go and the mean of others") {
        check_learns([](Parts& p) {
            Reinforce trainer(p.envs, p.actor, RewardToGo{.baseline = Baseline::mean_of_others},
                              {.episodes = 4, .learning_rate = 1e-2});
            trainer.train({.steps = 10'000});
        });
    }
    SECTION("reward to go and a critic") {
        check_learns([](Parts& p) {
            Reinforce trainer(p.envs, p.actor, p.critic, RewardToGo{.baseline = Baseline::critic},
                              {.episodes = 4, .learning_rate = 1e-2});
            trainer.train({.steps = 10'000});
        });
    }
    SECTION("the whole return and the mean of others") {
        check_learns([](Parts& p) {
            Reinforce trainer(p.envs, p.actor, TotalReturn{.baseline = Baseline::mean_of_others},
                              {.episodes = 4, .learning_rate = 1e-2});
            trainer.train({.steps = 10'000});
        });
    }
}

TEST_CASE("An untrained actor does not walk the corridor well") {
    const Parts p(1);
    CHECK(evaluate(p.actor, corridor, {.episodes = 20, .greedy = false}).mean_return < 0.9 * Corridor{}.best_return());
}

TEST_CASE("Training stops at the wanted return and the best actor is kept") {
    Parts p(1);
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{},
                    {.horizon = 32, .minibatch = 32, .epochs = 4, .learning_rate = 1e-2});
    BestActor best(p.actor);
    const Progress last = trainer.train({.steps = 100'000}, StopAtReturn{.target = 0.9}, best);
    CHECK(!last.finished());
    CHECK(last.mean_return >= 0.9);
    CHECK(best.mean_return() >= last.mean_return);
    CHECK(evaluate(best.actor(), corridor, {.episodes = 20}).mean_return > 0.9);
}
