// Every trainer of the library, small and quick, with schedules that a test chooses.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/analytic_policy_gradient.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/q_lambda.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/pendulum.hpp"
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

/// What else a test may vary; all but AnalyticPolicyGradient use it, where they have such an option.
struct Variation {
    double reward_unit = 1;
    gradiva::Index blanks = 0;         ///< observed zeros
    bool normalize_advantage = false;  ///< where that is not the default
    double value_coefficient = 0.5;
    std::function<void(std::span<float> actor, std::span<float> critic)> change_first_weights = {};
};

inline const std::vector<std::string> trainer_names = {"PpoClip",   "PpoKl",     "A2c",
                                                       "Trpo",      "Reinforce", "Reinforce without critic",
                                                       "OffPolicy", "QLambda",   "AnalyticPolicyGradient"};

/// Steps of an iteration of every trainer but Reinforce, whose episodes are of random lengths.
inline constexpr Index iteration_steps = 4 * 20;

/// Builds the trainer of this name and calls `body(trainer, weights)`, where `weights()` copies all that it trains.
template <class Body>
void with_trainer(const std::string& name, const Schedules& s, const Body& body, const Variation& v = {}) {
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
    const Wanderer wanderer{.terminates = 0.05, .truncates = 0.05, .reward_unit = v.reward_unit, .blanks = v.blanks};
    Vectorized envs(TimeLimit(wanderer, 40), {.count = 4, .seed = 5});
    if (name == "QLambda") {
        Actor actor(envs, Mlp{.hidden = {4}, .layer_norm = true}, EpsilonGreedy<float>(3));
        if (v.change_first_weights) v.change_first_weights(actor.weights(), {});
        QLambda trainer(envs, actor,
                        {.horizon = horizon, .minibatch = 40, .learning_rate = s.learning_rate, .epsilon = s.epsilon});
        return body(trainer, copy(actor, actor));
    }
    Actor actor(envs, Mlp{.hidden = {4}});
    Critic critic(envs, Mlp{.hidden = {4}});
    if (v.change_first_weights) v.change_first_weights(actor.weights(), critic.weights());
    const auto run = [&](auto&& trainer) { body(trainer, copy(actor, critic)); };
    if (name == "PpoClip") {
        run(PpoClip(envs, actor, critic, Gae{},
                    {.clip = s.clip,
                     .horizon = horizon,
                     .minibatch = 40,
                     .epochs = 2,
                     .learning_rate = s.learning_rate,
                     .entropy = s.entropy,
                     .value_coefficient = v.value_coefficient,
                     .value_clip = s.value_clip}));
    } else if (name == "PpoKl") {
        run(PpoKl(envs, actor, critic, Gae{},
                  {.horizon = horizon,
                   .minibatch = 40,
                   .epochs = 2,
                   .learning_rate = s.learning_rate,
                   .entropy = s.entropy,
                   .value_coefficient = v.value_coefficient,
                   .value_clip = s.value_clip}));
    } else if (name == "A2c") {
        run(A2c(envs, actor, critic, Gae{.lambda = 1},
                {.horizon = horizon,
                 .learning_rate = s.learning_rate,
                 .entropy = s.entropy,
                 .value_coefficient = v.value_coefficient,
                 .normalize_advantage = v.normalize_advantage}));
    } else if (name == "Trpo") {
        run(Trpo(envs, actor, critic, Gae{},
                 {.horizon = horizon, .minibatch = 40, .critic_learning_rate = s.learning_rate}));
    } else if (name == "Reinforce") {
        run(Reinforce(envs, actor, critic, RewardToGo{.baseline = Baseline::critic},
                      {.episodes = 2,
                       .learning_rate = s.learning_rate,
                       .entropy = s.entropy,
                       .value_coefficient = v.value_coefficient,
                       .normalize_advantage = v.normalize_advantage}));
    } else if (name == "Reinforce without critic") {
        run(Reinforce(envs, actor, RewardToGo{.baseline = Baseline::mean_of_others},
                      {.episodes = 2,
                       .learning_rate = s.learning_rate,
                       .entropy = s.entropy,
                       .value_coefficient = v.value_coefficient,
                       .normalize_advantage = v.normalize_advantage}));
    } else {
        REQUIRE(name == "OffPolicy");
        run(OffPolicy(envs, actor, critic, VTrace{},
                      {.horizon = horizon,
                       .learning_rate = s.learning_rate,
                       .entropy = s.entropy,
                       .value_coefficient = v.value_coefficient,
                       .normalize_advantage = v.normalize_advantage}));
    }
}

}  // namespace gradiva_test
