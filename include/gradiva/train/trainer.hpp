#pragma once

#include <optional>
#include <type_traits>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/type_name.hpp"
#include "gradiva/core/visit_part.hpp"
#include "gradiva/env/describe_environments.hpp"
#include "gradiva/env/saved_env.hpp"
#include "gradiva/learn/trainer_parts.hpp"
#include "gradiva/learn/update_report.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/rollout_store.hpp"
#include "gradiva/rollout/step_watch.hpp"
#include "gradiva/train/estimate.hpp"
#include "gradiva/train/observation_statistics.hpp"
#include "gradiva/train/reward_normalizer.hpp"
#include "gradiva/train/train_loop.hpp"
#include "gradiva/train/trainer_options.hpp"

namespace GRADIVA_NAMESPACE {

/// The training loop: collect a rollout, estimate advantages, update, report. All algorithms that collect rollouts are
/// this class with an update and defaults of their own. Borrows environments, actor and critic, which must outlive it.
///
/// `Update` is called after each rollout with `(const Rollout<Scalar>&, double progress)`, where `progress`, from 0 to
/// 1, is the position in schedules, and returns an `UpdateReport`. An update that learns from older rollouts takes
/// `(RolloutStore<Scalar>& store, const auto& estimate, double progress)` instead, and calls `estimate(rollout)` before
/// it learns from one. Its optional `explore(double progress)` is called before each rollout and at the end of `train`,
/// to set the actor's exploration by a schedule.
template <ExplainedVectorEnv V, ExplainedPolicy A, class C, ExplainedAdvantage Adv, class Update>
class Trainer {
public:
    using Scalar = typename A::Scalar;
    static_assert(HasAdvantageOf<Adv, Scalar>,
                  "gradiva: this Advantage takes no Rollout of the actor's Scalar; let its operator() be a template "
                  "<class Scalar> of Rollout<Scalar>&");

    /// `make_update(Threads&)` returns the update, which may borrow the threads. Throws `Error` on options out of
    /// range, and where the parts do not fit.
    template <class MakeUpdate>
    Trainer(const TrainerOptions& options, V& envs, A& actor, C& critic, Adv advantage, const MakeUpdate& make_update)
        : loop_(check_trainer(options, envs, critic, advantage), metric_names_of<V>()), options_(options),
          advantage_(std::move(advantage)), threads_(options.threads), envs_(envs), actor_(actor), critic_(critic),
          store_(envs, actor, options.store, reads_actor_state<C> ? 0 : state_size_of(critic)),
          collect_(envs, actor, threads_),
          rewards_(envs.size(), discount_of(options.name, advantage_, options.normalize_rewards)),
          estimate_(critic, threads_), update_(make_update(threads_)), observe_(threads_) {}

    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Trains until `steps` are done or a callback returns false; returns the last report. Callbacks are called after
    /// each iteration with `(const Progress&)` or `(const Progress&, const Trainer&)`; `Run` documents their optional
    /// members. An empty `std::optional` of a callback is ignored. A further call continues the training. Throws
    /// `Error` when a number of an environment or an update is not finite, and whatever an environment or a callback
    /// throws; the weights are then those of the last complete update.
    template <class... Callbacks>
    Progress train(const TrainOptions& options, Callbacks&&... callbacks) {
        const Progress last = loop_.run(
            options, *this, [this](Progress& progress) { iterate(progress); }, callbacks...);
        explore(last.schedule_progress);
        return last;
    }
    /// For a compile-time error only: the steps are given by name.
    template <Positional Steps, class... Callbacks>
    Progress train(Steps, Callbacks&&...) {
        return explain_positional_steps<Steps>();
    }

    const A& actor() const { return actor_; }
    /// The newest rollout.
    const Rollout<Scalar>& rollout() const { return store_.newest().rollout; }
    const Update& update() const { return update_; }

    /// The step of an environment by which the last collection of a rollout has failed; none if it has not.
    std::optional<StepOfRollout> failed_step() const { return collect_.failed_step(); }
    /// Calls `watch.before` before this step of the next rollouts, until another watch, or an empty one, is given.
    void watch(StepWatch watch) { collect_.watch(std::move(watch)); }

    /// Says, as a compile-time error, what keeps the environments from being saved.
    static consteval bool explain_saved_environments() { return explain_saved_vector_env<V>(); }
    /// The same of all else.
    static consteval bool explain_saved() {
        static_assert(is_saved_update,
                      "gradiva: a training that is saved needs an update with void visit_state(gradiva::State&), or "
                      "without members");
        return explain_saved_part<V>() && explain_saved_part<A>() && explain_saved_part<C>() &&
               explain_saved_part<Adv>() && explain_saved_part<Update>();
    }

