#include "gradiva/callbacks/best_actor.hpp"

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

using ActorType = Actor<MlpNetwork<float>, Categorical<float>>;

/// Has `actor()`, as a trainer does.
struct Shown {
    const ActorType& shown;
    const ActorType& actor() const { return shown; }
};

}  // namespace

TEST_CASE("BestActor keeps a copy of the actor of the highest mean return") {
    const Vectorized envs(Corridor{}, {.count = 1});
    Actor actor(envs, Mlp{.hidden = {}});
    BestActor best(actor);
    const Shown trainer{actor};
    CHECK(best.mean_return() == -std::numeric_limits<double>::infinity());
    const double returns[] = {none, 1, 5, 3, 5, none, 6};
    const float kept[] = {0, 1, 2, 2, 2, 2, 6};
    for (std::size_t i = 0; i < 7; ++i) {
        actor.weights()[0] = static_cast<float>(i);
        best(Progress{.algorithm = "Test", .episodes = 100, .mean_return = returns[i]}, trainer);
        CHECK(best.actor().weights()[0] == kept[i]);
    }
    CHECK(best.mean_return() == 6);
}

TEST_CASE("BestActor copies the latest actor until enough episodes have ended, and compares from then on") {
    const Vectorized envs(Corridor{}, {.count = 1});
    Actor actor(envs, Mlp{.hidden = {}});
    const Shown trainer{actor};
    const auto kept = [&](BestActor<ActorType> best) {
        std::vector<float> result;
        // A lucky start, then worse and better; two calls of train.
        const double returns[] = {none, 9, 8, 3, 2, 4, 3};
        const Index episodes[] = {0, 20, 60, 99, 100, 10, 20}, lifetime[] = {0, 20, 60, 99, 100, 110, 120};
        for (std::size_t i = 0; i < 7; ++i) {
            actor.weights()[0] = static_cast<float>(i);
            best({.algorithm = "Test",
                  .episodes = episodes[i],
                  .lifetime_episodes = lifetime[i],
                  .mean_return = returns[i]},
                 trainer);
            result.push_back(best.actor().weights()[0]);
        }
        return result;
    };
    using Kept = std::vector<float>;
    CHECK(kept(BestActor(actor)) == Kept{0, 1, 2, 3, 4, 5, 5});
    CHECK(kept(BestActor(actor, {.at_least_episodes = 100})) == Kept{0, 1, 2, 3, 4, 5, 5});
    CHECK(kept(BestActor(actor, {.at_least_episodes = 101})) == Kept{0, 1, 2, 3, 4, 5, 5});
    CHECK(kept(BestActor(actor, {.at_least_episodes = 111})) == Kept{0, 1, 2, 3, 4, 5, 6});
    CHECK(kept(BestActor(actor, {.at_least_episodes = 21})) == Kept{0, 1, 2, 2, 2, 2, 2});
    CHECK(kept(BestActor(actor, {.at_least_episodes = 20})) == Kept{0, 1, 1, 1, 1, 1, 1});
    CHECK(kept(BestActor(actor, {.at_least_episodes = 0})) == Kept{0, 1, 1, 1, 1, 1, 1});
}

TEST_CASE("BestActor has no mean return before enough episodes have ended") {
    const Vectorized envs(Corridor{}, {.count = 1});
    const Actor actor(envs, Mlp{.hidden = {}});
    BestActor best(actor, {.at_least_episodes = 10});
    best(Progress{.algorithm = "Test", .episodes = 9, .mean_return = 7}, Shown{actor});
    CHECK(best.mean_return() == -std::numeric_limits<double>::infinity());
    best(Progress{.algorithm = "Test", .episodes = 10, .mean_return = -7}, Shown{actor});
    CHECK(best.mean_return() == -7);
}

TEST_CASE("BestActor compares in a training in small calls") {
    Vectorized envs(Bandit{.rewards = {1, 3}}, {.count = 4});
    Actor actor(envs, Mlp{.hidden = {}});
    Critic critic(envs, Mlp{.hidden = {}});
    A2c trainer(envs, actor, critic, Gae{}, {.horizon = 5, .learning_rate = 0.05});  // 20 episodes in an iteration
    BestActor best(actor);
    for (Index iteration = 1; iteration <= 10; ++iteration) {
        trainer.train({.steps = 1}, best);
        CHECK((best.mean_return() > 0) == (iteration >= 5));
    }
}

TEST_CASE("BestActor refuses a negative number of episodes by name") {
    const Vectorized envs(Corridor{}, {.count = 1});
    const Actor actor(envs, Mlp{.hidden = {}});
    CHECK_THROWS_WITH(BestActor(actor, {.at_least_episodes = -1}),
                      "BestActor: at_least_episodes is -1; give a number of at least 0");
}
