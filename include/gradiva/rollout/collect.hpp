#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>
#include <type_traits>

#include "gradiva/core/fixed_places.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/env/check_observation.hpp"
#include "gradiva/policy/check_fit.hpp"
#include "gradiva/rollout/collect_shard.hpp"

namespace gradiva {

/// Fills rollouts: the actor acts in the environments, which go on from one rollout to the next. Environments are split
/// into shards that run their whole time alone, without a barrier between steps. Borrows all that it is built from.
///
/// How they are split depends on their number only, or also on the number of threads where `acts_column_by_column<P>`.
/// The actions of environment n are drawn from the stream (seed, Purpose::action, n), whatever the number of threads.
template <VectorEnv V, Behaviour P>
class Collector {
public:
    using Scalar = typename P::Scalar;

    /// Throws `Error` when the actor does not fit the environments.
    Collector(V& envs, const P& actor, Threads& threads)
        : envs_(envs), actor_(actor), threads_(threads), action_space_(envs.action_space()),
          observation_(observation_size_of(envs), envs.size()), mask_(mask_size_of(envs), envs.size()) {
        require(envs.size() >= 1, "Collector: there are {} environments; give at least 1", envs.size());
        check_fit("Collector", actor, envs);
        const Index shards = shard_count(envs, threads);
        for (Index i = 0; i < shards; ++i) shards_.emplace_back(envs, actor, piece(envs.size(), shards, i));
        episodes_left_.assign(envs.size(), 0);
    }

    /// `horizon` steps of every environment.
    void steps(Rollout<Scalar>& rollout, Index horizon) {
        require(horizon >= 1, "collect: horizon is {}; give at least 1 step", horizon);
        begin(rollout, false);
        rollout.resize(horizon);
        reserve_endings(rollout, [&](Index environments) { return environments * horizon / 4 + environments; });
        std::fill(rollout.length.begin(), rollout.length.end(), horizon);
        run_shards([&](Shard& shard) {
            advance(shard, 0, rollout, [&](Index t, const Target& target) { step(shard, shard.range, t, target); });
        });
        finish(rollout);
    }

    /// `quota` whole episodes of every environment: taking those that end first would favour short ones. Throws `Error`
    /// when an environment needs more than `most_steps` steps for them.
    void episodes(Rollout<Scalar>& rollout, Index quota, Index most_steps = 1'000'000) {
        require(quota >= 1, "collect: episodes is {}; give at least 1 episode per environment", quota);
        if (mid_episode_) started_ = false;  // a rollout of whole episodes starts all of them
        begin(rollout, true);
        reserve_endings(rollout, [&](Index environments) { return environments * quota; });
        rollout.resize(std::min(std::max(rollout.horizon, first_chunk), most_steps));
        std::fill(rollout.length.begin(), rollout.length.end(), 0);
        std::fill(episodes_left_.begin(), episodes_left_.end(), quota);
        for (Index t = 0; t < rollout.horizon;) {
            run_shards([&](Shard& shard) {
                advance(shard, t, rollout,
                        [&](Index now, const Target& target) { step_unfinished(shard, now, target, rollout); });
            });
            t = rollout.horizon;
            if (!any_left()) break;
            if (t >= most_steps) {
                started_ = false;
                fail("collect: an environment did not finish {} episodes within {} steps; wrap it in a TimeLimit",
                     quota, t);
            }
            rollout.resize(std::min(2 * t, most_steps));
        }
        rollout.resize(*std::max_element(rollout.length.begin(), rollout.length.end()));
        finish(rollout);
    }

private:
    static constexpr Index first_chunk = 64;

    // A batch of so many columns keeps a layer's weights in registers well used, and its activations in cache.
    static constexpr Index most_columns = 128;
    // Where a split must not depend on the threads: enough work for one to be worth waking, enough parts for many.
    static constexpr Index fewest_columns = 4;
    static constexpr Index most_fixed_shards = 64;

    /// Into how many shards the environments are split. It may depend on the number of threads only where that changes
    /// no bit.
    static Index shard_count(const V& envs, const Threads& threads) {
        Index shards = std::min(most_fixed_shards, pieces_of(envs.size(), fewest_columns));
        if constexpr (acts_column_by_column<P>) {
            shards = std::max(threads.count(), pieces_of(envs.size(), most_columns));
        }
        return std::clamp<Index>(shards, 1, envs.shards());
    }

    // Shards with fewer environments than this write into parts of the rollout, so many steps at a time.
    static constexpr Index narrow = 64;
    static constexpr Index steps_of_part = 64;

    using Shard = detail::CollectShard<V, P>;
    using Target = detail::CollectTarget<Scalar>;

