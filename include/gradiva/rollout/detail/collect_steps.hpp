#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include "gradiva/env/check_action.hpp"
#include "gradiva/env/check_observation.hpp"
#include "gradiva/policy/check_head.hpp"
#include "gradiva/rollout/detail/collect_shard.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Acts in the environments of a shard and writes what follows into a rollout. Borrows environments and actor.
///
/// An environment that fails stands still for the rest of the rollout; the others of the shard go on as if nothing had
/// happened, if the environments promise `fails_one_by_one`. How far each of them and its random numbers have come at
/// the end then depends on itself alone. Without the promise the whole shard stands still.
template <VectorEnv V, Behaviour P>
class CollectSteps {
public:
    using Scalar = typename P::Scalar;
    using Shard = CollectShard<V, P>;

    CollectSteps(V& envs, const P& actor) : envs_(envs), actor_(actor), action_space_(envs.action_space()) {}

    /// Starts an episode in all environments; `observation` and `mask` are of all shards.
    void reset(Shard& shard, MatrixBuffer<float>& observation, MatrixBuffer<std::uint8_t>& mask) {
        std::fill(shard.running.begin(), shard.running.end(), FinishedEpisode{});
        CollectStage stage = CollectStage::step;
        leave_unwritten(observation.columns(shard.range), mask.columns(shard.range));
        leave_unwritten(shard.final_observation.matrix(), shard.final_mask.matrix());
        attempt(shard, 0, stage, [&] {
            envs_.reset(shard.range, observation.columns(shard.range));
            check_state(shard.range, observation.columns(shard.range), mask.columns(shard.range), "reset", stage);
        });
    }

    /// Steps the environments that have episodes left until the rollout's end, from time `from` on. `in_parts`: see
    /// `RolloutPart`.
    void run(Shard& shard, Index from, Rollout<Scalar>& rollout, bool in_parts) {
        if (!in_parts) {
            for (Index t = from; t < rollout.horizon; ++t) step_playing(shard, t, Target{rollout, 0, 0});
            return;
        }
        for (Index begin = from; begin < rollout.horizon; begin += steps_of_part) {
            const Index end = std::min(begin + steps_of_part, rollout.horizon);
            const Target target{shard.part.start(rollout, begin, end - begin), shard.range.begin, begin};
            for (Index t = begin; t < end; ++t) step_playing(shard, t, target);
            shard.part.finish(rollout, begin);
        }
    }

private:
    using Target = CollectTarget<Scalar>;

    static constexpr Index steps_of_part = 64;

    void step_playing(Shard& shard, Index t, const Target& target) {
        const Range all = shard.range;
        if (shard.all_play) return step(shard, all, t, target);
        const auto plays = [&](Index n) { return shard.episodes_left[n - all.begin] > 0; };
        for (Index n = all.begin; n < all.end; ++n) {
            const Index begin = n;
            while (n < all.end && plays(n)) ++n;
            if (n > begin) step(shard, {begin, n}, t, target);
        }
    }

    /// Acts once in the environments of `range` at time t.
    void step(Shard& shard, Range range, Index t, const Target& target) {
        choose(shard, range, t, target);
        CollectStage stage = CollectStage::choice;
        const bool done = attempt(shard, t, stage, [&] { carry_out(shard, range, range.begin, t, target, stage); });
        if (!done) leave_failed_behind(shard, range, t, target, stage);
    }

    /// Calls `body()`, and keeps what it throws with the time and the stage that it came to; returns whether it came to
    /// its end.
    template <class Body>
    static bool attempt(Shard& shard, Index t, const CollectStage& stage, const Body& body) {
        CaughtException failure;
        if (failure.attempt(body)) return true;
        shard.failure.keep({std::move(failure), {t, stage}});
        return false;
    }

