#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_observation.hpp"
#include "gradiva/env/vector_env.hpp"

namespace GRADIVA_NAMESPACE {

/// What can fail in one time step, in the order in which it is done for a range of environments. The policy chooses
/// actions and their log-probabilities are taken; the environments are stepped, their observations are checked, their
/// masks asked for and checked; then rewards and flags are checked, and final observations with their masks, and
/// metrics.
enum class StepStage { choice, log_prob, step, observation, mask, legality, outcome };

/// Where a step of n environments is written; column and element j belong to environment `range.begin + j`.
template <class Scalar>
struct StepTarget {
    MatrixMap<float>
        observation;  ///< D x n: what is observed after the step, the first of a new episode where one ended
    MatrixMap<std::uint8_t> mask;  ///< choices x n: what is legal then; no rows where there are no masks
    Scalar* reward;                ///< n
    std::uint8_t* terminated;      ///< n, 0 or 1
    std::uint8_t* truncated;       ///< n, 0 or 1; never together with terminated
};

/// Some neighbouring environments, with the episode that each is in. Borrows the environments, and `who`, which begins
/// the text of every error.
///
/// Each reset and step throws `Error` unless observations were written and are finite (final ones where an episode was
/// truncated), masks hold 0 and 1 with a legal choice in each column, flags are 0 or 1 and never both, rewards are
/// finite as `Scalar`, and metrics of episodes that end are finite.
template <VectorEnv V, class Scalar>
class CheckedEnvs {
public:
    CheckedEnvs(const char* who, V& envs, Range environments)
        : who_(who), envs_(envs), action_space_(envs.action_space()), first_(environments.begin),
          final_observation_(observation_size_of(envs), environments.size()),
          final_mask_(mask_size_of(envs), environments.size()), metrics_(metric_count<V>, environments.size()),
          reward_(environments.size()), episode_(environments.size()) {}

    /// Starts an episode in each environment of `range`, and writes what is observed (D x range) and legal there
    /// (choices x range, or no rows where there are no masks).
    void reset(Range range, MatrixMap<float> observation, MatrixMap<std::uint8_t> mask) {
        stage = StepStage::step;
        mark_unwritten(observation, mask);
        for (Index n = range.begin; n < range.end; ++n) begin_episode(n);
        envs_.reset(range, observation);
        check_state(range, observation, mask, "reset");
    }

    /// Steps each environment of `range`. `actions` has one column for each, as environments take them.
    void step(Range range, const ConstActionView& actions, const StepTarget<Scalar>& target) {
        stage = StepStage::step;
        const Range own = own_of(range);
        const std::size_t size = to_size(range.size());
        StepView out{target.observation,
                     final_observation_.columns(own),
                     reward_.span().subspan(to_size(own.begin), size),
                     {target.terminated, size},
                     {target.truncated, size},
                     final_mask_.columns(own),
                     metrics_.columns(own)};
        mark_unwritten(target.observation, target.mask);
        std::fill(out.reward.begin(), out.reward.end(), std::numeric_limits<double>::quiet_NaN());
        for (auto* flags : {&out.terminated, &out.truncated}) {
            std::fill(flags->begin(), flags->end(), detail::unwritten_mask);
        }
        envs_.step(range, actions, out);
        finish_step(range, target);
    }

    /// The part of `step` that follows the step itself: where `step` has thrown, for each environment on its own.
    void finish_step(Range range, const StepTarget<Scalar>& target) {
        check_state(range, target.observation, target.mask, "step");
        stage = StepStage::outcome;
        const double* const reward = reward_.data() + (range.begin - first_);
        unsigned wrong = 0, ended = 0;
        for (Index j = 0; j < range.size(); ++j) {
            target.reward[j] = static_cast<Scalar>(reward[j]);
            wrong |= std::abs(target.reward[j]) <= std::numeric_limits<Scalar>::max() ? target.truncated[j] : 1U;
            ended |= unsigned{target.terminated[j]} + target.truncated[j];
        }
        if ((wrong | ended >> 1) != 0) {
            for (Index j = 0; j < range.size(); ++j) check_outcome(range.begin + j, j, target);
        }
        if constexpr (metric_count<V> != 0) {
            if (ended != 0) check_metrics(range, target);
        }
        some_ended_ = ended != 0;
        for (Index j = 0; j < range.size(); ++j) {
            FinishedEpisode& episode = episode_[range.begin - first_ + j];
            episode.reward_sum += reward[j];
            ++episode.length;
        }
    }

