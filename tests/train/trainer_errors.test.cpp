// What every trainer refuses, by text.
#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/optim/sgd.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/trainer.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

template <class E>
struct Parts {
    template <class Source>
    explicit Parts(const Source& source) : envs(source, {.count = 8}) {}

    auto ppo_clip(const PpoClipOptions& options, Gae gae = {}) {
        PpoClip trainer(envs, actor, critic, gae, options);
        return trainer.train({.steps = 1});
    }
    auto ppo_kl(const PpoKlOptions& options) {
        PpoKl trainer(envs, actor, critic, Gae{}, options);
        return trainer.train({.steps = 1});
    }
    template <class A>
    auto reinforce(const ReinforceOptions& options, A advantage) {
        Reinforce trainer(envs, actor, advantage, options);
        return trainer.train({.steps = 1});
    }

    Vectorized<E> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {4}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {4}}};
};

Parts<Corridor> parts() { return Parts<Corridor>(Corridor{}); }

}  // namespace

TEST_CASE("the options of the error tests are valid otherwise") {
    CHECK_NOTHROW(parts().ppo_clip({.horizon = 16, .minibatch = 128}));
    CHECK_NOTHROW(parts().ppo_kl({.horizon = 16, .minibatch = 128}));
    CHECK_NOTHROW(parts().reinforce({}, RewardToGo{}));
}

TEST_CASE("a trainer refuses a minibatch of 0 samples or of more than the rollout") {
    CHECK_THROWS_WITH(parts().ppo_clip({.minibatch = 0}),
                      "PpoClip: minibatch is 0; give a number of samples from 1 to environments x horizon (8 x 128 = "
                      "1024)");
    CHECK_THROWS_WITH(
        parts().ppo_clip({.horizon = 4, .minibatch = 33}),
        "PpoClip: minibatch is 33; give a number of samples from 1 to environments x horizon (8 x 4 = 32)");
    CHECK_THROWS_WITH(parts().ppo_kl({.minibatch = -5}), ContainsText("PpoKl: minibatch is -5; give a number"));
}

TEST_CASE("a trainer refuses a horizon, or a number of episodes, below 1") {
    CHECK_THROWS_WITH(parts().ppo_clip({.horizon = 0}), "PpoClip: horizon is 0; give at least 1 step");
    CHECK_THROWS_WITH(parts().ppo_kl({.horizon = -3}), "PpoKl: horizon is -3; give at least 1 step");
    CHECK_THROWS_WITH(parts().reinforce({.episodes = 0}, RewardToGo{}),
                      "Reinforce: episodes is 0; give at least 1 episode per environment");
}

