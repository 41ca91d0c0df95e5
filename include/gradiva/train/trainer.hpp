#pragma once

#include <chrono>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gradiva/optim/adam.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/train/estimate.hpp"
#include "gradiva/train/progress.hpp"
#include "gradiva/train/update.hpp"

namespace gradiva {

struct TrainOptions {
    Index steps = 0;  ///< of all environments together, at least 1; rounded up to whole iterations
};

/// How a trainer collects; one of the two is 0.
struct CollectOptions {
    Index horizon = 0;   ///< steps of each environment per iteration
    Index episodes = 0;  ///< whole episodes of each environment per iteration
};

/// Collect, estimate, update, report, and again. Every on-policy algorithm here is this loop with another surrogate,
/// another way to collect and other defaults. Borrows environments, actor and critic, which must outlive it.
template <VectorEnv V, Policy A, class C, Advantage Adv, Surrogate S, class O>
class Trainer {
    static_assert(Optimizer<O, typename A::Scalar>,
                  "gradiva: the optimiser needs step(weights, gradient, learning_rate) on spans of the actor's scalar");

public:
    using Scalar = typename A::Scalar;

    Trainer(std::string_view name, V& envs, A& actor, C& critic, Adv advantage, S surrogate, O optimizer,
            const CollectOptions& collect, const UpdateOptions& update, Index threads)
        : name_(name), collect_options_(collect), advantage_(std::move(advantage)),
          threads_(checked(name, envs, critic, advantage_, collect, update, threads)), actor_(actor),
          rollout_(envs, actor), collect_(envs, actor, threads_), estimate_(critic, threads_),
          update_(actor, critic, std::move(surrogate), std::move(optimizer), update, threads_, envs.seed()) {}

    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Trains until `steps` are done or a callback returns false; returns the last report. Callbacks are called after
    /// each iteration with `(const Progress&)` or `(const Progress&, const Trainer&)`. Calling again goes on from
    /// there. Throws `Error` when an environment or the learning leaves finite numbers, and whatever an environment
    /// throws; the weights are then those of the last whole iteration.
    template <class... Callbacks>
    Progress train(const TrainOptions& options, Callbacks&&... callbacks) {
        require(options.steps >= 1, "{}: steps is {}; train for at least 1 step", name_, options.steps);
        const auto start = std::chrono::steady_clock::now();
        Progress progress{.algorithm = name_, .total_steps = options.steps};
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
    const S& surrogate() const { return update_.surrogate(); }

private:
    static Index checked(std::string_view name, const V& envs, const C& critic, const Adv& advantage,
                         const CollectOptions& collect, const UpdateOptions& update, Index threads) {
        const Index n = envs.size();
        require(collect.episodes >= 1 || collect.horizon >= 1, "{}: {} is {}; give at least 1 {}", name,
                collect.episodes != 0 ? "episodes" : "horizon",
                collect.episodes != 0 ? collect.episodes : collect.horizon,
                collect.episodes != 0 ? "episode per environment" : "step");
        require(update.minibatch == all_samples || (update.minibatch >= 1 && update.minibatch <= n * collect.horizon),
                "{}: minibatch is {}; give a number of samples from 1 to environments x horizon ({} x {} = {})", name,
                update.minibatch, n, collect.horizon, n * collect.horizon);
        update.check(name);
        require(threads >= 1, "{}: threads is {}; give at least 1", name, threads);
        advantage.check(has_critic<C>);
        if constexpr (has_critic<C>) {
            require(critic.observation_size() == envs.observation_space().size,
                    "{}: the critic takes observations of {} numbers, the environments give {}; build the critic from "
                    "these environments",
                    name, critic.observation_size(), envs.observation_space().size);
        }
        return threads;
    }

    void iterate(Progress& progress) {
        ++iteration_;
        try {
            const double fraction = static_cast<double>(progress.steps) / static_cast<double>(progress.total_steps);
            if (collect_options_.episodes > 0) {
                collect_.episodes(rollout_, collect_options_.episodes);
            } else {
                collect_.steps(rollout_, collect_options_.horizon);
            }
            estimate_(rollout_, advantage_);
            if constexpr (requires(const S& s) { s.kl_coefficient(); }) {
                progress.kl_coefficient = surrogate().kl_coefficient();
            }
            report(update_(rollout_, fraction), progress);
        } catch (const Error& error) {
            fail("{}: iteration {}: {}", name_, iteration_, error.what());
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
        progress.clip_fraction = update.clip_fraction;
        progress.gradient_norm = update.gradient_norm;
        progress.learning_rate = update.learning_rate;
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

    std::string_view name_;
    CollectOptions collect_options_;
    Adv advantage_;
    Threads threads_;
    A& actor_;
    Rollout<Scalar> rollout_;
    Collector<V, A> collect_;
    Estimator<C> estimate_;
    Updater<A, C, S, O> update_;
    Index iteration_ = 0;
    RecentMean returns_;
    RecentMean lengths_;
};

}  // namespace gradiva