    void begin(Rollout<Scalar>& rollout, bool whole_episodes) {
        const Index n = envs_.size();
        GRADIVA_ASSERT(rollout.environments == n && rollout.observation_size == observation_.rows());
        for (Shard& shard : shards_) shard.ended.clear();
        if (!started_) {
            run_shards([&](Shard& shard) {
                std::fill(shard.running.begin(), shard.running.end(), FinishedEpisode{});
                envs_.reset(shard.range, observation_.columns(shard.range));
                check(observation_.columns(shard.range), shard.range, "reset");
                ask_mask(shard.range, mask_.columns(shard.range), "reset");
            });
            started_ = true;
        }
        rollout.whole_episodes = whole_episodes;
        rollout.own_parameters.resize(static_cast<Index>(actor_.own_parameters().size()));
        std::copy(actor_.own_parameters().begin(), actor_.own_parameters().end(), rollout.own_parameters.begin());
        rollout.resize(std::max<Index>(rollout.horizon, 1));
        rollout.observation.copy_columns(0, observation_, {0, n});
        rollout.mask.copy_columns(0, mask_, {0, n});
    }

    /// Room for as many endings of episodes as are likely, so that their number seldom decides about an allocation.
    template <class Likely>
    void reserve_endings(Rollout<Scalar>& rollout, const Likely& likely) {
        for (Shard& shard : shards_) shard.ended.reserve(likely(shard.range.size()), observation_.rows(), mask_.rows());
        EndedEpisodes::reserve(likely(envs_.size()), rollout);
    }

    void finish(Rollout<Scalar>& rollout) {
        mid_episode_ = false;
        for (Index n = 0; n < envs_.size(); ++n) {
            const Index last = rollout.length[n] * envs_.size() + n;
            observation_.copy_columns(n, rollout.observation, {last, last + 1});
            mask_.copy_columns(n, rollout.mask, {last, last + 1});
        }
        for (Shard& shard : shards_) {
            for (const FinishedEpisode& episode : shard.running) mid_episode_ = mid_episode_ || episode.length > 0;
        }
        rollout.log_ratio.clear_columns({0, rollout.log_ratio.cols()});
        rollout.finished.clear();
        rollout.final_sample.clear();
        rollout.final_observation.resize(observation_.rows(), 0);
        rollout.final_mask.resize(mask_.rows(), 0);
        EndedEpisodes::merge(
            shards_, [](Shard& shard) -> EndedEpisodes& { return shard.ended; }, rollout);
    }

    /// After an exception the environments are in the middle of nowhere: the next rollout resets them.
    template <class Body>
    void run_shards(const Body& body) {
        try {
            threads_.run(shards_.size(), [&](Index i) { body(shards_[i]); });
        } catch (...) {
            started_ = false;
            throw;
        }
    }

    /// Calls `step(t, target)` for all times from `from` on.
    template <class Step>
    void advance(Shard& shard, Index from, Rollout<Scalar>& rollout, const Step& step) {
        if (shards_.size() == 1 || shard.range.size() >= narrow) {
            for (Index t = from; t < rollout.horizon; ++t) step(t, Target{rollout, 0, 0});
            return;
        }
        for (Index begin = from; begin < rollout.horizon; begin += steps_of_part) {
            const Index end = std::min(begin + steps_of_part, rollout.horizon);
            const Target target{shard.part.start(rollout, begin, end - begin), shard.range.begin, begin};
            for (Index t = begin; t < end; ++t) step(t, target);
            shard.part.finish(rollout, begin);
        }
    }

    /// Acts once in the environments that have episodes left; the others' columns are left empty.
    void step_unfinished(Shard& shard, Index t, const Target& target, Rollout<Scalar>& rollout) {
        Index n = shard.range.begin;
        while (n < shard.range.end) {
            Index end = n;
            while (end < shard.range.end && episodes_left_[end] > 0) ++end;
            if (end > n) {
                step(shard, {n, end}, t, target);
                for (; n < end; ++n) ++rollout.length[n];
            } else {
                leave_empty(n++, t, target);
            }
        }
    }