    void choose(Shard& shard, Range range, Index t, const Target& target) {
        Rollout<Scalar>& rollout = target.rollout;
        const Range now = target.columns(t, range);
        const ActionMask legal = std::as_const(rollout).mask.columns(now);
        actor_.forward(shard.input(std::as_const(rollout).observation.columns(now)), legal, shard.tape);
        const ConstMatrixMap<Scalar> head = shard.tape.head;
        std::copy_n(head.data(), head.size(), rollout.head.columns(now).data());
        const ActionView actions = rollout.action.columns(now);
        actor_.sample(shard.tape,
                      shard.rngs.span().subspan(to_size(range.begin - shard.range.begin), to_size(range.size())),
                      actions);
        actor_.log_prob(shard.tape, actions, VectorMap<Scalar>(rollout.log_prob.data() + now.begin, now.size()));
    }

    /// The rest of a step of `range`, part of the environments from `first` on that chose together, from a stage on:
    /// either before the environments are stepped, or after.
    void carry_out(Shard& shard, Range range, Index first, Index t, const Target& target, CollectStage& stage) {
        Rollout<Scalar>& rollout = target.rollout;
        const Range now = target.columns(t, range), next = target.columns(t + 1, range);
        const Range room{range.begin - first, range.end - first};
        const std::size_t size = to_size(range.size());
        StepView out{rollout.observation.columns(next),
                     shard.final_observation.columns(room),
                     shard.reward.span().subspan(to_size(room.begin), size),
                     {rollout.terminated.data() + now.begin, size},
                     {rollout.truncated.data() + now.begin, size},
                     shard.final_mask.columns(room)};
        if (stage == CollectStage::choice) {
            const ConstActionView actions = sent_actions(actor_, rollout.action.columns(now), shard.sent);
            check_choice(rollout, now, range, actions);
            stage = CollectStage::step;
            leave_unwritten(rollout.observation.columns(next), rollout.mask.columns(next));
            leave_unwritten(out);
            envs_.step(range, actions, out);
        }
        check_state(range, rollout.observation.columns(next), rollout.mask.columns(next), "step", stage);
        stage = CollectStage::outcome;
        take_rewards(range, out, rollout.reward.data() + now.begin);
        for (Index j = 0; j < range.size(); ++j) count_step(shard, range.begin + j, j, t, out);
    }

    /// Goes on with a step that failed at a stage, environment by environment: those that fail stand still.
    [[gnu::noinline]] void leave_failed_behind(Shard& shard, Range range, Index t, const Target& target,
                                               CollectStage failed) {
        if constexpr (!fails_one_by_one<V>) {
            for (Index own = 0; own < shard.range.size(); ++own) shard.stop(own);
            return;
        }
        for (Index n = range.begin; n < range.end; ++n) {
            // None was stepped, or all were.
            CollectStage stage = failed == CollectStage::choice ? failed : CollectStage::observation;
            const bool done = attempt(shard, t, stage, [&] {
                carry_out(shard, {n, n + 1}, range.begin, t, target, stage);
            });
            if (!done) shard.stop(n - shard.range.begin);
        }
    }

    /// What environments then fail to write is noticed: no number of an observation is NaN, none of a mask 255.
    static void leave_unwritten(MatrixMap<float> observation, MatrixMap<std::uint8_t> mask) {
        std::fill_n(observation.data(), observation.size(), std::numeric_limits<float>::quiet_NaN());
        std::fill_n(mask.data(), mask.size(), unwritten_mask);
    }

    /// The same for what a step gives besides: rewards of NaN and flags of 255.
    static void leave_unwritten(const StepView& out) {
        std::fill(out.reward.begin(), out.reward.end(), std::numeric_limits<double>::quiet_NaN());
        std::fill(out.terminated.begin(), out.terminated.end(), unwritten_mask);
        std::fill(out.truncated.begin(), out.truncated.end(), unwritten_mask);
    }

    void count_step(Shard& shard, Index n, Index j, Index t, StepView& out) {
        const Index own = n - shard.range.begin;
        FinishedEpisode& episode = shard.running[own];
        episode.reward_sum += out.reward[to_size(j)];
        ++episode.length;
        const bool truncated = out.truncated[to_size(j)] != 0;
        if (out.terminated[to_size(j)] == 0 && !truncated) return;
        episode.environment = n;
        const Index sample = t * envs_.size() + n;
        if (truncated) {
            shard.ended.add(sample, episode, final_observation(out, j), final_mask(out, j));
        } else {
            shard.ended.add(sample, episode);
        }
        leave_unwritten(
            MatrixMap<float>(out.final_observation.data() + j * out.final_observation.outerStride(),
                             out.final_observation.rows(), 1),
            MatrixMap<std::uint8_t>(out.final_mask.data() + j * out.final_mask.rows(), out.final_mask.rows(), 1));
        episode = {};
        if (--shard.episodes_left[own] > 0) return;
        shard.stop(own);
        shard.length[own] = t + 1;
    }

