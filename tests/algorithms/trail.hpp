// Records of a training, for tests of its options.
#pragma once

#include <filesystem>
#include <functional>
#include <iterator>
#include <limits>
#include <optional>
#include <vector>

#include "gradiva/core/description.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/train/progress.hpp"
#include "gradiva/train/train_loop.hpp"
#include "learn/recording_optimizer.hpp"

namespace gradiva_test {

using gradiva::Index;

/// Adam that records its arguments.
struct RecordingAdam : RecordingOptimizer {
    gradiva::Adam<float> adam;

    void step(std::span<float> weights, std::span<const float> gradient, double learning_rate) {
        RecordingOptimizer::step(weights, gradient, learning_rate);
        adam.step(weights, gradient, learning_rate);
    }
};

/// Of this process, where the system says it.
inline Index running_threads() {
    const std::filesystem::path tasks = "/proc/self/task";
    if (!std::filesystem::exists(tasks)) return std::numeric_limits<Index>::max();
    return std::distance(std::filesystem::directory_iterator(tasks), {});
}

struct Trail {
    std::vector<gradiva::Progress> reports = {};
    /// Of the optimisers: where both learn, the actor's, the critic's, and so on.
    RecordingOptimizer::Record steps = {};
    std::size_t first_steps = 0;                                ///< of them those of the first iteration with any
    std::vector<float> actor = {}, critic = {};                 ///< their weights after that iteration
    std::vector<float> weights = {};                            ///< of both at the end
    std::vector<float> reward = {}, next_value = {};            ///< of the last rollout, where the trainer shows it
    std::vector<float> value_target = {};                       ///< of the same
    Index threads = 0;                                          ///< of the process while the trainer lives
    double epsilon = std::numeric_limits<double>::quiet_NaN();  ///< of the policy at the end, where it has one
    std::optional<gradiva::Description> description = {};       ///< what the trainer says it is; none of an update
};

inline constexpr const gradiva::NoCritic* no_critic = nullptr;

/// Trains until `iterations` reports have come.
template <class Trainer, class Actor, class Critic>
Trail follow(Trainer&& trainer, const RecordingAdam& optimizer, const Actor& actor, const Critic* critic,
             Index iterations = 8) {
    Trail trail;
    trail.threads = running_threads();
    const auto copy = [&](std::vector<float>& of_actor, std::vector<float>& of_critic) {
        of_actor.assign(actor.weights().begin(), actor.weights().end());
        if constexpr (gradiva::has_critic<Critic>) {
            of_critic.assign(critic->weights().begin(), critic->weights().end());
        }
    };
    const std::function<bool(const gradiva::Progress&)> look = [&](const gradiva::Progress& progress) {
        if (trail.first_steps == 0) {
            trail.first_steps = optimizer.record->gradients.size();
            copy(trail.actor, trail.critic);
        }
        trail.reports.push_back(progress);
        return static_cast<Index>(trail.reports.size()) < iterations;
    };
    trail.description = trainer.describe();
    trainer.train({.steps = 100'000}, look);
    std::vector<float> of_critic;
    copy(trail.weights, of_critic);
    trail.weights.insert(trail.weights.end(), of_critic.begin(), of_critic.end());
    trail.steps = *optimizer.record;
    if constexpr (requires { trainer.rollout(); }) {
        const auto keep = [](const auto& matrix, std::vector<float>& values) {
            values.assign(matrix.data(), matrix.data() + matrix.matrix().size());
        };
        keep(trainer.rollout().reward, trail.reward);
        keep(trainer.rollout().next_value, trail.next_value);
        keep(trainer.rollout().value_target, trail.value_target);
    }
    if constexpr (requires { actor.distribution().epsilon(); }) trail.epsilon = actor.distribution().epsilon();
    return trail;
}

}  // namespace gradiva_test
