#pragma once

#include <algorithm>
#include <limits>
#include <utility>

#include "gradiva/learn/updater.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/reweigh.hpp"
#include "gradiva/rollout/rollout_store.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/trainer.hpp"

namespace GRADIVA_NAMESPACE {

struct OffPolicyOptions {
    Index horizon = 32;                ///< steps of each environment per iteration
    Index store = 4;                   ///< past rollouts that are kept; at least age + replays
    Index age = 0;                     ///< iterations that a rollout must lie back to be learned from
    Index replays = 1;                 ///< rollouts that are learned from in each iteration, the newest first
    double max_kl = 0.5;               ///< rollouts further away are left out; above 0
    Schedule learning_rate = 7e-4;     ///< at least 0
    Schedule entropy = 0.0;            ///< c_H: weight of the entropy bonus
    double value_coefficient = 0.5;    ///< c_V: weight of the value loss
    double max_gradient_norm = 0.5;    ///< of actor and critic together; 0: no clipping
    bool normalize_advantage = false;  ///< over the rollout
    bool normalize_rewards = false;    ///< by the running deviation of the return (see `RewardNormalizer`)
    Index threads = 1;                 ///< that collect and learn; no result depends on it
};

/// Actor-critic that learns from older policies' rollouts, corrected by `VTrace` or `SingleRatio`.
/// A rollout is compared with the present policy first; one too far away is left out, since the correction then fails.
/// Source: Espeholt et al., "IMPALA", 2018, section 4.
template <detail::ExplainedVectorEnv V, detail::ExplainedPolicy A, detail::ExplainedValueFunction C,
          detail::ExplainedAdvantage Adv,
          detail::ExplainedOptimizer<detail::ScalarOfActor<A>> O = Adam<detail::ScalarOfActor<A>>>
class OffPolicy {
    static_assert(holds_ratio<Adv>(),
                  "gradiva: OffPolicy needs an advantage that holds the ratio pi / mu, such as VTrace");

public:
    using Scalar = typename A::Scalar;

    OffPolicy(V& envs, A& actor, C& critic, Adv advantage, const OffPolicyOptions& options = {}, O optimizer = {})
        : loop_((check(options, envs, critic, advantage), "OffPolicy")), options_(options),
          advantage_(std::move(advantage)), threads_(options.threads), actor_(actor), critic_(critic),
          store_(envs, actor, options.store), collect_(envs, actor, threads_), reweigh_(actor, threads_),
          rewards_(envs.size(), detail::discount_of("OffPolicy", advantage_, options.normalize_rewards)),
          estimate_(critic, threads_), update_(actor, critic, PolicyGradient{}, std::move(optimizer),
                                               update_options("OffPolicy", options), threads_, envs.seed()),
          observe_(threads_) {}

    OffPolicy(const OffPolicy&) = delete;
    OffPolicy& operator=(const OffPolicy&) = delete;

    /// As in `Trainer`; the reports' `effective_sample_size` and `behaviour_kl` are of the last rollout that was looked
    /// at in the iteration, the numbers of the update and `explained_variance` of the last one learned from: NaN where
    /// there was none.
    template <class... Callbacks>
    Progress train(const TrainOptions& options, Callbacks&&... callbacks) {
        return loop_.run(
            options, *this, [this](Progress& progress) { iterate(progress); }, callbacks...);
    }
    /// Only says that the steps have a name.
    template <detail::Positional Steps, class... Callbacks>
    Progress train(Steps, Callbacks&&...) {
        return detail::explain_positional_steps<Steps>();
    }

