#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradiva/core/check_thread_count.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/schedule.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/env/describe_environments.hpp"
#include "gradiva/env/saved_env.hpp"
#include "gradiva/learn/analytic_gradient.hpp"
#include "gradiva/learn/revertible.hpp"
#include "gradiva/learn/saved_weights.hpp"
#include "gradiva/learn/trainer_parts.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/learn/update_report.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/optim/clip_norm.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/train/progress.hpp"
#include "gradiva/train/train_loop.hpp"

// Gradient descent on L = -(1 / N) sum over environments of sum_{t < T} gamma^t r(s_t, a_t), whose gradient is computed
// by backpropagation through the model: see `AnalyticGradient`.

namespace GRADIVA_NAMESPACE {

/// Hyperparameters of `AnalyticPolicyGradient`.
struct AnalyticOptions {
    Index horizon = 32;             ///< steps of each environment per iteration that are differentiated through
    Index episode = 0;              ///< steps between resets of all environments; 0: the horizon
    double gamma = 0.99;            ///< discount, in [0, 1], counted from the start of each horizon
    bool sample = true;             ///< act by samples; false: by the mean, and sigma is not learned
    Schedule learning_rate = 1e-3;  ///< at least 0
    double max_gradient_norm = 1;   ///< 0: no clipping
    Index threads = 1;              ///< number of threads; no result depends on it
};

/// An update of `AnalyticPolicyGradient`: one gradient step with the analytic gradient of the next `horizon` steps.
/// Throws `Error` when a number of the model, the gradient or the weights is not finite; weights and optimiser are then
/// restored. Borrows actor and threads.
template <DifferentiableEnv E, ReparameterisedPolicy A, Optimizer<typename A::Scalar> O>
class AnalyticUpdate {
public:
    using Scalar = typename A::Scalar;

    AnalyticUpdate(std::vector<E> envs, A& actor, O optimizer, const AnalyticOptions& options, Threads& threads,
                   std::uint64_t seed)
        : actor_(actor), optimizer_(std::move(optimizer)), options_(update_options(name, options)),
          gradient_of_(std::move(envs), actor,
                       {.horizon = options.horizon,
                        .episode = options.episode,
                        .gamma = options.gamma,
                        .sample = options.sample,
                        .name = name},
                       threads, seed),
          gradient_(static_cast<Index>(actor.weights().size())) {
        options_.check();
    }

    /// `progress`, from 0 to 1, is the position in the learning rate's schedule.
    UpdateReport operator()(double progress = 0) {
        return commit_or_revert(
            [&] {
                return saved_.restore_on_failure(actor_.weights(),
                                                 [&] { return descend(options_.learning_rate(progress)); });
            },
            optimizer_);
    }

    Index steps() const { return steps_; }  ///< of all environments together, in the last update
    const Buffer<FinishedEpisode>& finished() const { return gradient_of_.finished(); }  ///< in the last update
    const MatrixBuffer<double>& metrics() const { return gradient_of_.metrics(); }       ///< of these, K x finished

    /// Between updates.
    void visit_state(State& state) {
        state.fixed("options", options_);
        visit_optimizer<Scalar>(state, optimizer_);
        state("gradient", gradient_of_);
    }
    static consteval bool explain_saved() { return explain_saved_optimizer<O, Scalar>(); }

private:
    static constexpr std::string_view name = "AnalyticPolicyGradient";

    UpdateReport descend(double learning_rate) {
        const auto report = gradient_of_(gradient_.span());
        steps_ = report.steps;
        project_gradient(actor_, gradient_.span());
        const double norm = norm_of<Scalar>(gradient_.span());
        require(std::isfinite(norm),
                "update: the actor's gradient is not finite; shorten the horizon, or lower the "
                "learning rate");
        clip(gradient_.span(), norm, options_.max_gradient_norm);
        optimizer_->step(actor_.weights(), std::as_const(gradient_).span(), learning_rate);
        require_finite_weights<Scalar>(actor_.weights(), "actor");
        return {.surrogate_loss = report.loss,
                .entropy = report.entropy,
                .gradient_norm = norm,
                .learning_rate = learning_rate};
    }

