#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "gradiva/core/state.hpp"
#include "gradiva/env/checked_envs.hpp"
#include "gradiva/policy/checked_behaviour.hpp"
#include "gradiva/rollout/carried_states.hpp"
#include "gradiva/rollout/column_passes.hpp"
#include "gradiva/rollout/detail/collect_failure.hpp"
#include "gradiva/rollout/detail/ended_episodes.hpp"
#include "gradiva/rollout/detail/rollout_part.hpp"
#include "gradiva/rollout/step_watch.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Neighbouring environments that one thread steps, with the buffers for it: acts in them and writes what follows into
/// a rollout. Borrows environments and actor.
///
/// An environment that fails is stepped no more in this rollout; the others of the shard go on as if nothing had
/// happened, if the environments promise `fails_one_by_one`. How far each of them and its random numbers have come at
/// the end then depends on itself alone. Without the promise none of the shard is stepped any more.
template <VectorEnv V, Behaviour P>
class alignas(buffer_alignment) CollectShard {
public:
    using Scalar = typename P::Scalar;

    CollectShard(V& envs, const P& actor, Range environments)
        : range_(environments), total_(envs.size()), checked_envs_("collect", envs, environments),
          checked_actor_("collect", actor, envs.action_space(), environments.size()),
          states_(state_size_of(actor), environments), part_(envs, actor, environments),
          episodes_left_(environments.size()), length_(environments.size()) {
        for (Index n = range_.begin; n < range_.end; ++n) {
            rngs_.push_back(Rng(envs.seed(), Purpose::action, static_cast<std::uint64_t>(n)));
        }
    }

    /// Prepares for a rollout in which each environment is stepped until it has ended so many episodes, of which memory
    /// is reserved for so many as are likely to end.
    void start(Index episodes, Index likely, const Rollout<Scalar>& rollout) {
        std::fill(episodes_left_.begin(), episodes_left_.end(), episodes);
        all_run_ = true;
        ended_.start(likely * range_.size(), rollout.observation_size, rollout.mask_size, metric_count<V>);
    }

    /// Starts an episode in each environment; `observation` and `mask` have a column for each of all shards.
    void reset(MatrixBuffer<float>& observation, MatrixBuffer<std::uint8_t>& mask) {
        states_.clear(range_);
        failure_.attempt({}, 0, checked_envs_.stage,
                         [&] { checked_envs_.reset(range_, observation.columns(range_), mask.columns(range_)); });
    }

    /// Steps the environments that have episodes left, from time `from` to the rollout's end. `in_parts`: see
    /// `RolloutPart`.
    void run(Index from, Rollout<Scalar>& rollout, bool in_parts) {
        if (!in_parts) {
            for (Index t = from; t < rollout.horizon; ++t) {
                begin_step(rollout, t);
                step_running({rollout, t, t * total_});
            }
        } else {
            for (Index begin = from; begin < rollout.horizon; begin += steps_of_part) {
                const Index end = std::min(begin + steps_of_part, rollout.horizon);
                Rollout<Scalar>& part = part_.start(rollout, begin, end - begin);
                for (Index t = begin; t < end; ++t) {
                    begin_step(rollout, t);
                    step_running({part, t, (t - begin) * range_.size() - range_.begin});
                }
                part_.finish(rollout, begin);
            }
        }
        for (Index n = range_.begin; n < range_.end; ++n) {
            rollout.length[n] = runs(n) ? rollout.horizon : length_[n - range_.begin];
        }
    }

    /// Whether some environment has episodes left in this rollout.
    bool runs() const {
        return std::any_of(episodes_left_.begin(), episodes_left_.end(), [](Index left) { return left > 0; });
    }

    /// The streams of the actions, environment by environment.
    void visit_streams(State& state) {
        for (Rng& rng : rngs_) rng.visit_state(state);
    }
    /// The running episodes, environment by environment.
    void visit_episodes(State& state) { checked_envs_.visit_state(state); }
    /// The state of a behaviour with memory in environment n.
    std::span<Scalar> carried_state(Index n) { return states_.of(n); }

