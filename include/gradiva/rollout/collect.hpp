#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "gradiva/core/fixed_places.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/policy/check_fit.hpp"
#include "gradiva/policy/explain.hpp"
#include "gradiva/rollout/detail/collect_steps.hpp"

namespace GRADIVA_NAMESPACE {

/// Fills rollouts: the actor acts in the environments, which go on from one rollout to the next. Environments are split
/// into shards that run their whole time alone, without a barrier between steps. Borrows all that it is built from.
///
/// How they are split depends on their number only, or also on the number of threads where `acts_column_by_column<P>`.
/// The actions of environment n are drawn from the stream (seed, Purpose::action, n), whatever the number of threads.
///
/// What an environment throws reaches the caller after the others have run to the rollout's end, or to failures of
/// their own, of which the earliest is thrown; the rollout then holds no sample, and the next starts with resets.
///
/// Environments belong to one collector at a time: the first use by another starts them anew, and one that comes back
/// after another has used them throws `Error` before it touches them, where they count their `holders`.
template <ExplainedVectorEnv V, ExplainedBehaviour P>
class Collector {
public:
    using Scalar = typename P::Scalar;

    /// Throws `Error` when the actor does not fit the environments, and on spaces that hold nothing.
    Collector(V& envs, const P& actor, Threads& threads)
        : envs_(envs), actor_(actor), threads_(threads), steps_(envs, actor),
          observation_(observation_size_of(envs), envs.size()), mask_(mask_size_of(envs), envs.size()) {
        require(envs.size() >= 1, "Collector: there are {} environments; give at least 1", envs.size());
        require(envs.shards() >= 1, "Collector: the environments' shards() is {}; give at least 1", envs.shards());
        check_observation_space("Collector", envs.observation_space());
        check_action_space("Collector", envs.action_space());
        check_fit("Collector", actor, envs);
        const Index shards = shard_count(envs, threads);
        for (Index i = 0; i < shards; ++i) shards_.emplace_back(envs, actor, piece(envs.size(), shards, i));
    }

    /// `horizon` steps of every environment.
    void steps(Rollout<Scalar>& rollout, Index horizon) {
        require(horizon >= 1, "collect: horizon is {}; give at least 1 step", horizon);
        begin(rollout, std::numeric_limits<Index>::max());
        rollout.whole_episodes = false;
        rollout.resize(horizon);
        reserve_endings(rollout, [&](Index environments) { return environments * horizon / 4 + environments; });
        std::fill(rollout.length.begin(), rollout.length.end(), horizon);
        run_steps(rollout, 0);
        finish(rollout);
    }