TEST_CASE("a trainer of whole episodes takes any minibatch, as the number of its samples is not known before") {
    auto p = parts();
    const auto trained = [&p](Index episodes, Index minibatch) {
        Trainer trainer({.name = "Mine", .episodes = episodes, .minibatch = minibatch}, p.envs, p.actor, p.critic,
                        Gae{}, [&](Threads& threads) {
                            return Updater(p.actor, p.critic, PolicyGradient{}, Adam(),
                                           {.minibatch = minibatch, .epochs = 2}, threads, p.envs.seed());
                        });
        return trainer.train({.steps = 1}).episodes;
    };
    for (const Index minibatch : {Index{1}, Index{64}, Index{100'000}, all_samples}) CHECK(trained(2, minibatch) == 16);
    CHECK(trained(1, 64) == 8);
    CHECK_THROWS_WITH(trained(2, 0), "Mine: minibatch is 0; give at least 1 sample");
    CHECK_THROWS_WITH(trained(-2, 64), "Mine: episodes is -2; give at least 1 of each environment, or 0 and a horizon");
    CHECK_THROWS_WITH(trained(0, 64), "Mine: horizon is 0; give at least 1 step");
}

TEST_CASE("a trainer collects a horizon or episodes, not both") {
    auto p = parts();
    const TrainerOptions both{.name = "Mine", .horizon = 8, .episodes = 2};
    CHECK_THROWS_WITH(check_trainer(both, p.envs, p.critic, Gae{}),
                      "Mine: horizon is 8 and episodes is 2; give one of them, and 0 for the other");
}

TEST_CASE("a trainer refuses more samples and more threads than the largest numbers") {
    CHECK_THROWS_WITH(parts().ppo_clip({.horizon = std::numeric_limits<Index>::max()}),
                      "PpoClip: horizon is 9223372036854775807; give at most 137438953472 steps of each of 8 "
                      "environments");
    CHECK_THROWS_WITH(parts().ppo_clip({.horizon = 137'438'953'473}), ContainsText("horizon is 137438953473; give at"));
    CHECK_THROWS_WITH(parts().reinforce({.episodes = std::numeric_limits<Index>::max()}, RewardToGo{}),
                      ContainsText("Reinforce: episodes is 9223372036854775807; give at most 137438953472"));
    CHECK_THROWS_WITH(parts().ppo_clip({.threads = 100'000}),
                      "PpoClip: threads is 100000; give at most 1024, best as many as cores");
}

TEST_CASE("a trainer's errors on values out of range begin with its name") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(parts().ppo_clip({.learning_rate = -1e-3}),
                      "PpoClip: learning_rate is -0.001; give a number of at least 0");
    CHECK_THROWS_WITH(parts().reinforce({.learning_rate = nan}, RewardToGo{}),
                      ContainsText("Reinforce: learning_rate is nan"));
    CHECK_THROWS_WITH(parts().ppo_kl({.epochs = 0}), ContainsText("PpoKl: epochs is 0"));
    CHECK_THROWS_WITH(parts().ppo_clip({.threads = 0}), "PpoClip: threads is 0; give at least 1");
    CHECK_THROWS_WITH(parts().reinforce({.threads = -1}, RewardToGo{}), "Reinforce: threads is -1; give at least 1");
    CHECK_THROWS_WITH(parts().ppo_clip({.clip = -0.1}), ContainsText("clip is -0.1; give a number of at least 0"));
    CHECK_THROWS_WITH(parts().ppo_kl({.target = 0}), ContainsText("target is 0; give a number above 0"));
    CHECK_THROWS_WITH(parts().ppo_clip({}, Gae{.gamma = 1.5}), "Gae: gamma is 1.5; give a number from 0 to 1");
}

TEST_CASE("a trainer refuses to train for no steps") {
    auto p = parts();
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{});
    CHECK_THROWS_WITH(trainer.train({.steps = 0}), "PpoClip: steps is 0; train for at least 1 step");
    CHECK_THROWS_WITH(trainer.train({.steps = -3}), ContainsText("PpoClip: steps is -3"));
    CHECK_THROWS_WITH(trainer.train({}), ContainsText("PpoClip: steps is 0"));
}

TEST_CASE("a trainer refuses networks built for other environments") {
    auto p = parts();
    const Vectorized others(Ticker{}, {.count = 8});
    Critic wide(others, Mlp{.hidden = {4}});
    CHECK_THROWS_WITH((PpoClip(p.envs, p.actor, wide, Gae{})),
                      "PpoClip: the critic takes observations of 3 numbers, the environments give 1; build the critic "
                      "from these environments");
    Actor wide_actor(others, Mlp{.hidden = {4}});
    CHECK_THROWS_WITH((PpoClip(p.envs, wide_actor, p.critic, Gae{})),
                      ContainsText("the actor takes observations of 3 numbers, the environments give 1"));
}

TEST_CASE("without a critic only advantages that need none are accepted") {
    CHECK_THROWS_WITH(parts().reinforce({}, Gae{}), "Gae: there is no critic; give the trainer one, or use RewardToGo");
    CHECK_THROWS_WITH(parts().reinforce({}, RewardToGo{.baseline = Baseline::critic}),
                      ContainsText("RewardToGo: baseline is critic, and there is no critic"));
}

TEST_CASE("advantages of whole episodes are refused by a trainer that cuts them") {
    auto p = parts();
    PpoClip trainer(p.envs, p.actor, p.critic, TotalReturn{});
    CHECK_THROWS_WITH(trainer.train({.steps = 1}),
                      "PpoClip: iteration 1: TotalReturn: the rollout holds 128 steps cut from episodes; collect whole "
                      "episodes");
}

TEST_CASE("an error of an environment names iteration, index and field, and the weights do not change") {
    Parts<Faulty> p(one_faulty(Fault::nan_in_step, 5, 10));
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{}, {.horizon = 4, .minibatch = 32});
    std::vector<float> before;
    const auto remember = [&](const Progress&) { before.assign(p.actor.weights().begin(), p.actor.weights().end()); };
    CHECK_THROWS_WITH(
        trainer.train({.steps = 1000}, remember),
        "PpoClip: iteration 3: collect: environment 5 gave observation[0] = nan in step, or did not write "
        "it; write finite numbers");
    CHECK((before == std::vector<float>(p.actor.weights().begin(), p.actor.weights().end())));

    Parts<Faulty> q(one_faulty(Fault::infinite_reward, 2, 3));
    Reinforce reinforce(q.envs, q.actor, RewardToGo{});
    CHECK_THROWS_WITH(reinforce.train({.steps = 1000}),
                      "Reinforce: iteration 1: collect: environment 2 gave a reward of inf, or did not write it; give "
                      "a finite number");
}

TEST_CASE("a learning rate that is far too large is an error and the weights stay finite") {
    auto p = parts();
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{}, {.horizon = 16, .minibatch = 32, .learning_rate = 1e300},
                    Sgd<float>{});
    CHECK_THROWS_WITH(trainer.train({.steps = 1000}), ContainsText("PpoClip: iteration 1: update: "));
    for (const float w : p.actor.weights()) CHECK(std::isfinite(w));
    for (const float w : p.critic.weights()) CHECK(std::isfinite(w));
}
