#pragma once

#include <chrono>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/train/estimate.hpp"
#include "gradiva/train/progress.hpp"
#include "gradiva/train/update_options.hpp"

namespace gradiva {

struct TrainOptions {
    Index steps = 0;  ///< of all environments together, at least 1; rounded up to whole iterations
};

/// What every trainer has to know besides its parts.
struct TrainerOptions {
    std::string_view name;          ///< who speaks in reports and error messages
    Index horizon = 0;              ///< steps of each environment per iteration
    Index episodes = 0;             ///< instead of a horizon: whole episodes of each environment per iteration
    Index minibatch = all_samples;  ///< at most environments x horizon
    Index threads = 1;
};

/// Collect, estimate, update, report, and again. Every on-policy algorithm here is this loop with another update,
/// another way to collect and other defaults. An update is called with `(rollout, progress)` and returns an
/// `UpdateReport`. Borrows environments, actor and critic, which must outlive it.
template <VectorEnv V, Policy A, class C, Advantage Adv, class Update>
class Trainer {
public:
    using Scalar = typename A::Scalar;

    /// `make_update(Threads&)` makes the update, which may borrow the threads.
    template <class MakeUpdate>
    Trainer(const TrainerOptions& options, V& envs, A& actor, C& critic, Adv advantage, const MakeUpdate& make_update)
        : options_(checked(options, envs, critic, advantage)), advantage_(std::move(advantage)),
          threads_(options.threads), actor_(actor), rollout_(envs, actor), collect_(envs, actor, threads_),
          estimate_(critic, threads_), update_(make_update(threads_)) {}

    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Trains until `steps` are done or a callback returns false; returns the last report. Callbacks are called after
    /// each iteration with `(const Progress&)` or `(const Progress&, const Trainer&)`. Calling again goes on from
    /// there. Throws `Error` when an environment or the learning leaves finite numbers, and whatever an environment
    /// throws; the weights are then those of the last whole iteration.
    template <class... Callbacks>
    Progress train(const TrainOptions& options, Callbacks&&... callbacks) {
        require(options.steps >= 1, "{}: steps is {}; train for at least 1 step", options_.name, options.steps);
        const auto start = std::chrono::steady_clock::now();
        Progress progress{.algorithm = options_.name, .total_steps = options.steps};
        bool go_on = true;
        while (go_on && !progress.finished()) {
            iterate(progress);
            progress.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
            progress.steps_per_second = static_cast<double>(progress.steps) / progress.seconds;
            ((go_on = call(callbacks, progress) && go_on), ...);
        }
        return progress;
    }

    const A& actor() const { return actor_; }
    const Rollout<Scalar>& rollout() const { return rollout_; }
    const Update& update() const { return update_; }

private:
    static const TrainerOptions& checked(const TrainerOptions& options, const V& envs, const C& critic,
                                         const Adv& advantage) {
        const auto& [name, horizon, episodes, minibatch, threads] = options;
        const Index n = envs.size();
        require(episodes >= 1 || horizon >= 1, "{}: horizon is {}; give at least 1 step", name, horizon);
        require(minibatch == all_samples || (minibatch >= 1 && minibatch <= n * horizon),
                "{}: minibatch is {}; give a number of samples from 1 to environments x horizon ({} x {} = {})", name,
                minibatch, n, horizon, n * horizon);
        require(threads >= 1, "{}: threads is {}; give at least 1", name, threads);
        advantage.check(has_critic<C>);
        if constexpr (has_critic<C>) {
            require(critic.observation_size() == envs.observation_space().size,
                    "{}: the critic takes observations of {} numbers, the environments give {}; build the critic from "
                    "these environments",
                    name, critic.observation_size(), envs.observation_space().size);
        }
        return options;
    }

    void iterate(Progress& progress) {
        ++iteration_;
        try {
            const double fraction = static_cast<double>(progress.steps) / static_cast<double>(progress.total_steps);
            if (options_.episodes > 0) {
                collect_.episodes(rollout_, options_.episodes);
            } else {
                collect_.steps(rollout_, options_.horizon);
            }
            estimate_(rollout_, advantage_);
            report(update_(rollout_, fraction), progress);
        } catch (const Error& error) {
            fail("{}: iteration {}: {}", options_.name, iteration_, error.what());
        }
    }

    void report(const UpdateReport& update, Progress& progress) {
        for (const FinishedEpisode& episode : rollout_.finished) {
            returns_.add(episode.reward_sum);
            lengths_.add(static_cast<double>(episode.length));
        }
        progress.iteration = iteration_;
        progress.steps += rollout_.sample_count();
        progress.episodes += rollout_.finished.size();
        progress.mean_return = returns_.mean();
        progress.mean_length = lengths_.mean();
        progress.surrogate_loss = update.surrogate_loss;
        progress.value_loss = update.value_loss;
        progress.explained_variance = explained_variance(rollout_);
        progress.entropy = update.entropy;
        progress.approximate_kl = update.approximate_kl;
        progress.mean_kl = update.mean_kl;
        progress.kl_coefficient = update.kl_coefficient;
        progress.clip_fraction = update.clip_fraction;
        progress.gradient_norm = update.gradient_norm;
        progress.learning_rate = update.learning_rate;
        progress.step_fraction = update.step_fraction;
        progress.rejected_steps = update.rejected_steps;
    }

    template <class Callback>
    bool call(Callback& callback, const Progress& progress) const {
        static_assert(
            std::invocable<Callback&, const Progress&> || std::invocable<Callback&, const Progress&, const Trainer&>,
            "gradiva: a callback of train takes (const Progress&) or (const Progress&, const Trainer&)");
        const auto invoke = [&]() -> decltype(auto) {
            if constexpr (std::invocable<Callback&, const Progress&, const Trainer&>) {
                return callback(progress, *this);
            } else {
                return callback(progress);
            }
        };
        if constexpr (std::is_void_v<decltype(invoke())>) {
            invoke();
            return true;
        } else {
            return invoke();
        }
    }

    TrainerOptions options_;
    Adv advantage_;
    Threads threads_;
    A& actor_;
    Rollout<Scalar> rollout_;
    Collector<V, A> collect_;
    Estimator<C> estimate_;
    Update update_;
    Index iteration_ = 0;
    RecentMean returns_;
    RecentMean lengths_;
};

}  // namespace gradiva
