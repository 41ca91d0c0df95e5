#pragma once

#include <cstdint>
#include <utility>

#include "gradiva/learn/trust_region.hpp"
#include "gradiva/learn/value_regression.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/train/trainer.hpp"

namespace GRADIVA_NAMESPACE {

/// Hyperparameters of `Trpo`.
struct TrpoOptions {
    double delta = 0.01;                   ///< largest mean KL(pi_old || pi) of an update; above 0
    double damping = 0.1;                  ///< added to the Fisher matrix's diagonal; above 0
    Index horizon = 1024;                  ///< steps of each environment per iteration
    Index minibatch = 128;                 ///< of the critic's regression, from 1 to environments x horizon
    Index critic_epochs = 10;              ///< passes of the critic over each rollout
    Schedule critic_learning_rate = 1e-3;  ///< at least 0
    Index conjugate_iterations = 15;       ///< at most
    Index backtracks = 10;                 ///< trial steps of the line search
    double backtrack_factor = 0.8;         ///< each trial step is this part of the one before
    bool normalize_advantage = true;       ///< over the rollout
    bool normalize_rewards = false;        ///< by the running deviation of the return (see `RewardNormalizer`)
    Index threads = 1;                     ///< that collect and learn; no result depends on it

    /// Throws `Error` on what the critic's regression would complain of under other names.
    void check() const {
        require(critic_epochs >= 1, "Trpo: critic_epochs is {}; give at least 1 pass over the rollout", critic_epochs);
        require(critic_learning_rate.is_finite() && critic_learning_rate.smallest() >= 0,
                "Trpo: critic_learning_rate is {}; give a number of at least 0", critic_learning_rate.smallest());
    }
};

/// What TRPO does with a rollout: a trust-region step of the actor (see `TrustRegion`), a regression of the critic.
template <detail::ExplainedPolicyWithFisher A, detail::ExplainedValueFunction C,
          detail::ExplainedOptimizer<typename A::Scalar> O>
class TrpoUpdate {
public:
    TrpoUpdate(A& actor, C& critic, O optimizer, const TrpoOptions& options, Threads& threads, std::uint64_t seed)
        : actor_(checked(options, actor)), policy_(actor,
                                                   {.delta = options.delta,
                                                    .damping = options.damping,
                                                    .conjugate_iterations = options.conjugate_iterations,
                                                    .backtracks = options.backtracks,
                                                    .backtrack_factor = options.backtrack_factor,
                                                    .normalize_advantage = options.normalize_advantage,
                                                    .name = "Trpo"},
                                                   threads),
          value_(critic, std::move(optimizer),
                 {.minibatch = options.minibatch,
                  .epochs = options.critic_epochs,
                  .learning_rate = options.critic_learning_rate,
                  .name = "Trpo"},
                 threads, seed) {}

    UpdateReport operator()(const Rollout<typename A::Scalar>& rollout, double progress) {
        return saved_.or_put_back(actor_.weights(), [&] {
            UpdateReport report = policy_(rollout);
            const UpdateReport value = value_(rollout, progress);
            report.value_loss = value.value_loss;
            report.learning_rate = value.learning_rate;
            return report;
        });
    }

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

/// Trust region policy optimisation. Source: Schulman et al., "Trust Region Policy Optimization", 2015.
template <detail::ExplainedVectorEnv V, detail::ExplainedPolicyWithFisher A, detail::ExplainedValueFunction C,
          detail::ExplainedAdvantage Adv,
          detail::ExplainedOptimizer<detail::ScalarOfActor<A>> O = Adam<detail::ScalarOfActor<A>>>
class Trpo : public Trainer<V, A, C, Adv, TrpoUpdate<A, C, O>> {
    static_assert(
        !holds_ratio<Adv>(),
        "gradiva: this advantage already holds the ratio pi / mu; it goes with the plain policy gradient, as in "
        "OffPolicy and A2c");

public:
    Trpo(V& envs, A& actor, C& critic, Adv advantage, const TrpoOptions& options = {}, O optimizer = {})
        : Trainer<V, A, C, Adv, TrpoUpdate<A, C, O>>(
              trainer_options("Trpo", options), envs, actor, critic, std::move(advantage), [&](Threads& threads) {
                  return TrpoUpdate<A, C, O>(actor, critic, std::move(optimizer), options, threads, envs.seed());
              }) {}
};

// Only to say what is wrong: see trainer_parts.hpp.
template <class V, class A, class C, class Adv>
Trpo(V&&, A&&, C&&, Adv, const TrpoOptions& = {}) -> Trpo<detail::MustBeLvalues<V, A, C>, A, C, Adv>;
template <class V, class A, class Adv>
Trpo(V&, A&, Adv, const TrpoOptions& = {}) -> Trpo<V, A, detail::CriticIsMissing<Adv>, Adv>;
template <class V, class A, ValueFunction C>
Trpo(V&, A&, C&, const TrpoOptions& = {}) -> Trpo<V, A, C, detail::AdvantageIsMissing<C>>;

}  // namespace GRADIVA_NAMESPACE
