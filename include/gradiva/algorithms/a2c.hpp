#pragma once

#include <string_view>
#include <utility>

#include "gradiva/algorithms/algorithm_of.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/optim/rmsprop.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/trainer.hpp"

namespace GRADIVA_NAMESPACE {

/// Hyperparameters of `A2c`.
struct A2cOptions {
    /// Steps of each environment per iteration, at least 1. The paper's 5 is short for continuous control: there 32
    /// learns where most seeds fail with 5.
    Index horizon = 5;
    Schedule learning_rate = 7e-4;     ///< at least 0
    Schedule entropy = 0.0;            ///< c_H: weight of the entropy bonus
    double value_coefficient = 0.5;    ///< c_V: weight of the value loss
    double max_gradient_norm = 0.5;    ///< clips the joint gradient of actor and critic; 0: no clipping
    bool normalize_advantage = false;  ///< over the rollout
    bool normalize_rewards = false;    ///< by the running deviation of the return (see `RewardNormalizer`)
    Index sequence = 0;                ///< steps of the sequences from which networks with memory learn; 0: the horizon
    Index threads = 1;                 ///< number of threads; no result depends on it
};

/// See `AlgorithmOf`.
template <>
struct AlgorithmOf<A2cOptions> {
    static constexpr std::string_view name = "A2c";
    using Surrogate = PolicyGradient;
    template <class Scalar>
    using Optimizer = Rmsprop<Scalar>;
    static Surrogate surrogate(const A2cOptions&) { return {}; }
};

/// Advantage actor-critic (A2C): one gradient step on each short rollout, L = -mean(log pi(a | s) A) - c_H mean(H) +
/// c_V 0.5 mean((V - value_target)^2); `Gae{.lambda = 1}` gives the advantages of the paper. Source: Mnih et al.,
/// "Asynchronous Methods for Deep Reinforcement Learning", 2016, section 4, in its synchronous form.
template <ExplainedVectorEnv V, ExplainedPolicy A, ExplainedValueFunction C, ExplainedAdvantage Adv,
          ExplainedOptimizer<ScalarOfActor<A>> O = Rmsprop<ScalarOfActor<A>>>
class A2c : public Trainer<V, A, C, Adv, Updater<A, C, PolicyGradient, O>> {
public:
    /// Borrows environments, actor and critic. Throws `Error` on options out of range, and where the parts do not fit.
    A2c(V& envs, A& actor, C& critic, Adv advantage, const A2cOptions& options = {}, O optimizer = {})
        : Trainer<V, A, C, Adv, Updater<A, C, PolicyGradient, O>>(
              trainer_options("A2c", options), envs, actor, critic, std::move(advantage), [&](Threads& threads) {
                  return make_updater(options, actor, critic, std::move(optimizer), threads, envs.seed());
              }) {}
};

// Deduction guides for error messages only: see trainer_parts.hpp.
template <class V, class A, class C, class Adv>
A2c(V&&, A&&, C&&, Adv, const A2cOptions& = {}) -> A2c<MustBeLvalues<V, A, C>, A, C, Adv>;
template <class V, class A, class Adv>
A2c(V&, A&, Adv, const A2cOptions& = {}) -> A2c<V, A, CriticIsMissing<Adv>, Adv>;
template <class V, class A, ValueFunction C>
A2c(V&, A&, C&, const A2cOptions& = {}) -> A2c<V, A, C, AdvantageIsMissing<C>>;

}  // namespace GRADIVA_NAMESPACE