    /// Copies rewards, and checks them and what is observed at the end of truncated episodes.
    void take_rewards(Range range, const StepView& out, Scalar* reward) const {
        Scalar zero = 0;  // infinity and NaN times zero are NaN
        unsigned truncated = 0, wrong = 0;
        for (Index j = 0; j < range.size(); ++j) {
            reward[j] = static_cast<Scalar>(out.reward[to_size(j)]);
            zero += reward[j] * Scalar(0);
            truncated |= out.truncated[to_size(j)];
            wrong |= unsigned{out.terminated[to_size(j)]} + out.truncated[to_size(j)] > 1;
        }
        if (zero == 0 && truncated == 0 && wrong == 0) return;
        for (Index j = 0; j < range.size(); ++j) check_outcome(range.begin + j, j, out);
    }

    void check_outcome(Index n, Index j, const StepView& out) const {
        check_flags(n, out.terminated[to_size(j)], out.truncated[to_size(j)]);
        const double reward = out.reward[to_size(j)];
        require(std::isfinite(static_cast<Scalar>(reward)),
                "collect: environment {} gave a reward of {}, or did not write it; give a finite number", n, reward);
        if (out.truncated[to_size(j)] == 0) return;
        check_observation("collect", final_observation(out, j), {n, n + 1}, "the last step of an episode");
        check_mask("collect", action_space_, final_mask(out, j), {n, n + 1}, "the last step of an episode");
    }

    static void check_flags(Index n, unsigned terminated, unsigned truncated) {
        require(terminated <= 1 && truncated <= 1,
                "collect: environment {} gave terminated = {} and truncated = {}, or did not write them; write 0 or 1",
                n, terminated, truncated);
        require(terminated + truncated <= 1,
                "collect: a step of environment {} is both terminated and truncated; truncated is for an episode that "
                "is cut off from outside although it could go on",
                n);
    }

    /// Checks actions of `range`, stored in columns `now`, and how they came about.
    void check_choice(const Rollout<Scalar>& rollout, Range now, Range range, const ConstActionView& actions) const {
        const Scalar* const log_prob = rollout.log_prob.data() + now.begin;
        for (Index j = 0; j < range.size(); ++j) {
            require(std::isfinite(log_prob[j]),
                    "collect: the log-prob of environment {}'s action is {}; the policy's weights have diverged, or a "
                    "behaviour gave a log-prob that is not finite",
                    range.begin + j, log_prob[j]);
        }
        const ActionMask legal = rollout.mask.columns(now);
        check_head<Scalar>("collect", rollout.head.columns(now), legal, range);
        check_actions("collect", action_space_, actions, legal, range);
    }

    /// Checks what environments observe, and asks for their masks.
    void check_state(Range range, MatrixMap<float> observation, MatrixMap<std::uint8_t> legal, const char* where,
                     CollectStage& stage) const {
        stage = CollectStage::observation;
        check_observation("collect", as_const(observation), range, where);
        if constexpr (HasVectorActionMask<V>) {
            stage = CollectStage::mask;
            envs_.action_mask(range, legal);
            stage = CollectStage::legality;
            check_mask("collect", action_space_, as_const(legal), range, where);
        }
    }

    static ConstMatrixMap<float> final_observation(const StepView& out, Index j) {
        return {out.final_observation.data() + j * out.final_observation.outerStride(), out.final_observation.rows(),
                1};
    }
    static ActionMask final_mask(const StepView& out, Index j) {
        return {out.final_mask.data() + j * out.final_mask.rows(), out.final_mask.rows(), 1};
    }

    V& envs_;
    const P& actor_;
    decltype(std::declval<const V&>().action_space()) action_space_;
};

}  // namespace GRADIVA_NAMESPACE::detail
