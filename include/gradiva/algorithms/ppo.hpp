#pragma once

#include <string_view>
#include <utility>

#include "gradiva/algorithms/algorithm_of.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/surrogate/clip.hpp"
#include "gradiva/surrogate/kl_penalty.hpp"
#include "gradiva/train/trainer.hpp"

namespace GRADIVA_NAMESPACE {

/// Hyperparameters of `PpoClip`.
struct PpoClipOptions {
    Schedule clip = 0.2;              ///< eps: the surrogate clips the ratio to [1 - eps, 1 + eps]; at least 0
    Index horizon = 128;              ///< steps of each environment per iteration
    Index minibatch = 64;             ///< samples per gradient step, from 1 to environments x horizon
    Index epochs = 10;                ///< passes over each rollout, at least 1
    Schedule learning_rate = 3e-4;    ///< at least 0
    Schedule entropy = 0.0;           ///< c_H: weight of the entropy bonus
    double value_coefficient = 0.5;   ///< c_V: weight of the value loss
    Schedule value_clip = 0.0;        ///< clip range of V - V_old in the value loss; 0: no clipping
    double max_gradient_norm = 0.5;   ///< clips the joint gradient of actor and critic; 0: no clipping
    double target_kl = 0;             ///< ends an update where a minibatch's KL exceeds 1.5 times it; 0: never
    bool normalize_advantage = true;  ///< per minibatch
    bool normalize_rewards = false;   ///< by the running deviation of the return (see `RewardNormalizer`)
    Index sequence = 0;               ///< steps of the sequences from which networks with memory learn; 0: 16
    Index threads = 1;                ///< number of threads; no result depends on it

    static constexpr Index default_sequence = 16;  ///< where `sequence` is 0; at most the horizon
};

/// See `AlgorithmOf`.
template <>
struct AlgorithmOf<PpoClipOptions> {
    static constexpr std::string_view name = "PpoClip";
    using Surrogate = Clip;
    template <class Scalar>
    using Optimizer = Adam<Scalar>;
    static Surrogate surrogate(const PpoClipOptions& options) { return {.clip = options.clip}; }
};

/// Proximal policy optimisation with the clipped surrogate (see `Clip`).
/// Source: Schulman et al., "Proximal Policy Optimization Algorithms", 2017, section 3 and algorithm 1.
template <ExplainedVectorEnv V, ExplainedPolicy A, ExplainedValueFunction C, ExplainedAdvantage Adv,
          ExplainedOptimizer<ScalarOfActor<A>> O = Adam<ScalarOfActor<A>>>
class PpoClip : public Trainer<V, A, C, Adv, Updater<A, C, Clip, O>> {
    static_assert(
        !holds_ratio<Adv>(),
        "gradiva: this advantage already holds the ratio pi / mu; it goes with the plain policy gradient, as in "
        "OffPolicy and A2c");

public:
    /// Borrows environments, actor and critic. Throws `Error` on options out of range, and where the parts do not fit.
    PpoClip(V& envs, A& actor, C& critic, Adv advantage, const PpoClipOptions& options = {}, O optimizer = {})
        : Trainer<V, A, C, Adv, Updater<A, C, Clip, O>>(
              trainer_options("PpoClip", options), envs, actor, critic, std::move(advantage), [&](Threads& threads) {
                  return make_updater(options, actor, critic, std::move(optimizer), threads, envs.seed());
              }) {}
};

// Deduction guides for error messages only: see trainer_parts.hpp.
template <class V, class A, class C, class Adv>
PpoClip(V&&, A&&, C&&, Adv, const PpoClipOptions& = {}) -> PpoClip<MustBeLvalues<V, A, C>, A, C, Adv>;
template <class V, class A, class Adv>
PpoClip(V&, A&, Adv, const PpoClipOptions& = {}) -> PpoClip<V, A, CriticIsMissing<Adv>, Adv>;
template <class V, class A, ValueFunction C>
PpoClip(V&, A&, C&, const PpoClipOptions& = {}) -> PpoClip<V, A, C, AdvantageIsMissing<C>>;

/// Hyperparameters of `PpoKl`.
struct PpoKlOptions {
    double target = 0.01;             ///< target of the mean KL of an update, in nats; above 0
    double kl_high = 0;               ///< beta doubles above it; 0: 1.5 times the target
    double kl_low = 0;                ///< beta halves below it; 0: the target divided by 1.5
    double beta = 1;                  ///< the initial weight of the penalty, from 1e-4 to 1e4
    Index horizon = 128;              ///< steps of each environment per iteration
    Index minibatch = 64;             ///< samples per gradient step, from 1 to environments x horizon
    Index epochs = 10;                ///< passes over each rollout, at least 1
    Schedule learning_rate = 3e-4;    ///< at least 0
    Schedule entropy = 0.0;           ///< c_H: weight of the entropy bonus
    double value_coefficient = 0.5;   ///< c_V: weight of the value loss
    Schedule value_clip = 0.0;        ///< clip range of V - V_old in the value loss; 0: no clipping
    double max_gradient_norm = 0.5;   ///< clips the joint gradient of actor and critic; 0: no clipping
    double target_kl = 0;             ///< ends an update where a minibatch's KL exceeds 1.5 times it; 0: never
    bool normalize_advantage = true;  ///< per minibatch
    bool normalize_rewards = false;   ///< by the running deviation of the return (see `RewardNormalizer`)
    Index sequence = 0;               ///< steps of the sequences from which networks with memory learn; 0: 16
    Index threads = 1;                ///< number of threads; no result depends on it

