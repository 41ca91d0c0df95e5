#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "gradiva/core/state.hpp"
#include "gradiva/learn/saved_weights.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/rollout/reweigh.hpp"
#include "gradiva/rollout/rollout_store.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/trainer.hpp"

namespace GRADIVA_NAMESPACE {

/// Hyperparameters of `OffPolicy`.
struct OffPolicyOptions {
    Index horizon = 32;                ///< steps of each environment per iteration
    Index store = 4;                   ///< number of stored rollouts, at least age + replays
    Index age = 0;                     ///< smallest age, in iterations, of a rollout that is learned from; at least 0
    Index replays = 1;                 ///< rollouts learned from in each iteration, the newest first; at least 1
    double max_kl = 0.5;               ///< largest estimate of KL(behaviour || policy) to learn from; above 0
    Schedule learning_rate = 7e-4;     ///< at least 0
    Schedule entropy = 0.0;            ///< c_H: weight of the entropy bonus
    double value_coefficient = 0.5;    ///< c_V: weight of the value loss
    double max_gradient_norm = 0.5;    ///< clips the joint gradient of actor and critic; 0: no clipping
    bool normalize_advantage = false;  ///< over the rollout
    bool normalize_rewards = false;    ///< by the running deviation of the return (see `RewardNormalizer`)
    Index sequence = 0;                ///< steps of the sequences from which networks with memory learn; 0: 16
    Index threads = 1;                 ///< number of threads; no result depends on it

    static constexpr Index default_sequence = 16;  ///< where `sequence` is 0; at most the horizon
};

/// The update of `OffPolicy`: learns from the stored rollouts of ages `age` to age + replays - 1, the newest first. A
/// rollout whose estimate of KL(behaviour || policy) exceeds `max_kl`, or is NaN, is skipped, since importance sampling
/// then fails. Borrows actor, critic and threads.
template <ExplainedPolicy A, ExplainedValueFunction C, ExplainedOptimizer<typename A::Scalar> O>
class OffPolicyUpdate {
public:
    using Scalar = typename A::Scalar;

    OffPolicyUpdate(A& actor, C& critic, O optimizer, const OffPolicyOptions& options, Threads& threads,
                    std::uint64_t seed)
        : actor_(actor), critic_(critic), options_(options), reweigh_(actor, threads),
          update_(actor, critic, PolicyGradient{}, std::move(optimizer), update_options("OffPolicy", options), threads,
                  seed) {}

    /// `estimate(rollout)` computes advantages and value targets. The newest rollout is one of the present policy.
    /// Reports KL and effective sample size of the last rollout that was compared, and the update of the last one that
    /// was learned from; NaN where there was none. When it throws, the weights are restored; the optimisers keep the
    /// steps of earlier replays.
    template <class Estimate>
    UpdateReport operator()(RolloutStore<Scalar>& store, const Estimate& estimate, double progress) {
        store.newest().updates = updates_;
        return saved_actor_.restore_on_failure(actor_.weights(), [&] {
            return saved_critic_.restore_on_failure(critic_.weights(),
                                                    [&] { return replay(store, estimate, progress); });
        });
    }

    /// The smallest number of updates between the collection of a rollout and learning from it, over all rollouts that
    /// were learned from except those of the untrained policy. The largest Index while there is none.
    Index youngest_age() const { return youngest_age_; }