    A& actor_;
    Revertible<O> optimizer_;
    UpdateOptions options_;
    AnalyticGradient<E, A> gradient_of_;
    Buffer<Scalar> gradient_;
    SavedWeights<Scalar> saved_;
    Index steps_ = 0;
};

namespace detail {

/// The type of the environments in a `VectorEnv` such as `Vectorized`, without a `TimeLimit` around it; a compile-time
/// error if it is not a `DifferentiableEnv`.
template <class V>
struct ModelWithin {
    static_assert(
        requires(const V& envs) { envs[Index{}]; },
        "gradiva: AnalyticPolicyGradient needs environments of which envs[i] is one, such as Vectorized");
    using Type = std::remove_cvref_t<decltype(within_time_limit(std::declval<const V&>()[Index{}]))>;
    static_assert(DifferentiableEnv<Type>,
                  "gradiva: AnalyticPolicyGradient needs a DifferentiableEnv: Box actions, and a step that can be "
                  "differentiated");
};

}  // namespace detail

/// Trains a policy by the analytic gradient of the return, in copies of the environments of `envs`, which itself is not
/// stepped; copies with metrics are stepped beside their models (see `AnalyticGradient`). A `TimeLimit` around them is
/// removed: the option `episode` takes its place. Borrows the actor, which must
/// outlive it.
template <ExplainedVectorEnv V, ExplainedPolicy A, ExplainedOptimizer<ScalarOfActor<A>> O = Adam<ScalarOfActor<A>>>
class AnalyticPolicyGradient {
    using Model = typename detail::ModelWithin<V>::Type;
    static_assert(!HasMemory<A>,
                  "gradiva: AnalyticPolicyGradient carries no memory: its actor needs a network without state_size(), "
                  "such as Mlp");
    static_assert(
        ReparameterisedPolicy<A>,
        "gradiva: AnalyticPolicyGradient needs an actor whose samples can be differentiated, such as one with "
        "a DiagonalGaussian (draw_noise, reparameterise and reparameterised_backward, const), over a network with "
        "backward(tape, dY, gradient, dX) const");

public:
    /// Throws `Error` on options out of range, and where actor and environments do not fit.
    AnalyticPolicyGradient(V& envs, A& actor, const AnalyticOptions& options = {}, O optimizer = {})
        : loop_("AnalyticPolicyGradient", metric_names_of<Model>()),
          threads_(check_thread_count("AnalyticPolicyGradient", options.threads)), envs_(envs), actor_(actor),
          update_(models_in(envs), actor, std::move(optimizer), options, threads_, envs.seed()) {}

    AnalyticPolicyGradient(const AnalyticPolicyGradient&) = delete;
    AnalyticPolicyGradient& operator=(const AnalyticPolicyGradient&) = delete;

    /// As `Trainer::train`.
    template <class... Callbacks>
    Progress train(const TrainOptions& options, Callbacks&&... callbacks) {
        return loop_.run(
            options, *this, [this](Progress& progress) { iterate(progress); }, callbacks...);
    }
    /// For a compile-time error only: the steps are given by name.
    template <Positional Steps, class... Callbacks>
    Progress train(Steps, Callbacks&&...) {
        return explain_positional_steps<Steps>();
    }

    const A& actor() const { return actor_; }

    /// Says, as a compile-time error, what keeps the environments from being saved.
    static consteval bool explain_saved_environments() { return explain_saved_vector_env<V>(); }
    /// The same of all else.
    static consteval bool explain_saved() {
        return explain_saved_part<A>() && AnalyticUpdate<Model, A, O>::explain_saved();
    }

    /// What this training is, but for the steps of a call of `train` (see `Description`).
    Description describe() { return loop_.describe(*this); }

    /// Actor and update, between calls of `train`; without what the loop counts.
    void visit_state(State& state) {
        describe_environments(state, envs_);
        state.within("environments", [&] {
            state.fixed("count", envs_.size());
            state.fixed("seed", envs_.seed());
            state.fixed("observation_space", envs_.observation_space());
            state.fixed("action_space", envs_.action_space());
        });
        visit_policy(state, "actor", actor_);
        state("update", update_);
    }

private:
    static std::vector<Model> models_in(const V& envs) {
        std::vector<Model> models;
        for (Index i = 0; i < envs.size(); ++i) models.push_back(within_time_limit(envs[i]));
        return models;
    }

    void iterate(Progress& progress) {
        progress.update = update_(progress.schedule_progress);
        loop_.report(update_.steps(), update_.finished(), update_.metrics(), progress);
    }

    TrainLoop loop_;
    Threads threads_;
    const V& envs_;
    A& actor_;
    AnalyticUpdate<Model, A, O> update_;
};

// Deduction guides for error messages only: see trainer_parts.hpp.
template <class V, class A>
AnalyticPolicyGradient(V&&, A&&, const AnalyticOptions& = {}) -> AnalyticPolicyGradient<MustBeLvalues<V, A>, A>;

}  // namespace GRADIVA_NAMESPACE