    /// Borrows the watch; null: none.
    void watch(const StepWatch* watch) { watch_ = watch; }

    Range range() const { return range_; }
    EndedEpisodes& ended() { return ended_; }
    CollectFailure& failure() { return failure_; }

private:
    /// A time step and the rollout that it is written to: columns `first + n` for environment n.
    struct Moment {
        Rollout<Scalar>& rollout;
        Index t;
        Index first;

        Range columns(Range r) const { return {first + r.begin, first + r.end}; }
    };

    static constexpr Index steps_of_part = 64;

    bool runs(Index n) const { return episodes_left_[n - range_.begin] > 0; }

    /// Steps environment n no more in this rollout.
    void stop(Index n) {
        episodes_left_[n - range_.begin] = 0;
        all_run_ = false;
    }

    void step_running(const Moment& now) {
        if (all_run_) return step(range_, now);
        for_each_run(
            range_, [&](Index n) { return runs(n); }, [&](Range run) { step(run, now); });
    }

    /// Calls the watch if it is for this step, and writes the states of a behaviour with memory to the rollout where
    /// sequences start.
    void begin_step([[maybe_unused]] Rollout<Scalar>& rollout, Index t) const {
        if (watch_ != nullptr && watch_->step.t == t && watch_->step.environment >= range_.begin &&
            watch_->step.environment < range_.end && runs(watch_->step.environment)) {
            watch_->before(watch_->step);
        }
        if constexpr (HasMemory<P>) {
            if (!rollout.starts_sequence(t)) return;
            rollout.actor_state.columns(rollout.columns(t / rollout.steps_of_sequence(), range_)) = states_.of(range_);
        }
    }

    void forward(Range range, const Rollout<Scalar>& rollout, Range columns) {
        const ConstMatrixMap<Scalar> observation = input_(rollout.observation.columns(columns));
        if constexpr (HasMemory<P>) {
            checked_actor_.forward(observation, rollout.mask.columns(columns), states_.one_step(range));
            states_.take(range, checked_actor_.state_after());
        } else {
            checked_actor_.forward(observation, rollout.mask.columns(columns));
        }
    }

    /// Acts once in the environments of `range`.
    void step(Range range, const Moment& now) {
        Rollout<Scalar>& rollout = now.rollout;
        const Range columns = now.columns(range);
        forward(range, rollout, columns);
        checked_actor_.draw(rngs_.span().subspan(to_size(range.begin - range_.begin), to_size(range.size())),
                            rollout.action.columns(columns));
        const ConstMatrixMap<Scalar> head = checked_actor_.head();
        std::copy_n(head.data(), head.size(), rollout.head.columns(columns).data());
        checked_envs_.stage = StepStage::choice;
        const auto all = [&] { carry_out(range, range, now); };
        CollectFailure of_all;  // the last to be kept: checks of a batch do not go environment by environment
        if (of_all.attempt(range, now.t, checked_envs_.stage, all)) return;
        of_all.environments = leave_failed_behind(range, now, checked_envs_.stage);
        failure_.keep(of_all);
    }