    /// Between updates.
    void visit_state(State& state) {
        state.fixed("age", options_.age);
        state.fixed("replays", options_.replays);
        state.fixed("max_kl", options_.max_kl);
        state("updates", updates_);
        state("youngest_age", youngest_age_);
        update_.visit_state(state);
    }
    static consteval bool explain_saved() { return Updater<A, C, PolicyGradient, O>::explain_saved(); }

private:
    template <class Estimate>
    UpdateReport replay(RolloutStore<Scalar>& store, const Estimate& estimate, double progress) {
        UpdateReport report, distance{.left_out = 0};
        store.for_each([&](auto& entry, Index iterations_back) {
            if (iterations_back < options_.age || iterations_back >= options_.age + options_.replays) return;
            const OffPolicyReport compared = reweigh_(entry.rollout);
            distance.effective_sample_size = compared.effective_sample_size;
            distance.behaviour_kl = compared.kl;
            if (!(compared.kl <= options_.max_kl)) {
                ++distance.left_out;
                return;
            }
            estimate(entry.rollout);
            report = update_(entry.rollout, progress);
            if (entry.updates > 0) youngest_age_ = std::min(youngest_age_, updates_ - entry.updates);
            ++updates_;
        });
        report.effective_sample_size = distance.effective_sample_size;
        report.behaviour_kl = distance.behaviour_kl;
        report.left_out = distance.left_out;
        return report;
    }

    A& actor_;
    C& critic_;
    OffPolicyOptions options_;
    SavedWeights<Scalar> saved_actor_;
    SavedWeights<Scalar> saved_critic_;
    Reweigher<A> reweigh_;
    Updater<A, C, PolicyGradient, O> update_;
    Index updates_ = 0;
    Index youngest_age_ = std::numeric_limits<Index>::max();
};

/// Off-policy actor-critic: learns from rollouts of older policies, corrected by importance sampling with `VTrace` or
/// `SingleRatio` (see `OffPolicyUpdate`). `explained_variance` is that of the last rollout that was learned from.
/// Source: Espeholt et al., "IMPALA", 2018, section 4.
template <ExplainedVectorEnv V, ExplainedPolicy A, ExplainedValueFunction C, ExplainedAdvantage Adv,
          ExplainedOptimizer<ScalarOfActor<A>> O = Adam<ScalarOfActor<A>>>
class OffPolicy : public Trainer<V, A, C, Adv, OffPolicyUpdate<A, C, O>> {
    static_assert(holds_ratio<Adv>(),
                  "gradiva: OffPolicy needs an advantage that holds the ratio pi / mu, such as VTrace");

public:
    /// Borrows environments, actor and critic. Throws `Error` on options out of range, and where the parts do not fit.
    OffPolicy(V& envs, A& actor, C& critic, Adv advantage, const OffPolicyOptions& options = {}, O optimizer = {})
        : Trainer<V, A, C, Adv, OffPolicyUpdate<A, C, O>>(
              checked(options), envs, actor, critic, std::move(advantage), [&](Threads& threads) {
                  return OffPolicyUpdate<A, C, O>(actor, critic, std::move(optimizer), options, threads, envs.seed());
              }) {}

    /// See `OffPolicyUpdate::youngest_age`.
    Index youngest_age() const { return this->update().youngest_age(); }

private:
    static TrainerOptions checked(const OffPolicyOptions& options) {
        require(options.age >= 0, "OffPolicy: age is {}; give a number of at least 0", options.age);
        require(options.replays >= 1, "OffPolicy: replays is {}; give at least 1", options.replays);
        require(options.store >= options.age + options.replays,
                "OffPolicy: store is {}; keep at least age + replays rollouts ({} + {})", options.store, options.age,
                options.replays);
        require(options.max_kl > 0, "OffPolicy: max_kl is {}; give a number above 0", options.max_kl);
        return trainer_options("OffPolicy", options);
    }
};

// Deduction guides for error messages only: see trainer_parts.hpp.
template <class V, class A, class C, class Adv>
OffPolicy(V&&, A&&, C&&, Adv, const OffPolicyOptions& = {}) -> OffPolicy<MustBeLvalues<V, A, C>, A, C, Adv>;
template <class V, class A, class Adv>
OffPolicy(V&, A&, Adv, const OffPolicyOptions& = {}) -> OffPolicy<V, A, CriticIsMissing<Adv>, Adv>;
template <class V, class A, ValueFunction C>
OffPolicy(V&, A&, C&, const OffPolicyOptions& = {}) -> OffPolicy<V, A, C, AdvantageIsMissing<C>>;

}  // namespace GRADIVA_NAMESPACE