    /// What this training is, but for the steps of a call of `train` (see `Description`): algorithm, environment,
    /// number, seed and spaces of the environments, networks, distribution, advantage, surrogate, optimiser and all
    /// options but `threads`, on which no result depends. To be called while it trains nothing.
    Description describe() { return loop_.describe(*this); }

    /// Environments, actor and critic, and the parts of the trainer that change, between iterations; without what the
    /// loop counts.
    void visit_state(State& state) {
        if constexpr (!is_saved_update) {
            require(state.describes(), "{}: the update cannot be saved; give it void visit_state(gradiva::State&)",
                    options_.name);
        }
        describe_environments(state, envs_);
        visit_part(state, "environments", envs_);
        visit_policy(state, "actor", actor_);
        visit_policy(state, "critic", critic_);
        state.fixed("options", options_);
        state.described("advantage/type", type_name<Adv>());
        visit_part(state, "advantage", advantage_);
        state("store", store_);
        state("collector", collect_);
        if constexpr (HasMemory<C>) state("estimator", estimate_);
        state("rewards", rewards_);
        visit_part(state, "update", update_);
    }

private:
    static constexpr bool is_saved_update =
        std::is_empty_v<Update> || MentionsVisitState<Update> || SavedAsBytes<Update>;

    void iterate(Progress& progress) {
        explore(progress.schedule_progress);
        Rollout<Scalar>& fresh = store_.renew_oldest([this](Rollout<Scalar>& rollout) { collect(rollout); }).rollout;
        if (options_.normalize_rewards) rewards_.observe(fresh);
        learn(fresh, progress);
        observe_(fresh, actor_, critic_);
        loop_.report(fresh, progress);
    }

    void explore([[maybe_unused]] double progress) {
        if constexpr (requires { update_.explore(progress); }) {
            update_.explore(progress);
        } else {
            static_assert(
                !requires { &Update::explore; }, "gradiva: an update's explore takes (double progress)");
        }
    }

    void collect(Rollout<Scalar>& rollout) {
        rollout.sequence = options_.sequence;
        if (options_.episodes > 0) {
            collect_.episodes(rollout, options_.episodes);
        } else {
            collect_.steps(rollout, options_.horizon);
        }
    }

    void learn(Rollout<Scalar>& fresh, Progress& progress) {
        bool has_values = false;  // the fresh one, by the present weights
        const auto estimate = [&](Rollout<Scalar>& rollout) {
            estimate_advantages(rollout, std::exchange(has_values, false) && &rollout == &fresh);
            if constexpr (has_critic<C>) progress.explained_variance = explained_variance(rollout);
        };
        if constexpr (requires { update_(store_, estimate, progress.schedule_progress); }) {
            has_values = estimate_.follow(fresh);
            progress.update = update_(store_, estimate, progress.schedule_progress);
        } else {
            static_assert(std::is_invocable_r_v<UpdateReport, Update&, Rollout<Scalar>&, double>,
                          "gradiva: a trainer's update takes (const Rollout<Scalar>&, double progress) and returns an "
                          "UpdateReport");
            estimate(fresh);
            progress.update = update_(fresh, progress.schedule_progress);
        }
    }

    void estimate_advantages(Rollout<Scalar>& rollout, bool has_values) {
        const auto estimate = [&] {
            if (has_values) {
                estimate_.finish(rollout, advantage_);
            } else {
                estimate_(rollout, advantage_);
            }
        };
        if (!options_.normalize_rewards) return estimate();
        rewards_.with_scaled(rollout, estimate);
    }

    TrainLoop loop_;
    TrainerOptions options_;
    Adv advantage_;
    Threads threads_;
    V& envs_;
    A& actor_;
    C& critic_;
    RolloutStore<Scalar> store_;
    Collector<V, A> collect_;
    RewardNormalizer<Scalar> rewards_;
    Estimator<C> estimate_;
    Update update_;
    ObservationStatistics observe_;
};

template <class V, class A, class C, class Adv, class MakeUpdate>
Trainer(const TrainerOptions&, V&, A&, C&, Adv, const MakeUpdate&)
    -> Trainer<V, A, C, Adv, std::invoke_result_t<const MakeUpdate&, Threads&>>;

}  // namespace GRADIVA_NAMESPACE
