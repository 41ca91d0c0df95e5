#pragma once

#include <cstdint>
#include <utility>

#include "gradiva/core/state.hpp"
#include "gradiva/learn/trust_region.hpp"
#include "gradiva/learn/value_regression.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/train/trainer.hpp"

namespace GRADIVA_NAMESPACE {

/// Hyperparameters of `Trpo`.
struct TrpoOptions {
    double delta = 0.01;                   ///< largest mean KL(pi_old || pi) of an update, in nats; above 0
    double damping = 0.1;                  ///< added to the Fisher matrix's diagonal; above 0
    Index horizon = 1024;                  ///< steps of each environment per iteration
    Index minibatch = 128;                 ///< the critic's minibatch in samples, from 1 to environments x horizon
    Index critic_epochs = 10;              ///< passes of the critic over each rollout, at least 1
    Schedule critic_learning_rate = 1e-3;  ///< at least 0
    Index conjugate_iterations = 15;       ///< largest number of conjugate gradient iterations, at least 1
    Index backtracks = 10;                 ///< largest number of trial steps of the line search, at least 1
    double backtrack_factor = 0.8;         ///< ratio of the lengths of consecutive trial steps, in (0, 1)
    bool normalize_advantage = true;       ///< over the rollout
    bool normalize_rewards = false;        ///< by the running deviation of the return (see `RewardNormalizer`)
    Index sequence = 0;  ///< steps of sequences of networks with memory; 0: the horizon, 16 for the critic
    Index threads = 1;   ///< number of threads; no result depends on it

    static constexpr Index default_sequence = 16;  ///< where `sequence` is 0; at most the horizon

    /// Throws `Error` on values out of range that `ValueRegression` would report under other names.
    void check() const {
        require(critic_epochs >= 1, "Trpo: critic_epochs is {}; give at least 1 pass over the rollout", critic_epochs);
        require(critic_learning_rate.is_finite() && critic_learning_rate.smallest() >= 0,
                "Trpo: critic_learning_rate is {}; give a number of at least 0", critic_learning_rate.smallest());
    }
};

/// The update of TRPO: a trust-region step of the actor (`TrustRegion`), then a regression of the critic
/// (`ValueRegression`). When either throws, the actor's and the critic's weights are restored.
template <ExplainedPolicyWithFisher A, ExplainedValueFunction C, ExplainedOptimizer<typename A::Scalar> O>
class TrpoUpdate {
public:
    /// Borrows actor, critic and threads. Throws `Error` on options out of range.
    TrpoUpdate(A& actor, C& critic, O optimizer, const TrpoOptions& options, Threads& threads, std::uint64_t seed)
        : actor_(checked(options, actor)), policy_(actor,
                                                   {.delta = options.delta,
                                                    .damping = options.damping,
                                                    .conjugate_iterations = options.conjugate_iterations,
                                                    .backtracks = options.backtracks,
                                                    .backtrack_factor = options.backtrack_factor,
                                                    .normalize_advantage = options.normalize_advantage,
                                                    .sequence = options.sequence,
                                                    .name = "Trpo"},
                                                   threads),
          value_(critic, std::move(optimizer),
                 {.minibatch = options.minibatch,
                  .epochs = options.critic_epochs,
                  .learning_rate = options.critic_learning_rate,
                  .name = "Trpo"},
                 threads, seed) {}

    /// One update. `progress`, from 0 to 1, is the position in the critic's learning rate schedule.
    UpdateReport operator()(const Rollout<typename A::Scalar>& rollout, double progress) {
        return saved_.restore_on_failure(actor_.weights(), [&] {
            UpdateReport report = policy_(rollout);
            const UpdateReport value = value_(rollout, progress);
            report.value_loss = value.value_loss;
            report.learning_rate = value.learning_rate;
            return report;
        });
    }

    /// Between updates.
    void visit_state(State& state) {
        state("trust_region", policy_);
        state("value_regression", value_);
    }
    static consteval bool explain_saved() { return ValueRegression<C, O>::explain_saved(); }

private:
    static A& checked(const TrpoOptions& options, A& actor) {
        options.check();
        return actor;
    }

    A& actor_;
    SavedWeights<typename A::Scalar> saved_;
    TrustRegion<A> policy_;
    ValueRegression<C, O> value_;
};

/// Trust region policy optimisation (see `TrpoUpdate`). Source: Schulman et al., "Trust Region Policy Optimization",
/// 2015.
template <ExplainedVectorEnv V, ExplainedPolicyWithFisher A, ExplainedValueFunction C, ExplainedAdvantage Adv,
          ExplainedOptimizer<ScalarOfActor<A>> O = Adam<ScalarOfActor<A>>>
class Trpo : public Trainer<V, A, C, Adv, TrpoUpdate<A, C, O>> {
    static_assert(
        !holds_ratio<Adv>(),
        "gradiva: this advantage already holds the ratio pi / mu; it goes with the plain policy gradient, as in "
        "OffPolicy and A2c");

public:
    /// Borrows environments, actor and critic. Throws `Error` on options out of range, and where the parts do not fit.
    Trpo(V& envs, A& actor, C& critic, Adv advantage, const TrpoOptions& options = {}, O optimizer = {})
        : Trainer<V, A, C, Adv, TrpoUpdate<A, C, O>>(
              trainer_options("Trpo", options), envs, actor, critic, std::move(advantage), [&](Threads& threads) {
                  return TrpoUpdate<A, C, O>(actor, critic, std::move(optimizer), options, threads, envs.seed());
              }) {}
};

// Deduction guides for error messages only: see trainer_parts.hpp.
template <class V, class A, class C, class Adv>
Trpo(V&&, A&&, C&&, Adv, const TrpoOptions& = {}) -> Trpo<MustBeLvalues<V, A, C>, A, C, Adv>;
template <class V, class A, class Adv>
Trpo(V&, A&, Adv, const TrpoOptions& = {}) -> Trpo<V, A, CriticIsMissing<Adv>, Adv>;
template <class V, class A, ValueFunction C>
Trpo(V&, A&, C&, const TrpoOptions& = {}) -> Trpo<V, A, C, AdvantageIsMissing<C>>;

}  // namespace GRADIVA_NAMESPACE
