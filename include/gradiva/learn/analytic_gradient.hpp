#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradiva/core/failure.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/core/visit_part.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "gradiva/env/differentiable_env.hpp"
#include "gradiva/learn/detail/trajectory.hpp"
#include "gradiva/optim/clip_norm.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/rollout.hpp"

// For a differentiable model s' = f(s, a), r(s, a), the return of reparameterised actions a_t = mean(s_t) + sigma
// noise_t is a differentiable function of the weights theta. Its gradient follows by the adjoint method, with the
// adjoint state lambda_t = dL/ds_t:
//   L = -(1 / N) sum over environments of sum_{t < T} gamma^t r(s_t, a_t),
//   lambda_T = 0,   dL/da_t = (df/da)^T lambda_{t+1} + dr/da dL/dr_t,
//   lambda_t = (df/ds)^T lambda_{t+1} + dr/ds dL/dr_t + (da_t/ds_t)^T dL/da_t,   dL/dtheta += (da_t/dtheta)^T dL/da_t.
// Sources: Werbos, "Backpropagation through time: what it does and how to do it", 1990; Heess et al., "Learning
// Continuous Control Policies by Stochastic Value Gradients", 2015, where this is SVG(infinity).

namespace GRADIVA_NAMESPACE {

/// A distribution with reparameterised samples: differentiable functions of its parameters and of noise; see
/// `DiagonalGaussian`.
template <class D>
concept Reparameterised = Distribution<D> &&
    requires(const D& d, const typename D::Tape& tape, std::span<Rng> rng, MatrixRef<typename D::Scalar> out,
             ConstMatrixRef<typename D::Scalar> given, std::span<typename D::Scalar> flat) {
    d.draw_noise(rng, out);
    d.reparameterise(tape, given, out);
    d.reparameterised_backward(tape, given, given, out, flat);
};

/// A policy of a `ModuleWithInputGradient` and a `Reparameterised` distribution.
template <class A>
concept ReparameterisedPolicy = Policy<A> && requires(const A& actor) {
    requires ModuleWithInputGradient<std::remove_cvref_t<decltype(actor.network())>>;
    requires Reparameterised<std::remove_cvref_t<decltype(actor.distribution())>>;
};

/// Options of `AnalyticGradient`.
struct AnalyticGradientOptions {
    Index horizon = 32;                          ///< T: steps that are differentiated through, at least 1
    Index episode = 0;                           ///< steps between resets of all environments; 0: the horizon
    double gamma = 0.99;                         ///< discount, in [0, 1], counted from the start of each horizon
    bool sample = true;                          ///< act by samples; false: by the mean, and sigma is not learned
    std::string_view name = "AnalyticGradient";  ///< prefix of error messages

    /// Throws `Error` on a value out of range.
    void check() const {
        require(horizon >= 1, "{}: horizon is {}; give at least 1 step", name, horizon);
        require(episode >= 0, "{}: episode is {}; give at least 1 step, or 0 for the horizon", name, episode);
        require(gamma >= 0 && gamma <= 1, "{}: gamma is {}; give a number in [0, 1]", name, gamma);
    }

    void visit_state(State& state) {
        state("horizon", horizon);
        state("episode", episode);
        state("gamma", gamma);
        state("sample", sample);
    }
};

/// The loss of a policy in differentiable environments, and its gradient by backpropagation through time, `horizon`
/// steps per call. The environments continue from one call to the next, all at the same time step; the gradient is
/// truncated at the beginning of the call. No bit depends on the number of threads. Environments with metrics (see
/// `Env`) are stepped beside their models, with the same actions, rounded to float. Borrows actor and threads.
template <DifferentiableEnv E, ReparameterisedPolicy A>
class AnalyticGradient {
public:
    using Scalar = typename A::Scalar;

    /// The results of one call.
    struct Report {
        double loss = 0;     ///< minus the mean over environments of the sum of discounted rewards
        double entropy = 0;  ///< of the policy, mean over the samples
        Index steps = 0;     ///< of all environments together
    };

    /// Initial states of environment n are drawn from the stream (seed, Purpose::environment, n), noise from (seed,
    /// Purpose::action, n). Throws `Error` on options out of range, and when the actor does not fit the environments
    /// or normalises observations.
    AnalyticGradient(std::vector<E> envs, const A& actor, const AnalyticGradientOptions& options, Threads& threads,
                     std::uint64_t seed)
        : models_{std::move(envs), actor, options.horizon, options.gamma, options.sample}, options_(options),
          threads_(threads) {
        options.check();
        check_models();
        const auto n = static_cast<Index>(models_.envs.size());
        for (Index i = 0; i < n; ++i) {
            models_.env_rngs.emplace_back(seed, Purpose::environment, static_cast<std::uint64_t>(i));
            models_.action_rngs.emplace_back(seed, Purpose::action, static_cast<std::uint64_t>(i));
        }
        models_.running.assign(n, FinishedEpisode{});
        finished_.reserve(n);
        const Index shards = std::min(most_shards, pieces_of(n, environments_per_shard));
        trajectories_.resize(shards);
        for (Index s = 0; s < shards; ++s) trajectories_[s].resize(models_, piece(n, shards, s));
    }

    AnalyticGradient(const AnalyticGradient&) = delete;
    AnalyticGradient& operator=(const AnalyticGradient&) = delete;