    /// `quota` whole episodes of every environment: taking those that end first would favour short ones. Throws `Error`
    /// when an environment needs more than `most_steps` steps for them.
    void episodes(Rollout<Scalar>& rollout, Index quota, Index most_steps = 1'000'000) {
        require(quota >= 1, "collect: episodes is {}; give at least 1 episode per environment", quota);
        if (mid_episode_) started_ = false;  // a rollout of whole episodes starts all of them
        begin(rollout, quota);
        rollout.whole_episodes = rollout.starts_anew = true;
        reserve_endings(rollout, [&](Index environments) { return environments * quota; });
        rollout.resize(std::min(std::max(rollout.horizon, first_chunk), most_steps));
        for (Index t = 0; t < rollout.horizon;) {
            run_steps(rollout, t);
            t = rollout.horizon;
            if (!any_left()) break;
            if (t >= most_steps) {
                abandon(rollout);
                fail("collect: an environment did not finish {} episodes within {} steps; wrap it in a TimeLimit",
                     quota, t);
            }
            rollout.resize(std::min(2 * t, most_steps));
        }
        for (const Shard& shard : shards_) {
            std::copy(shard.length.begin(), shard.length.end(), rollout.length.begin() + shard.range.begin);
        }
        rollout.resize(*std::max_element(rollout.length.begin(), rollout.length.end()));
        rollout.clear_absent();
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

    using Shard = detail::CollectShard<V, P>;

    /// Starts a rollout in which every environment has `episodes` to play.
    void begin(Rollout<Scalar>& rollout, Index episodes) {
        const Index n = envs_.size();
        GRADIVA_ASSERT(rollout.environments == n && rollout.observation_size == observation_.rows());
        hold_environments();
        rollout.starts_anew = !started_;
        if (!started_) {
            run_shards(rollout, [&](Shard& shard) { steps_.reset(shard, observation_, mask_); });
            started_ = true;
        }
        for (Shard& shard : shards_) {
            shard.ended.clear();
            shard.start(episodes);
        }
        rollout.own_parameters.resize(static_cast<Index>(actor_.own_parameters().size()));
        std::copy(actor_.own_parameters().begin(), actor_.own_parameters().end(), rollout.own_parameters.begin());
        rollout.resize(std::max<Index>(rollout.horizon, 1));
        rollout.observation.copy_columns(0, observation_, {0, n});
        rollout.mask.copy_columns(0, mask_, {0, n});
    }

    /// Counts this collector among those that have used the environments, the first time.
    void hold_environments() {
        if constexpr (HasHolders<V>) {
            const bool replaced = number_ > envs_.holders();  // by other environments, assigned to the same object
            if (replaced) started_ = false;
            if (number_ == 0 || replaced) number_ = ++envs_.holders();
            require(number_ == envs_.holders(),
                    "collect: another collector or trainer has used these environments since, and they are not where "
                    "this one left them; give each environments of its own");
        }
    }

    /// Room for as many endings of episodes as are likely, so that their number seldom decides about an allocation.
    template <class Likely>
    void reserve_endings(Rollout<Scalar>& rollout, const Likely& likely) {
        for (Shard& shard : shards_) shard.ended.reserve(likely(shard.range.size()), observation_.rows(), mask_.rows());
        detail::EndedEpisodes::reserve(likely(envs_.size()), rollout);
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
        detail::EndedEpisodes::merge(
            shards_, [](Shard& shard) -> detail::EndedEpisodes& { return shard.ended; }, rollout);
    }

    void run_steps(Rollout<Scalar>& rollout, Index from) {
        run_shards(rollout, [&](Shard& shard) {
            steps_.run(shard, from, rollout, shards_.size() > 1 && shard.range.size() < narrow);
        });
    }

    /// Throws the earliest failure, in the order in which one shard of all environments would have met them.
    template <class Body>
    void run_shards(Rollout<Scalar>& rollout, const Body& body) {
        for (Shard& shard : shards_) shard.failure = {};
        undo_unless_done(
            [&] {
                threads_.run(shards_.size(), [&](Index i) { body(shards_[i]); });
                detail::CollectFailure first;
                for (const Shard& shard : shards_) first.keep(shard.failure);
                first.failure.rethrow();
            },
            [&] { abandon(rollout); });
    }

    /// After an exception the state of the environments is not known: the next rollout resets them.
    void abandon(Rollout<Scalar>& rollout) {
        started_ = false;
        std::fill(rollout.length.begin(), rollout.length.end(), 0);
    }

    bool any_left() {
        for (Shard& shard : shards_) {
            for (const Index left : shard.episodes_left) {
                if (left > 0) return true;
            }
        }
        return false;
    }

    V& envs_;
    const P& actor_;
    Threads& threads_;
    detail::CollectSteps<V, P> steps_;
    bool started_ = false;
    bool mid_episode_ = false;
    Index number_ = 0;                 // among the collectors that have used the environments; 0: it has not yet
    MatrixBuffer<float> observation_;  // D x N: what the next rollout starts from
    MatrixBuffer<std::uint8_t> mask_;  // mask_size x N: the same
    FixedPlaces<Shard> shards_;
};

}  // namespace GRADIVA_NAMESPACE