    /// The rest of a step of `range`, a part of the environments `batch` that acted together, from a stage on: either
    /// before the environments are stepped, or after.
    void carry_out(Range range, Range batch, const Moment& now) {
        StepStage& stage = checked_envs_.stage;
        Rollout<Scalar>& rollout = now.rollout;
        const Range columns = now.columns(range);
        const Range next{columns.begin + rollout.environments, columns.end + rollout.environments};
        const StepTarget<Scalar> target{
            rollout.observation.columns(next), rollout.mask.columns(next), rollout.reward.data() + columns.begin,
            rollout.terminated.data() + columns.begin, rollout.truncated.data() + columns.begin};
        if (stage <= StepStage::log_prob) {
            const ConstActionView actions = check_choice(range, now);
            if (stage == StepStage::choice) take_log_prob(batch, now);
            stage = StepStage::log_prob;
            checked_actor_.check_log_prob(log_prob(range, now), range);
            checked_envs_.step(range, actions, target);
        } else {
            checked_envs_.finish_step(range, target);
        }
        checked_envs_.for_each_ended(range, target, [&](Index j, const auto& episode, const auto&... of_end) {
            const Index n = range.begin + j, own = n - range_.begin;
            ended_.add(now.t * total_ + n, episode, target.truncated[j] != 0, of_end...);
            states_.clear({n, n + 1});
            if (--episodes_left_[own] > 0) return;
            stop(n);
            length_[own] = now.t + 1;
        });
    }

    /// Goes on with a step that failed at a stage, environment by environment, and stops those that fail. Returns the
    /// first of these; where it is not known, the batch or none.
    [[gnu::noinline]] Range leave_failed_behind(Range batch, const Moment& now, StepStage failed) {
        if constexpr (!fails_one_by_one<V>) {
            for (Index n = range_.begin; n < range_.end; ++n) stop(n);
            return {};
        }
        Range first = batch;
        const auto stop_failed = [&](Index n) {
            if (first == batch) first = {n, n + 1};
            stop(n);
        };
        if (failed == StepStage::choice) {
            for (Index n = batch.begin; n < batch.end; ++n) {
                if (failure_.attempt({n, n + 1}, now.t, checked_envs_.stage, [&] { check_choice({n, n + 1}, now); }))
                    continue;
                stop_failed(n);
                now.rollout.action.clear_columns(
                    now.columns({n, n + 1}));  // within the space; its log-prob is not read
            }
            checked_envs_.stage = failed = StepStage::log_prob;
            if (!failure_.attempt(batch, now.t, failed, [&] { take_log_prob(batch, now); })) {
                for (Index n = batch.begin; n < batch.end; ++n) stop(n);
                return first;
            }
        }
        for (Index n = batch.begin; n < batch.end; ++n) {
            // None was stepped, or all were.
            checked_envs_.stage = failed < StepStage::step ? failed : StepStage::observation;
            const auto one = [&] { carry_out({n, n + 1}, batch, now); };
            if (runs(n) && !failure_.attempt({n, n + 1}, now.t, checked_envs_.stage, one)) stop_failed(n);
        }
        return first;
    }

    ConstActionView check_choice(Range range, const Moment& now) {
        const Rollout<Scalar>& rollout = now.rollout;
        const Range columns = now.columns(range);
        return checked_actor_.check(rollout.head.columns(columns), rollout.mask.columns(columns),
                                    rollout.action.columns(columns), range);
    }

    VectorMap<Scalar> log_prob(Range range, const Moment& now) const {
        return {now.rollout.log_prob.data() + now.first + range.begin, range.size()};
    }

    void take_log_prob(Range batch, const Moment& now) {
        checked_actor_.log_prob(now.rollout.action.columns(now.columns(batch)), log_prob(batch, now));
    }

    Range range_;
    Index total_;  // environments of all shards
    CheckedEnvs<V, Scalar> checked_envs_;
    CheckedBehaviour<P, decltype(std::declval<const V&>().action_space())> checked_actor_;
    CarriedStates<Scalar> states_;
    RolloutPart<Scalar> part_;
    NetworkInput<Scalar> input_;
    Buffer<Rng> rngs_;             // of the actions, one per environment
    Buffer<Index> episodes_left_;  // of each environment in this rollout
    Buffer<Index> length_;         // of each environment that has no episode left: its steps in this rollout
    bool all_run_ = true;          // whether all environments have episodes left
    EndedEpisodes ended_;
    CollectFailure failure_;
    const StepWatch* watch_ = nullptr;
};

}  // namespace GRADIVA_NAMESPACE::detail
