#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "gradiva/core/check_threads.hpp"
#include "gradiva/learn/trainer_parts.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/rollout_store.hpp"
#include "gradiva/train/estimate.hpp"
#include "gradiva/train/observation_statistics.hpp"
#include "gradiva/train/reward_normalizer.hpp"
#include "gradiva/train/train_loop.hpp"

namespace GRADIVA_NAMESPACE {

/// What every trainer has to know besides its parts.
struct TrainerOptions {
    std::string_view name = {};     ///< who speaks in reports and error messages
    Index horizon = 0;              ///< steps of each environment per iteration
    Index episodes = 0;             ///< instead of a horizon: whole episodes of each environment per iteration
    Index store = 1;                ///< past rollouts that are kept, the newest included
    Index minibatch = all_samples;  ///< at most environments x horizon; with episodes any, as their lengths vary
    bool normalize_rewards = false;
    Index threads = 1;
};

namespace detail {

/// The options of `Trainer` within those of an algorithm: every field that these have too, by its name.
template <class Options>
TrainerOptions trainer_options(std::string_view name, const Options& options) {
    TrainerOptions trainer{.name = name};
    if constexpr (requires { options.horizon; }) trainer.horizon = options.horizon;
    if constexpr (requires { options.episodes; }) trainer.episodes = options.episodes;
    if constexpr (requires { options.store; }) trainer.store = options.store;
    if constexpr (requires { options.minibatch; }) trainer.minibatch = options.minibatch;
    if constexpr (requires { options.normalize_rewards; }) trainer.normalize_rewards = options.normalize_rewards;
    if constexpr (requires { options.threads; }) trainer.threads = options.threads;
    return trainer;
}

/// More samples than any memory holds, so few that sizes in bytes do not overflow.
inline constexpr Index most_samples = Index{1} << 40;

/// Throws `Error` in the name of the trainer on values out of range, and when the critic does not fit.
template <class V, class C, class Adv>
void check_trainer(const TrainerOptions& options, const V& envs, const C& critic, const Adv& advantage) {
    const auto& [name, horizon, episodes, store, minibatch, normalize_rewards, threads] = options;
    const Index n = envs.size();
    require(n >= 1, "{}: there are {} environments; give at least 1", name, n);
    require(episodes >= 0, "{}: episodes is {}; give at least 1 of each environment, or 0 and a horizon", name,
            episodes);
    require(episodes == 0 || horizon == 0,
            "{}: horizon is {} and episodes is {}; give one of them, and 0 for the other", name, horizon, episodes);
    require(episodes >= 1 || horizon >= 1, "{}: horizon is {}; give at least 1 step", name, horizon);
    require(horizon <= most_samples / n, "{}: horizon is {}; give at most {} steps of each of {} environments", name,
            horizon, most_samples / n, n);
    require(episodes <= most_samples / n, "{}: episodes is {}; give at most {} of each of {} environments", name,
            episodes, most_samples / n, n);
    require(store >= 1, "{}: store is {}; keep at least 1 rollout", name, store);
    if (episodes >= 1) {
        require(minibatch >= 1, "{}: minibatch is {}; give at least 1 sample", name, minibatch);
    } else {
        require(minibatch == all_samples || (minibatch >= 1 && minibatch <= n * horizon),
                "{}: minibatch is {}; give a number of samples from 1 to environments x horizon ({} x {} = {})", name,
                minibatch, n, horizon, n * horizon);
    }
    check_threads(name, threads);
    advantage.check(has_critic<C>);
    if constexpr (has_critic<C>) {
        require(critic.observation_size() == observation_size_of(envs),
                "{}: the critic takes observations of {} numbers, the environments give {}; build the critic from "
                "these environments",
                name, critic.observation_size(), observation_size_of(envs));
    }
}

}  // namespace detail

/// Collect, estimate, update, report, and again. Every algorithm here that collects is this loop with another update,
/// another way to collect and other defaults. An update is called with `(const Rollout<Scalar>&, double progress)`
/// after each rollout, where `progress` from 0 to 1 says where schedules stand, and returns an `UpdateReport`. Instead,
/// one that learns from older rollouts is called with `(RolloutStore<Scalar>& store, const auto& estimate, double
/// progress)` and calls `estimate(rollout)` before it learns from one. Where it has `explore(double progress)`, that is
/// called before each rollout, and at the end of `train`, so that the actor explores as a schedule says. Borrows
/// environments, actor and critic, which must outlive it.
template <detail::ExplainedVectorEnv V, detail::ExplainedPolicy A, class C, detail::ExplainedAdvantage Adv,
          class Update>
class Trainer {
public:
    using Scalar = typename A::Scalar;
    static_assert(detail::HasAdvantageOf<Adv, Scalar>,
                  "gradiva: this Advantage takes no Rollout of the actor's Scalar; let its operator() be a template "
                  "<class Scalar> of Rollout<Scalar>&");

