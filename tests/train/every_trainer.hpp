// Every trainer of the library, small and quick, with schedules that a test chooses.
#pragma once

#include <string>
#include <vector>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/train/a2c.hpp"
#include "gradiva/train/analytic_policy_gradient.hpp"
#include "gradiva/train/off_policy.hpp"
#include "gradiva/train/ppo.hpp"
#include "gradiva/train/q_lambda.hpp"
#include "gradiva/train/reinforce.hpp"
#include "gradiva/train/trpo.hpp"
#include "helpers/environments.hpp"

namespace gradiva_test {

/// For the trainers that have them.
struct Schedules {
    gradiva::Schedule learning_rate = 1e-3;
    gradiva::Schedule entropy = 0.01;
    gradiva::Schedule clip = 0.2;
    gradiva::Schedule value_clip = 0.0;
    gradiva::Schedule epsilon = 0.5;
};

inline const std::vector<std::string> trainer_names = {"PpoClip",   "PpoKl",     "A2c",
                                                       "Trpo",      "Reinforce", "Reinforce without critic",
                                                       "OffPolicy", "QLambda",   "AnalyticPolicyGradient"};

/// Steps of an iteration of every trainer but Reinforce, whose episodes are of random lengths.
inline constexpr Index iteration_steps = 4 * 20;

/// Builds the trainer of this name and calls `body(trainer, weights)`, where `weights()` copies all that it trains.
template <class Body>
void with_trainer(const std::string& name, const Schedules& s, const Body& body) {
    using namespace gradiva;
    constexpr Index horizon = 20;
    const auto copy = [](auto& actor, auto& critic) {
        return [&] {
            std::vector<float> all(actor.weights().begin(), actor.weights().end());
            all.insert(all.end(), critic.weights().begin(), critic.weights().end());
            return all;
        };
    };
    if (name == "AnalyticPolicyGradient") {
        Vectorized envs(TimeLimit(Pendulum{}, 40), {.count = 4, .seed = 5});
        Actor actor(envs, Mlp{.hidden = {4}});
        AnalyticPolicyGradient trainer(envs, actor,
                                       {.horizon = horizon, .episode = 40, .learning_rate = s.learning_rate});
        return body(trainer, copy(actor, actor));
    }
    Vectorized envs(TimeLimit(Wanderer{.terminates = 0.05, .truncates = 0.05}, 40), {.count = 4, .seed = 5});
    if (name == "QLambda") {
        Actor actor(envs, Mlp{.hidden = {4}, .layer_norm = true}, EpsilonGreedy<float>(3));
        QLambda trainer(envs, actor,
                        {.horizon = horizon, .minibatch = 40, .learning_rate = s.learning_rate, .epsilon = s.epsilon});
        return body(trainer, copy(actor, actor));
    }
    Actor actor(envs, Mlp{.hidden = {4}});
    Critic critic(envs, Mlp{.hidden = {4}});
    const auto run = [&](auto&& trainer) { body(trainer, copy(actor, critic)); };
    if (name == "PpoClip") {
        run(PpoClip(envs, actor, critic, Gae{},
                    {.clip = s.clip,
                     .horizon = horizon,
                     .minibatch = 40,
                     .epochs = 2,
                     .learning_rate = s.learning_rate,
                     .entropy = s.entropy,
                     .value_clip = s.value_clip}));
    } else if (name == "PpoKl") {
        run(PpoKl(envs, actor, critic, Gae{},
                  {.horizon = horizon,
                   .minibatch = 40,
                   .epochs = 2,
                   .learning_rate = s.learning_rate,
                   .entropy = s.entropy,
                   .value_clip = s.value_clip}));
    } else if (name == "A2c") {
        run(A2c(envs, actor, critic, Gae{.lambda = 1},
                {.horizon = horizon, .learning_rate = s.learning_rate, .entropy = s.entropy}));
    } else if (name == "Trpo") {
        run(Trpo(envs, actor, critic, Gae{},
                 {.horizon = horizon, .minibatch = 40, .critic_learning_rate = s.learning_rate}));
    } else if (name == "Reinforce") {
        run(Reinforce(envs, actor, critic, RewardToGo{.baseline = Baseline::critic},
                      {.episodes = 2, .learning_rate = s.learning_rate, .entropy = s.entropy}));
    } else if (name == "Reinforce without critic") {
        run(Reinforce(envs, actor, RewardToGo{.baseline = Baseline::mean_of_others},
                      {.episodes = 2, .learning_rate = s.learning_rate, .entropy = s.entropy}));
    } else {
        REQUIRE(name == "OffPolicy");
        run(OffPolicy(envs, actor, critic, VTrace{},
                      {.horizon = horizon, .learning_rate = s.learning_rate, .entropy = s.entropy}));
    }
}

}  // namespace gradiva_test