    /// Acts once in the environments of `range` at time t.
    void step(Shard& shard, Range range, Index t, const Target& target) {
        Rollout<Scalar>& rollout = target.rollout;
        const Range now = target.columns(t, range);
        const Range next = target.columns(t + 1, range);
        const ActionMask legal = std::as_const(rollout).mask.columns(now);
        actor_.forward(shard.input(std::as_const(rollout).observation.columns(now)), legal, shard.tape);
        const ConstMatrixMap<Scalar> head = shard.tape.head;
        std::copy_n(head.data(), head.size(), rollout.head.columns(now).data());
        const ActionView actions = rollout.action.columns(now);
        actor_.sample(shard.tape,
                      shard.rngs.span().subspan(to_size(range.begin - shard.range.begin), to_size(range.size())),
                      actions);
        VectorMap<Scalar> log_prob(rollout.log_prob.data() + now.begin, now.size());
        actor_.log_prob(shard.tape, actions, log_prob);
        for (Index j = 0; j < log_prob.size(); ++j) {
            require(std::isfinite(log_prob[j]),
                    "collect: the log-prob of environment {}'s action is {}; the policy's weights have diverged, or a "
                    "behaviour gave a log-prob that is not finite",
                    range.begin + j, log_prob[j]);
        }
        StepView out{rollout.observation.columns(next),
                     shard.final_observation.columns({0, range.size()}),
                     shard.reward.span().first(to_size(range.size())),
                     {rollout.terminated.data() + now.begin, to_size(range.size())},
                     {rollout.truncated.data() + now.begin, to_size(range.size())},
                     shard.final_mask.columns({0, range.size()})};
        envs_.step(range, sent(shard, actions), out);
        check(rollout.observation.columns(next), range, "step");
        ask_mask(range, rollout.mask.columns(next), "step");
        for (Index j = 0; j < range.size(); ++j) {
            rollout.reward.data()[now.begin + j] = static_cast<Scalar>(shard.reward[j]);
            count_step(shard, range.begin + j, j, t, out);
        }
    }

    void count_step(Shard& shard, Index n, Index j, Index t, const StepView& out) {
        const double reward = out.reward[to_size(j)];
        require(std::isfinite(static_cast<Scalar>(reward)),
                "collect: environment {} gave a reward of {}; return a finite number", n, reward);
        FinishedEpisode& episode = shard.running[n - shard.range.begin];
        episode.reward_sum += reward;
        ++episode.length;
        const bool truncated = out.truncated[to_size(j)] != 0;
        if (out.terminated[to_size(j)] == 0 && !truncated) return;
        episode.environment = n;
        const Index sample = t * envs_.size() + n;
        if (truncated) {
            const auto observation = as_const(shard.final_observation.columns({j, j + 1}));
            const ActionMask mask = as_const(shard.final_mask.columns({j, j + 1}));
            check_observation("collect", observation, {n, n + 1}, "the last step of an episode");
            check_mask("collect", action_space_, mask, {n, n + 1}, "the last step of an episode");
            shard.ended.add(sample, episode, observation, mask);
        } else {
            shard.ended.add(sample, episode);
        }
        episode = {};
        --episodes_left_[n];
    }

    /// Marks (t, n) as no sample, with numbers that do no harm in vector operations over all environments.
    void leave_empty(Index n, Index t, const Target& target) {
        Rollout<Scalar>& rollout = target.rollout;
        const Range now = target.columns(t, {n, n + 1});
        const Range next = target.columns(t + 1, {n, n + 1});
        rollout.observation.copy_columns(next.begin, rollout.observation, now);
        rollout.mask.copy_columns(next.begin, rollout.mask, now);
        rollout.head.clear_columns(now);
        rollout.action.clear_columns(now);
        rollout.log_prob.data()[now.begin] = 0;
        rollout.reward.data()[now.begin] = 0;
        rollout.terminated.data()[now.begin] = 1;
        rollout.truncated.data()[now.begin] = 0;
    }

    bool any_left() const {
        return std::any_of(episodes_left_.begin(), episodes_left_.end(), [](Index left) { return left > 0; });
    }

    /// What environments get of the actions that were stored.
    ConstActionView sent(Shard& shard, const ActionView& stored) const {
        if constexpr (requires { actor_.to_environment(stored, stored); }) {
            shard.sent.resize(actor_.action_shape(), stored.reals.cols());
            actor_.to_environment(stored, shard.sent.all());
            return std::as_const(shard.sent).all();
        } else {
            return stored;
        }
    }

    void ask_mask(Range range, MatrixMap<std::uint8_t> legal, const char* where) const {
        if constexpr (detail::HasVectorActionMask<V>) {
            envs_.action_mask(range, legal);
            check_mask("collect", action_space_, as_const(legal), range, where);
        }
    }

    static void check(const MatrixMap<float>& observation, Range range, const char* where) {
        check_observation("collect", as_const(observation), range, where);
    }

    static std::size_t to_size(Index i) { return static_cast<std::size_t>(i); }

    V& envs_;
    const P& actor_;
    Threads& threads_;
    decltype(std::declval<const V&>().action_space()) action_space_;
    bool started_ = false;
    bool mid_episode_ = false;
    MatrixBuffer<float> observation_;  // D x N: what the next rollout starts from
    MatrixBuffer<std::uint8_t> mask_;  // mask_size x N: the same
    FixedPlaces<Shard> shards_;
    Buffer<Index> episodes_left_;
};

}  // namespace gradiva