    static constexpr Index default_sequence = 16;  ///< where `sequence` is 0; at most the horizon
};

/// See `AlgorithmOf`.
template <>
struct AlgorithmOf<PpoKlOptions> {
    static constexpr std::string_view name = "PpoKl";
    using Surrogate = KlPenalty;
    template <class Scalar>
    using Optimizer = Adam<Scalar>;
    static Surrogate surrogate(const PpoKlOptions& options) {
        return {.target = options.target, .kl_high = options.kl_high, .kl_low = options.kl_low, .beta = options.beta};
    }
};

/// Proximal policy optimisation with an adaptive KL penalty (see `KlPenalty`).
/// Source: Schulman et al., 2017 (see PpoClip), section 4.
template <ExplainedVectorEnv V, ExplainedPolicy A, ExplainedValueFunction C, ExplainedAdvantage Adv,
          ExplainedOptimizer<ScalarOfActor<A>> O = Adam<ScalarOfActor<A>>>
class PpoKl : public Trainer<V, A, C, Adv, Updater<A, C, KlPenalty, O>> {
    static_assert(
        !holds_ratio<Adv>(),
        "gradiva: this advantage already holds the ratio pi / mu; it goes with the plain policy gradient, as in "
        "OffPolicy and A2c");

public:
    /// Borrows environments, actor and critic. Throws `Error` on options out of range, and where the parts do not fit.
    PpoKl(V& envs, A& actor, C& critic, Adv advantage, const PpoKlOptions& options = {}, O optimizer = {})
        : Trainer<V, A, C, Adv, Updater<A, C, KlPenalty, O>>(
              trainer_options("PpoKl", options), envs, actor, critic, std::move(advantage), [&](Threads& threads) {
                  return make_updater(options, actor, critic, std::move(optimizer), threads, envs.seed());
              }) {}
};

// Deduction guides for error messages only: see trainer_parts.hpp.
template <class V, class A, class C, class Adv>
PpoKl(V&&, A&&, C&&, Adv, const PpoKlOptions& = {}) -> PpoKl<MustBeLvalues<V, A, C>, A, C, Adv>;
template <class V, class A, class Adv>
PpoKl(V&, A&, Adv, const PpoKlOptions& = {}) -> PpoKl<V, A, CriticIsMissing<Adv>, Adv>;
template <class V, class A, ValueFunction C>
PpoKl(V&, A&, C&, const PpoKlOptions& = {}) -> PpoKl<V, A, C, AdvantageIsMissing<C>>;

}  // namespace GRADIVA_NAMESPACE