    /// `make_update(Threads&)` makes the update, which may borrow the threads.
    template <class MakeUpdate>
    Trainer(const TrainerOptions& options, V& envs, A& actor, C& critic, Adv advantage, const MakeUpdate& make_update)
        : loop_((detail::check_trainer(options, envs, critic, advantage), options.name)), options_(options),
          advantage_(std::move(advantage)), threads_(options.threads), actor_(actor), critic_(critic),
          store_(envs, actor, options.store), collect_(envs, actor, threads_),
          rewards_(envs.size(), detail::discount_of(options.name, advantage_, options.normalize_rewards)),
          estimate_(critic, threads_), update_(make_update(threads_)), observe_(threads_) {}

    Trainer(const Trainer&) = delete;
    Trainer& operator=(const Trainer&) = delete;

    /// Trains until `steps` are done or a callback returns false; returns the last report. Callbacks are called after
    /// each iteration with `(const Progress&)` or `(const Progress&, const Trainer&)`; `Run` says what else they may
    /// have; an empty `std::optional` of one is none. Calling again goes on from there. Throws `Error` when an
    /// environment or the learning leaves finite numbers, and whatever an environment or a callback throws; the weights
    /// are then those of the last whole iteration.
    template <class... Callbacks>
    Progress train(const TrainOptions& options, Callbacks&&... callbacks) {
        const Progress last = loop_.run(
            options, *this, [this](Progress& progress) { iterate(progress); }, callbacks...);
        explore(last.schedule_progress);
        return last;
    }
    /// Only says that the steps have a name.
    template <detail::Positional Steps, class... Callbacks>
    Progress train(Steps, Callbacks&&...) {
        return detail::explain_positional_steps<Steps>();
    }

    const A& actor() const { return actor_; }
    /// The newest.
    const Rollout<Scalar>& rollout() const { return store_.newest().rollout; }
    const Update& update() const { return update_; }

private:
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
        if (options_.episodes > 0) {
            collect_.episodes(rollout, options_.episodes);
        } else {
            collect_.steps(rollout, options_.horizon);
        }
    }

    void learn(Rollout<Scalar>& fresh, Progress& progress) {
        const auto estimate = [&](Rollout<Scalar>& rollout) {
            estimate_advantages(rollout);
            if constexpr (has_critic<C>) progress.explained_variance = explained_variance(rollout);
        };
        if constexpr (requires { update_(store_, estimate, progress.schedule_progress); }) {
            progress.update = update_(store_, estimate, progress.schedule_progress);
        } else {
            static_assert(std::is_invocable_r_v<UpdateReport, Update&, const Rollout<Scalar>&, double>,
                          "gradiva: a trainer's update takes (const Rollout<Scalar>&, double progress) and returns an "
                          "UpdateReport");
            estimate(fresh);
            progress.update = update_(std::as_const(fresh), progress.schedule_progress);
        }
    }

    void estimate_advantages(Rollout<Scalar>& rollout) {
        if (!options_.normalize_rewards) return estimate_(rollout, advantage_);
        rewards_.with_scaled(rollout, [&] { estimate_(rollout, advantage_); });
    }

    TrainLoop loop_;
    TrainerOptions options_;
    Adv advantage_;
    Threads threads_;
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
