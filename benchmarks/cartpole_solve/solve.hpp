// Trains until CartPole is solved.
#pragma once

#include <optional>

#include "../common/stopwatch.hpp"
#include "greedy_test.hpp"

namespace cartpole_solve {

/// How a training went.
struct Outcome {
    bool solved = false;
    Index steps = 0;  ///< of all environments together
    Index tests = 0;  ///< times that the policy was tested, probes that failed included
    double build_seconds = 0;
    double train_seconds = 0;
    double test_seconds = 0;
};

/// Environments, actor and critic, and their training.
class Training {
public:
    Training(const Setting& setting, std::uint64_t seed) : setting_(setting), seed_(seed) {}

    Outcome solve() {
        gradiva_bench::Stopwatch watch;
        Outcome outcome;
        parts_.emplace(setting_, seed_);
        gradiva::PpoClip trainer(parts_->envs, parts_->actor, parts_->critic, setting_.gae(), setting_.ppo_options());
        outcome.build_seconds = watch.lap();
        trainer.train({.steps = most_steps}, [&](const gradiva::Progress& progress, const auto& now) {
            outcome.train_seconds += watch.lap();
            outcome.steps = progress.steps;
            outcome.solved = looks_good(now.rollout()) && passes_test(outcome.tests++);
            outcome.test_seconds += watch.lap();
            return !outcome.solved;
        });
        return outcome;
    }

    /// What `solve` has trained.
    const auto& actor() const { return parts_->actor; }

private:
    using Actor = gradiva::Actor<gradiva::MlpNetwork<float>, gradiva::Categorical<float>>;
    using Critic = gradiva::Critic<gradiva::MlpNetwork<float>>;

    struct Parts {
        Parts(const Setting& setting, std::uint64_t seed)
            : envs({.count = setting.environments, .seed = seed, .limit = limit}), actor(envs, setting.mlp()),
              critic(envs, setting.mlp()) {}

        gradiva::CartPoleBatch envs;
        Actor actor;
        Critic critic;
    };

    bool looks_good(const gradiva::Rollout<float>& rollout) const {
        const auto ended = static_cast<Index>(rollout.finished.size());
        return rollout.sample_count() >= setting_.test_from_length * ended;
    }

    bool passes_test(Index test) {
        return GreedyTest(actor(), setting_.probe_episodes, fresh_seed(2 * test)).passed() &&
               GreedyTest(actor(), solved_episodes, fresh_seed(2 * test + 1)).passed();
    }

    /// Of streams that neither the training, whose seeds are below 2^32, nor another test reads.
    std::uint64_t fresh_seed(Index number) const { return (static_cast<std::uint64_t>(number + 1) << 32) | seed_; }

    const Setting& setting_;
    std::uint64_t seed_;
    std::optional<Parts> parts_;
};

}  // namespace cartpole_solve