    const A& actor() const { return actor_; }
    /// How many updates the policy had had, at least, since a rollout that it learned from; rollouts of the untrained
    /// policy do not count. The largest Index before the first.
    Index youngest_age() const { return youngest_age_; }

private:
    static void check(const OffPolicyOptions& options, const V& envs, const C& critic, const Adv& advantage) {
        const TrainerOptions common{.name = "OffPolicy", .horizon = options.horizon, .threads = options.threads};
        detail::check_trainer(common, envs, critic, advantage);
        require(options.age >= 0, "OffPolicy: age is {}; give a number of at least 0", options.age);
        require(options.replays >= 1, "OffPolicy: replays is {}; give at least 1", options.replays);
        require(options.store >= options.age + options.replays,
                "OffPolicy: store is {}; keep at least age + replays rollouts ({} + {})", options.store, options.age,
                options.replays);
        require(options.max_kl > 0, "OffPolicy: max_kl is {}; give a number above 0", options.max_kl);
    }

    void iterate(Progress& progress) {
        const Rollout<Scalar>& fresh = store_.renew_oldest(
            updates_, [this](Rollout<Scalar>& rollout) { collect_.steps(rollout, options_.horizon); });
        if (options_.normalize_rewards) rewards_.observe(fresh);
        progress.update.left_out = 0;
        saved_actor_.or_put_back(actor_.weights(),
                                 [&] { saved_critic_.or_put_back(critic_.weights(), [&] { replay(progress); }); });
        observe_(fresh, actor_, critic_);
        loop_.report(fresh, progress);
    }

    void replay(Progress& progress) {
        store_.for_each([&](auto& entry, Index iterations_back) {
            if (iterations_back < options_.age || iterations_back >= options_.age + options_.replays) return;
            learn(entry, progress);
        });
    }

    template <class Entry>
    void learn(Entry& entry, Progress& progress) {
        const OffPolicyReport distance = reweigh_(entry.rollout);
        progress.update.effective_sample_size = distance.effective_sample_size;
        progress.update.behaviour_kl = distance.kl;
        if (!(distance.kl <= options_.max_kl)) {
            ++progress.update.left_out;
            return;
        }
        estimate(entry.rollout);
        UpdateReport& report = progress.update;
        const double left_out = report.left_out;
        report = update_(entry.rollout, progress.schedule_progress);
        report.effective_sample_size = distance.effective_sample_size;
        report.behaviour_kl = distance.kl;
        report.left_out = left_out;
        progress.explained_variance = explained_variance(entry.rollout);
        if (entry.updates > 0) youngest_age_ = std::min(youngest_age_, updates_ - entry.updates);
        ++updates_;
    }

    void estimate(Rollout<Scalar>& rollout) {
        if (!options_.normalize_rewards) return estimate_(rollout, advantage_);
        rewards_.with_scaled(rollout, [&] { estimate_(rollout, advantage_); });
    }

    TrainLoop loop_;
    OffPolicyOptions options_;
    Adv advantage_;
    Threads threads_;
    A& actor_;
    C& critic_;
    SavedWeights<Scalar> saved_actor_;
    SavedWeights<Scalar> saved_critic_;
    RolloutStore<Scalar> store_;
    Collector<V, A> collect_;
    Reweigher<A> reweigh_;
    RewardNormalizer<Scalar> rewards_;
    Estimator<C> estimate_;
    Updater<A, C, PolicyGradient, O> update_;
    ObservationStatistics observe_;
    Index updates_ = 0;
    Index youngest_age_ = std::numeric_limits<Index>::max();
};

// Only to say what is wrong: see trainer_parts.hpp.
template <class V, class A, class C, class Adv>
OffPolicy(V&&, A&&, C&&, Adv, const OffPolicyOptions& = {}) -> OffPolicy<detail::MustBeLvalues<V, A, C>, A, C, Adv>;
template <class V, class A, class Adv>
OffPolicy(V&, A&, Adv, const OffPolicyOptions& = {}) -> OffPolicy<V, A, detail::CriticIsMissing<Adv>, Adv>;
template <class V, class A, ValueFunction C>
OffPolicy(V&, A&, C&, const OffPolicyOptions& = {}) -> OffPolicy<V, A, C, detail::AdvantageIsMissing<C>>;

}  // namespace GRADIVA_NAMESPACE
