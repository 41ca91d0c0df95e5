#pragma once

#include <chrono>
#include <limits>
#include <string_view>
#include <utility>

#include "gradiva/agents/detail/column.hpp"
#include "gradiva/agents/learner_options.hpp"
#include "gradiva/algorithms/algorithm_of.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/learn/trainer_parts.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "gradiva/train/estimate.hpp"
#include "gradiva/train/observation_statistics.hpp"
#include "gradiva/train/reward_normalizer.hpp"
#include "gradiva/train/train_loop.hpp"
#include "gradiva/train/trainer_options.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// An iteration of `Trainer` without its first part: from a rollout to better weights and a report, in pieces of work
/// that may be spread over time. Borrows actor and critic.
template <Policy A, class C, Advantage Adv, AlgorithmOptions Options>
class SpreadIteration {
    using Algorithm = AlgorithmOf<Options>;
    using Optimizer = typename Algorithm::template Optimizer<typename A::Scalar>;

public:
    using Scalar = typename A::Scalar;
    using Update = Updater<A, C, typename Algorithm::Surrogate, Optimizer>;

    /// `spaces` has an environment for each column. Throws `Error` on options out of range.
    template <VectorEnv V>
    SpreadIteration(const V& spaces, Index mask_size, A& actor, C& critic, Adv advantage, const Options& options,
                    const LearnerOptions& of_learner)
        : trainer_(options_of_trainer(options, of_learner)), train_(options_of_schedules(options, of_learner)),
          loop_(check_trainer(trainer_, spaces, critic, advantage)), advantage_(std::move(advantage)), actor_(actor),
          critic_(critic), threads_(trainer_.threads), rollout_(spaces, actor),
          rewards_(spaces.size(), discount_of(trainer_.name, advantage_, trainer_.normalize_rewards)),
          estimate_(critic, threads_),
          update_(make_updater(options, actor, critic, Optimizer(), threads_, spaces.seed())), observe_(threads_),
          last_(loop_.begin(train_)) {
        rollout_.mask_size = mask_size;
        rollout_.sequence = trainer_.sequence;
        rollout_.critic_state_size = reads_actor_state<C> ? 0 : state_size_of(critic);
        rollout_.resize(trainer_.horizon);
        Column<Scalar>::reserve(spaces.size() * Column<Scalar>::likely_ends(trainer_.horizon), rollout_);
    }

    const TrainerOptions& options() const { return trainer_; }
    const TrainOptions& train_options() const { return train_; }
    const Update& update() const { return update_; }
    /// The report of the last complete iteration.
    const Progress& progress() const { return last_; }

    /// To be filled before `begin`.
    Rollout<Scalar>& rollout() { return rollout_; }
    const Rollout<Scalar>& rollout() const { return rollout_; }

    /// The next samples of a column belong to another episode than its last ones, which did not end.
    void restart(Index column) {
        rewards_.restart(column);
        estimate_.restart(column);
    }

    bool is_under_way() const { return stage_ != Stage::none; }

    void begin() {
        present_ = loop_.begin_iteration(train_, last_);
        if (trainer_.normalize_rewards) rewards_.observe(rollout_);
        estimate_.begin(rollout_);
        stage_ = Stage::values;
    }

    /// One piece of work. Returns whether another one follows. Throws `Error` where the update does; the iteration has
    /// to be given up then, and weights are as they were before it.
    bool step() {
        loop_.within_iteration([&] { next_piece(); });
        return is_under_way();
    }

    /// Gives up an iteration of which a piece has thrown.
    void give_up() { stage_ = Stage::none; }

private:
    enum class Stage { none, values, advantages, minibatches, end };

    static TrainerOptions options_of_trainer(const Options& options, const LearnerOptions& of_learner) {
        TrainerOptions trainer = trainer_options(Algorithm::name, options);
        if (of_learner.threads > 0) trainer.threads = of_learner.threads;
        return trainer;
    }

    static TrainOptions options_of_schedules(const Options& options, const LearnerOptions& of_learner) {
        const Index steps = of_learner.schedule_steps;
        require(
            steps > 0 || has_constant_schedules(options),
            "Learner: a schedule of {}'s options is not constant, and schedule_steps is 0; give the number of steps "
            "over which it runs",
            Algorithm::name);
        return {.steps = steps > 0 ? steps : std::numeric_limits<Index>::max(), .schedule_steps = steps};
    }

    static bool has_constant_schedules(const Options& options) {
        bool constant = options.learning_rate.is_constant() && options.entropy.is_constant();
        if constexpr (requires { options.clip; }) constant = constant && options.clip.is_constant();
        if constexpr (requires { options.value_clip; }) constant = constant && options.value_clip.is_constant();
        return constant;
    }

    void next_piece() {
        switch (stage_) {
            case Stage::none: break;
            case Stage::values:
                if (!estimate_.step(rollout_)) stage_ = Stage::advantages;
                break;
            case Stage::advantages:
                find_advantages();
                update_.begin(rollout_, present_.schedule_progress);
                stage_ = Stage::minibatches;
                break;
            case Stage::minibatches:
                if (!update_.step()) stage_ = Stage::end;
                break;
            case Stage::end: finish(); break;
        }
    }

    void find_advantages() {
        const auto find = [&] { estimate_.finish(rollout_, advantage_); };
        if (trainer_.normalize_rewards) {
            rewards_.with_scaled(rollout_, find);
        } else {
            find();
        }
        present_.explained_variance = explained_variance(rollout_);
    }

    void finish() {
        present_.update = update_.finish();
        observe_(rollout_, actor_, critic_);
        loop_.report(rollout_, present_);
        loop_.end_iteration(train_, start_, present_);
        last_ = present_;
        stage_ = Stage::none;
    }

    TrainerOptions trainer_;
    TrainOptions train_;
    TrainLoop loop_;
    Adv advantage_;
    A& actor_;
    C& critic_;
    Threads threads_;
    Rollout<Scalar> rollout_;
    RewardNormalizer<Scalar> rewards_;
    Estimator<C> estimate_;
    Update update_;
    ObservationStatistics observe_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    Stage stage_ = Stage::none;
    Progress last_;
    Progress present_;  // of the iteration under way
};

}  // namespace GRADIVA_NAMESPACE::detail
