#pragma once

#include <concepts>
#include <utility>

#include "gradiva/learn/updater.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/trainer.hpp"

namespace GRADIVA_NAMESPACE {

/// Hyperparameters of `Reinforce`.
struct ReinforceOptions {
    Index episodes = 1;                ///< whole episodes of each environment per iteration, at least 1
    Schedule learning_rate = 3e-3;     ///< at least 0
    Schedule entropy = 0.0;            ///< c_H: weight of the entropy bonus
    double value_coefficient = 0.5;    ///< c_V: weight of the value loss, where there is a critic
    double max_gradient_norm = 0.5;    ///< clips the joint gradient of actor and critic; 0: no clipping
    bool normalize_advantage = false;  ///< over the rollout
    bool normalize_rewards = false;    ///< by the running deviation of the return (see `RewardNormalizer`)
    Index sequence = 0;                ///< steps of the sequences from which networks with memory learn; 0: all
    Index threads = 1;                 ///< number of threads; no result depends on it
};

/// REINFORCE: the score-function estimate of the policy gradient from whole episodes, one gradient step per rollout:
///   L = -(1 / episodes) sum over episodes and their steps of log pi(a_t | s_t) A_t,
/// with A from `TotalReturn` or `RewardToGo`. A critic is needed only for `Baseline::critic`.
/// Source: Williams, "Simple statistical gradient-following algorithms for connectionist reinforcement learning", 1992.
template <ExplainedVectorEnv V, ExplainedPolicy A, ExplainedCriticOrNone C, ExplainedAdvantage Adv,
          ExplainedOptimizer<ScalarOfActor<A>> O = Adam<ScalarOfActor<A>>>
class Reinforce : public Trainer<V, A, C, Adv, Updater<A, C, PolicyGradient, O>> {
public:
    /// Borrows environments, actor and critic. Throws `Error` on options out of range, and where the parts do not fit.
    Reinforce(V& envs, A& actor, C& critic, Adv advantage, const ReinforceOptions& options = {}, O optimizer = {})
        : Trainer<V, A, C, Adv, Updater<A, C, PolicyGradient, O>>(
              checked(options), envs, actor, critic, std::move(advantage), [&](Threads& threads) {
                  return Updater<A, C, PolicyGradient, O>(actor, critic, PolicyGradient{.per_episode = true},
                                                          std::move(optimizer), update_options("Reinforce", options),
                                                          threads, envs.seed());
              }) {}

    /// Without a critic.
    Reinforce(V& envs, A& actor, Adv advantage, const ReinforceOptions& options = {},
              O optimizer = {}) requires std::same_as<C, NoCritic>
        : Reinforce(envs, actor, no_critic, std::move(advantage), options, std::move(optimizer)) {}

private:
    static TrainerOptions checked(const ReinforceOptions& options) {
        require(options.episodes >= 1, "Reinforce: episodes is {}; give at least 1 episode per environment",
                options.episodes);
        return trainer_options("Reinforce", options);
    }

    static inline NoCritic no_critic;
};

template <class V, class A, class Adv>
Reinforce(V&, A&, Adv) -> Reinforce<V, A, NoCritic, Adv>;
template <class V, class A, class Adv>
Reinforce(V&, A&, Adv, ReinforceOptions) -> Reinforce<V, A, NoCritic, typename AdvantageOrNothing<Adv>::Type>;
template <class V, class A, class Adv, class O>
Reinforce(V&, A&, Adv, ReinforceOptions, O) -> Reinforce<V, A, NoCritic, typename AdvantageOrNothing<Adv>::Type, O>;

// Deduction guides for error messages only: see trainer_parts.hpp.
template <class V, class A, class C, class Adv>
Reinforce(V&&, A&&, C&&, Adv, const ReinforceOptions& = {})
    -> Reinforce<MustBeLvalues<V, A, C>, A, C, typename AdvantageOrNothing<Adv>::Type>;
template <class V, class A, class Adv>
Reinforce(V&&, A&&, Adv, const ReinforceOptions& = {})
    -> Reinforce<MustBeLvalues<V, A>, A, NoCritic, typename AdvantageOrNothing<Adv>::Type>;

}  // namespace GRADIVA_NAMESPACE
