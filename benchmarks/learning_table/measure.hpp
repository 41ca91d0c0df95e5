// Trains once and measures what came of it.
#pragma once

#include <gradiva/gradiva.hpp>

#include "rows.hpp"

namespace learning_table {

inline constexpr Index curve_points = 100;

/// Trains for `steps` steps and plays 100 greedy episodes of `environment`.
template <class Trainer, class E>
Result measure(Trainer& trainer, const E& environment, Index steps, std::uint64_t seed) {
    Result result;
    std::vector<double> returns;  // of each iteration
    const auto record = [&](const gradiva::Progress& progress) {
        returns.push_back(progress.mean_return);
        for (auto i = static_cast<Index>(result.curve.size()) + 1; i <= curve_points; ++i) {
            const Index at = steps * i / curve_points;
            if (progress.steps < at) break;
            result.curve.push_back({at, progress.mean_return});
        }
    };
    const gradiva::Progress last = trainer.train({.steps = steps}, record);
    result.training_return = last.mean_return;
    const std::size_t late = (returns.size() + 9) / 10;
    for (std::size_t i = returns.size() - late; i < returns.size(); ++i) {
        result.late_return += returns[i] / static_cast<double>(late);
    }
    result.steps = last.steps;
    result.seconds = last.seconds;
    result.greedy_return = gradiva::evaluate(trainer.actor(), environment, {.episodes = 100, .seed = seed}).mean_return;
    return result;
}

/// What stands around a trainer.
struct Setting {
    Index environments = 8;
    Index steps = 100'000;
};

// Networks of most rows.
inline const gradiva::Mlp mlp{.hidden = {64, 64}};
inline const gradiva::Mlp normalizing_mlp{.hidden = {64, 64}, .normalize_observations = true};

/// Gives `make_trainer(envs, actor, critic)` an actor and a critic of this network each, and measures the trainer that
/// it returns. `make_distribution(action_space)` may say what the actor samples from.
template <class E, class Network, class MakeTrainer, class MakeDistribution>
Result train_actor_critic(const E& environment, const Network& network, const Setting& setting, std::uint64_t seed,
                          const MakeTrainer& make_trainer, const MakeDistribution& make_distribution) {
    gradiva::Vectorized envs(environment, {.count = setting.environments, .seed = seed});
    gradiva::Actor actor(envs, network, make_distribution(envs.action_space()));
    gradiva::Critic critic(envs, network);
    auto trainer = make_trainer(envs, actor, critic);
    return measure(trainer, environment, setting.steps, seed);
}

template <class E, class Network, class MakeTrainer>
Result train_actor_critic(const E& environment, const Network& network, const Setting& setting, std::uint64_t seed,
                          const MakeTrainer& make_trainer) {
    return train_actor_critic(environment, network, setting, seed, make_trainer, [](const auto& space) {
        return gradiva::DistributionFor<std::remove_cvref_t<decltype(space)>, float>::make(space);
    });
}

}  // namespace learning_table
