// What is trained until it solves CartPole-v1, and when it counts as solved.
#pragma once

#include <array>
#include <gradiva/gradiva.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace cartpole_solve {

using gradiva::Index;

/// An episode ends after so many steps, each rewarded with 1.
inline constexpr Index limit = 500;

/// Solved: this mean return of the greedy policy over so many episodes.
inline constexpr Index solved_return = 475;
inline constexpr Index solved_episodes = 100;

/// A training that takes more steps has failed.
inline constexpr Index most_steps = 200'000;

/// A network for actor and critic, and how it is trained: PPO-clip, Adam. What is not named is the library's default.
/// Tuned on seeds from 101 on, for the median time until solved.
struct Setting {
    std::string_view name;
    std::vector<Index> hidden;  ///< tanh
    Index horizon;
    double learning_rate;
    Index environments = 4;
    Index minibatch = 48;
    Index epochs = 1;
    double clip = 0.5;
    double entropy = 0.02;
    double gamma = 0.99;
    double lambda = 0.95;

    // When to look whether it is solved: the last rollout has at least `test_from_length` steps per episode that ended
    // in it, and `probe_episodes` greedy episodes reach the goal. Actions are sampled while training, so that the
    // greedy policy is good long before the rollouts are.
    Index test_from_length = 80;
    Index probe_episodes = 4;

    gradiva::Mlp mlp() const { return {.hidden = hidden}; }
    gradiva::Gae gae() const { return {.gamma = gamma, .lambda = lambda}; }
    gradiva::PpoClipOptions ppo_options() const {
        return {.clip = clip,
                .horizon = horizon,
                .minibatch = minibatch,
                .epochs = epochs,
                .learning_rate = learning_rate,
                .entropy = entropy};
    }
};

inline const std::array<Setting, 2> settings{
    Setting{.name = "chosen", .hidden = {16}, .horizon = 96, .learning_rate = 1.5e-2},
    Setting{.name = "64-64", .hidden = {64, 64}, .horizon = 48, .learning_rate = 4e-3},
};

/// Calls `visit(name, value)` for all of them but the network.
template <class Visitor>
void for_each_hyperparameter(const Setting& setting, Visitor&& visit) {
    visit("environments", setting.environments);
    visit("horizon", setting.horizon);
    visit("minibatch", setting.minibatch);
    visit("epochs", setting.epochs);
    visit("learning_rate", setting.learning_rate);
    visit("clip", setting.clip);
    visit("entropy", setting.entropy);
    visit("gamma", setting.gamma);
    visit("lambda", setting.lambda);
    visit("test_from_length", setting.test_from_length);
    visit("probe_episodes", setting.probe_episodes);
}

}  // namespace cartpole_solve
