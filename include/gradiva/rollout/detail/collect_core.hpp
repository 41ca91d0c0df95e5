#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "gradiva/core/fixed_places.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/rollout/detail/collect_shard.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What rollouts of fixed horizons and of whole episodes have in common: environments, split into shards, which go on
/// from one rollout to the next. See `Collector`.
template <VectorEnv V, Behaviour P>
class CollectCore {
public:
    using Scalar = typename P::Scalar;

    CollectCore(V& envs, const P& actor, Threads& threads)
        : envs_(envs), actor_(actor), threads_(threads), observation_(observation_size_of(envs), envs.size()),
          mask_(mask_size_of(envs), envs.size()) {
        const Index shards = shard_count(envs, threads);
        for (Index i = 0; i < shards; ++i) shards_.emplace_back(envs, actor, piece(envs.size(), shards, i));
    }

    /// Starts a rollout in which each environment is stepped until it has ended `episodes` episodes; reserves memory
    /// for the ends of `likely` episodes of each.
    void begin(Rollout<Scalar>& rollout, Index episodes, Index likely) {
        const Index n = envs_.size();
        GRADIVA_ASSERT(rollout.environments == n && rollout.observation_size == observation_.rows());
        hold_environments();
        rollout.starts_anew = !started_;
        rollout.is_valued = false;
        if (!started_) run_shards(rollout, [&](Shard& shard) { shard.reset(observation_, mask_); });
        started_ = true;
        for (Shard& shard : shards_) shard.start(episodes, likely, rollout);
        EndedEpisodes::reserve(likely * n, rollout);
        rollout.own_parameters.resize(static_cast<Index>(actor_.own_parameters().size()));
        std::copy(actor_.own_parameters().begin(), actor_.own_parameters().end(), rollout.own_parameters.begin());
        rollout.resize(std::max<Index>(rollout.horizon, 1));
        rollout.observation.copy_columns(0, observation_, {0, n});
        rollout.mask.copy_columns(0, mask_, {0, n});
    }

    /// Steps the environments that have episodes left, from time `from` to the rollout's end.
    void run(Rollout<Scalar>& rollout, Index from) {
        run_shards(rollout, [&](Shard& shard) {
            shard.run(from, rollout, shards_.size() > 1 && shard.range().size() < narrow);
        });
    }

    /// Whether some environment has episodes left.
    bool runs() {
        for (Shard& shard : shards_) {
            if (shard.runs()) return true;
        }
        return false;
    }

    /// Has the next rollout start with resets of all environments if some are in the middle of an episode.
    void drop_unfinished_episodes() { started_ = started_ && !mid_episode_; }

    /// Keeps what the next rollout starts from, and writes the episodes that ended.
    void finish(Rollout<Scalar>& rollout) {
        mid_episode_ = false;
        for (Index n = 0; n < envs_.size(); ++n) {
            const Index last = rollout.length[n] * envs_.size() + n, sample = last - envs_.size();
            mid_episode_ |= rollout.terminated.data()[sample] + rollout.truncated.data()[sample] == 0;
            observation_.copy_columns(n, rollout.observation, {last, last + 1});
            mask_.copy_columns(n, rollout.mask, {last, last + 1});
        }
        rollout.log_ratio.clear_columns({0, rollout.log_ratio.cols()});
        EndedEpisodes::merge(shards_, rollout);
    }

    /// After an exception the state of the environments is not known: the next rollout resets them.
    void abandon(Rollout<Scalar>& rollout) {
        started_ = false;
        std::fill(rollout.length.begin(), rollout.length.end(), 0);
    }

    /// See `Collector`.
    const std::optional<StepOfRollout>& failed_step() const { return failed_step_; }
    void watch(StepWatch watch) {
        watch_ = std::move(watch);
        for (Shard& shard : shards_) shard.watch(watch_.before ? &watch_ : nullptr);
    }

    /// The streams of the actions, and where the environments stand, environment by environment.
    void visit_state(State& state) {
        if (state.describes()) return;  // as those of the environments
        state.fixed("seed", static_cast<std::uint64_t>(envs_.seed()));
        state.fixed("environments", static_cast<Index>(envs_.size()));
        state.each("streams", shards_.size(), [&](Index i) { shards_[i].visit_streams(state); });
        if (state.restarts_episodes()) {
            if (state.restores()) started_ = false;
            return;
        }
        state("started", started_);
        state("mid_episode", mid_episode_);
        state.each("episodes", shards_.size(), [&](Index i) { shards_[i].visit_episodes(state); });
        state.each("states", envs_.size(), [&](Index n) {
            state("observation", observation_.column(n));
            state("mask", mask_.column(n));
            if constexpr (HasMemory<P>) state("memory", shard_of(n).carried_state(n));
        });
    }

private:
    using Shard = CollectShard<V, P>;

    // A batch of so many columns keeps a layer's weights in registers well used, and its activations in cache.
    static constexpr Index most_columns = 128;
    // Where a split must not depend on the threads: enough work for one to be worth waking, enough shards for many.
    static constexpr Index fewest_columns = 4;
    static constexpr Index most_fixed_shards = 64;
    // Shards with fewer environments than this write into parts of the rollout, so many steps at a time.
    static constexpr Index narrow = 64;

    /// Into how many shards the environments are split. It may depend on the number of threads only where that changes
    /// no bit.
    static Index shard_count(const V& envs, const Threads& threads) {
        Index shards = std::min(most_fixed_shards, pieces_of(envs.size(), fewest_columns));
        if constexpr (acts_column_by_column<P>) {
            shards = std::max(threads.count(), pieces_of(envs.size(), most_columns));
        }
        return std::clamp<Index>(shards, 1, envs.shards());
    }

    Shard& shard_of(Index n) {
        Index s = 0;
        while (n >= shards_[s].range().end) ++s;
        return shards_[s];
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

    /// Throws the earliest failure, in the order in which one shard of all environments would have met them.
    template <class Body>
    void run_shards(Rollout<Scalar>& rollout, const Body& body) {
        for (Shard& shard : shards_) shard.failure() = {};
        failed_step_.reset();
        undo_unless_done(
            [&] {
                threads_.run(shards_.size(), [&](Index i) { body(shards_[i]); });
                CollectFailure first;
                for (Shard& shard : shards_) first.keep(shard.failure());
                if (first.environments.size() == 1) {
                    failed_step_ = StepOfRollout{first.environments.begin, first.when.first};
                }
                first.failure.rethrow();
            },
            [&] { abandon(rollout); });
    }

    V& envs_;
    const P& actor_;
    Threads& threads_;
    bool started_ = false;             // whether the environments stand where the last rollout left them
    bool mid_episode_ = false;         // whether some of them stand in the middle of an episode
    Index number_ = 0;                 // among the collectors that have used the environments; 0: it has not yet
    MatrixBuffer<float> observation_;  // D x N: what the next rollout starts from
    MatrixBuffer<std::uint8_t> mask_;  // mask_size x N: the same
    FixedPlaces<Shard> shards_;
    std::optional<StepOfRollout> failed_step_;
    StepWatch watch_;
};

}  // namespace GRADIVA_NAMESPACE::detail