    /// Calls `body(j, episode, observation, mask, metrics)` for each environment `range.begin + j` of the last step's
    /// range whose episode that step ended, with the episode's last observation (D numbers), its mask if it was
    /// truncated, and its metrics.
    template <class Body>
    void for_each_ended(Range range, const StepTarget<Scalar>& target, const Body& body) {
        if (!some_ended_) return;
        for (Index j = 0; j < range.size(); ++j) {
            if (target.terminated[j] + target.truncated[j] == 0) continue;
            const Index n = range.begin + j, own = n - first_;
            body(j, std::as_const(episode_[own]), std::as_const(final_observation_).column(own),
                 std::as_const(final_mask_).column(own), std::as_const(metrics_).column(own));
            begin_episode(n);
        }
    }

    /// The episode that environment n is in, up to its last step.
    const FinishedEpisode& episode(Index n) const { return episode_[n - first_]; }

    /// The running episodes, environment by environment.
    void visit_state(State& state) {
        for (FinishedEpisode& episode : episode_) episode.visit_state(state);
        if (!state.restores()) return;
        mark_unwritten(final_observation_.matrix(), final_mask_.matrix());
        mark_unwritten_metrics({0, metrics_.cols()});
    }

    /// What is being done: when something has thrown, what that was. A caller may set it to what precedes a step.
    StepStage stage = StepStage::choice;

private:
    Range own_of(Range range) const { return {range.begin - first_, range.end - first_}; }

    // What environments then fail to write is noticed: no number of an observation is NaN, none of a mask 255.
    static void mark_unwritten(MatrixMap<float> observation, MatrixMap<std::uint8_t> mask) {
        std::fill_n(observation.data(), observation.size(), std::numeric_limits<float>::quiet_NaN());
        std::fill_n(mask.data(), mask.size(), detail::unwritten_mask);
    }

    void mark_unwritten_metrics([[maybe_unused]] Range own) {
        if constexpr (metric_count<V> != 0) {
            metrics_.columns(own).setConstant(std::numeric_limits<double>::quiet_NaN());
        }
    }

    /// What environment n does next belongs to another episode than what it did last.
    void begin_episode(Index n) {
        const Range own = own_of({n, n + 1});
        mark_unwritten(final_observation_.columns(own), final_mask_.columns(own));
        mark_unwritten_metrics(own);
        episode_[own.begin] = {.environment = n};
    }

    /// Checks what environments observe, asks for their masks, and checks these.
    void check_state(Range range, MatrixMap<float> observation, MatrixMap<std::uint8_t> mask, const char* where) {
        stage = StepStage::observation;
        check_observation(who_, as_const(observation), range, where);
        if constexpr (HasVectorActionMask<V>) {
            stage = StepStage::mask;
            envs_.action_mask(range, mask);
            stage = StepStage::legality;
            check_mask(who_, action_space_, as_const(mask), range, where);
        }
    }

    void check_outcome(Index n, Index j, const StepTarget<Scalar>& target) const {
        const unsigned terminated = target.terminated[j], truncated = target.truncated[j];
        require(terminated <= 1 && truncated <= 1,
                "{}: environment {} gave terminated = {} and truncated = {}, or did not write them; write 0 or 1", who_,
                n, terminated, truncated);
        require(terminated + truncated <= 1,
                "{}: a step of environment {} is both terminated and truncated; truncated is for an episode that is "
                "cut off from outside although it could go on",
                who_, n);
        require(std::isfinite(target.reward[j]),
                "{}: environment {} gave a reward of {}, or did not write it; give a finite number", who_, n,
                reward_[n - first_]);
        if (truncated == 0) return;
        const Range one{n, n + 1};
        const char* const where = "the last step of an episode";
        check_observation(who_, final_observation_.columns(own_of(one)), one, where);
        check_mask(who_, action_space_, final_mask_.columns(own_of(one)), one, where);
    }

    /// Of the episodes that the step has ended.
    void check_metrics(Range range, const StepTarget<Scalar>& target) const {
        for (Index j = 0; j < range.size(); ++j) {
            if (target.terminated[j] + target.truncated[j] == 0) continue;
            const std::span<const double> metrics = metrics_.column(range.begin + j - first_);
            for (std::size_t k = 0; k < metrics.size(); ++k) {
                require(std::isfinite(metrics[k]),
                        "{}: environment {} gave metric {} = {} at the end of an episode, or did not write it; write "
                        "finite numbers",
                        who_, range.begin + j, metric_names_of<V>()[k], metrics[k]);
            }
        }
    }

    const char* who_;
    V& envs_;
    decltype(std::declval<const V&>().action_space()) action_space_;
    Index first_;
    MatrixBuffer<float> final_observation_;
    MatrixBuffer<std::uint8_t> final_mask_;
    MatrixBuffer<double> metrics_;  // K x environments
    Buffer<double> reward_;
    Buffer<FinishedEpisode> episode_;
    bool some_ended_ = false;  // by the last step
};

}  // namespace GRADIVA_NAMESPACE