    /// Simulates `horizon` steps, or fewer to the end of the episode, and writes dL/dweights to `gradient`, of the size
    /// of the weights. Throws `Error` when an observation or a reward is not finite; the next call then resets all
    /// environments.
    Report operator()(std::span<Scalar> gradient) {
        GRADIVA_ASSERT(gradient.size() == models_.actor.weights().size());
        finished_.clear();
        metrics_.resize(metric_count<E>, 0);
        const Index steps = std::min(options_.horizon, episode_length() - age_);
        const auto differentiate = [&](Trajectory& trajectory, Index) {
            if (age_ == 0) trajectory.reset();
            trajectory.forward(steps);
            trajectory.backward(steps);
        };
        undo_unless_done(
            [&] {
                trajectories_.run(threads_, trajectories_.size(), differentiate);
                if (age_ + steps == episode_length()) take_metrics();
            },
            [&] { begin_episodes(); });
        end_step(steps);
        return sum(steps, gradient);
    }

    /// The episodes that ended in the last call.
    const Buffer<FinishedEpisode>& finished() const { return finished_; }
    /// Their metrics, K x finished.
    const MatrixBuffer<double>& metrics() const { return metrics_; }

    /// Random streams, and where the environments stand; of the environments themselves what they show. Throws `Error`
    /// where the time step that is restored is none of an episode.
    void visit_state(State& state) {
        state.fixed("options", options_);
        state.each("streams", static_cast<Index>(models_.envs.size()), [&](Index i) {
            state("environment", models_.env_rngs[to_size(i)]);
            state("action", models_.action_rngs[to_size(i)]);
        });
        if (state.restarts_episodes()) {
            if (state.restores()) begin_episodes();
            return;
        }
        state("age", age_);
        require(age_ >= 0 && age_ < episode_length(), "{}: age is {} steps, of episodes of {}", options_.name, age_,
                episode_length());
        state.each("environments", static_cast<Index>(models_.envs.size()), [&](Index i) {
            state("running", models_.running[i]);
            visit_part(state, "model", models_.envs[to_size(i)]);
        });
        state.each("states", trajectories_.size(), [&](Index s) { trajectories_[s].visit_state(state); });
    }

private:
    using Trajectory = detail::Trajectory<E, A>;

    static constexpr Index environments_per_shard = 16;  // columns of a pass: enough for efficient matrix products

    void check_models() {
        require(!models_.envs.empty(), "{}: there are 0 environments; give at least 1", options_.name);
        const E& env = models_.envs.front();
        const A& actor = models_.actor;
        models_.space = env.action_space();
        const Index observed = env.observation_space().size, reals = models_.space.size;
        require(actor.observation_size() == observed && actor.action_shape().integers == 0 &&
                    actor.action_shape().reals == reals,
                "{}: the actor takes {} numbers and gives {}, the environments show {} and take {}; build the actor "
                "from these environments",
                options_.name, actor.observation_size(), actor.action_shape().reals, observed, reals);
        if constexpr (requires { actor.network(); }) {
            require(!normalizes(actor.network()),
                    "{}: the actor normalises observations by moments that only rollouts move; build it without "
                    "normalize_observations",
                    options_.name);
        }
    }

    Index episode_length() const { return options_.episode > 0 ? options_.episode : options_.horizon; }

    /// The next call resets all environments.
    void begin_episodes() {
        age_ = 0;
        std::fill(models_.running.begin(), models_.running.end(), FinishedEpisode{});
    }

    /// Asks each environment, where they have metrics, for those of the episode that ends.
    void take_metrics() {
        if constexpr (metric_count<E> != 0) {
            metrics_.resize(metric_count<E>, static_cast<Index>(models_.envs.size()));
            metrics_.matrix().setConstant(std::numeric_limits<double>::quiet_NaN());
            for (Index n = 0; n < metrics_.cols(); ++n) {
                std::as_const(models_.envs[to_size(n)]).metrics(metrics_.column(n));
                for (Index k = 0; k < metrics_.rows(); ++k) {
                    require(std::isfinite(metrics_(k, n)),
                            "environment {} gave metric {} = {} at the end of an episode, or did not write it; write "
                            "finite numbers",
                            n, metric_names_of<E>()[to_size(k)], metrics_(k, n));
                }
            }
        }
    }

    /// The states that were reached become those of time 0; at the end of an episode the next call resets them.
    void end_step(Index steps) {
        age_ += steps;
        trajectories_.for_each([&](Trajectory& trajectory) { trajectory.continue_from(steps); });
        if (age_ < episode_length()) return;
        for (Index n = 0; n < models_.running.size(); ++n) {
            finished_.push_back({.environment = n, .reward_sum = models_.running[n].reward_sum, .length = age_});
            models_.running[n] = {};
        }
        age_ = 0;
    }

    Report sum(Index steps, std::span<Scalar> gradient) {
        const auto n = static_cast<double>(models_.envs.size());
        Report report{.steps = steps * static_cast<Index>(models_.envs.size())};
        add_up(trajectories_, gradient);
        trajectories_.for_each([&](const Trajectory& trajectory) {
            report.loss += trajectory.loss / n;
            report.entropy += trajectory.entropy_sum / static_cast<double>(report.steps);
        });
        return report;
    }

    detail::Models<E, A> models_;
    AnalyticGradientOptions options_;
    Threads& threads_;
    Index age_ = 0;  // steps since the last reset
    Buffer<FinishedEpisode> finished_;
    MatrixBuffer<double> metrics_;  // K x finished
    ShardedSum<Trajectory> trajectories_;
};

}  // namespace GRADIVA_NAMESPACE
