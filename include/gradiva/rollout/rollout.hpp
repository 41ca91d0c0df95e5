#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <string_view>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/nn/sequences.hpp"
#include "gradiva/policy/explain.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// The experience of N environments over T steps under one policy, as a structure of arrays. Sample (t, n), step t of
/// environment n, is column, or element, t N + n, so that one time step is contiguous. `Collector` fills the first
/// part, `Estimator` the second.
///
/// Environments may have unequal numbers of samples, as in rollouts of whole episodes: `holds(t, n)` says what is a
/// sample. The observation that follows an environment's last sample is in the column after it; columns beyond are
/// padding, which `clear_absent` fills with valid numbers.
template <class ScalarT>
struct Rollout {
    using Scalar = ScalarT;

    /// Fits the observations and actions of these environments and this policy.
    template <ExplainedVectorEnv V, ExplainedBehaviour P>
    Rollout(const V& envs, const P& actor)
        : environments(envs.size()), observation_size(observation_size_of(envs)), head_size(actor.head_size()),
          actor_state_size(state_size_of(actor)), mask_size(mask_size_of(envs)), metric_names(metric_names_of<V>()),
          action_shape(actor.action_shape()) {}

    Index environments;
    Index observation_size;
    Index head_size;
    Index actor_state_size;       ///< S: numbers in the state of a policy with memory, 0 for one without
    Index critic_state_size = 0;  ///< the same of the critic; set by `Estimator`, if not before
    Index mask_size;              ///< rows of action masks, one per choice; 0 where the environments have no masks
    std::span<const std::string_view> metric_names;  ///< of the environments' metrics; empty where they have none
    ActionShape action_shape;
    Index horizon = 0;            ///< T
    Index sequence = 0;           ///< L: networks with memory learn from sequences of so many steps; 0: of all steps
    bool starts_anew = false;     ///< every environment's samples start with a reset
    bool whole_episodes = false;  ///< the same, and they end with an episode's end
    bool is_valued = false;       ///< a critic with memory has valued it: `critic_state` says from where

    // Filled by `Collector`.
    MatrixBuffer<float> observation;   ///< D x (T + 1) N: column t N + n before step t, those of t = T after the last
    MatrixBuffer<std::uint8_t> mask;   ///< mask_size x (T + 1) N: 1 for a legal choice, 0 for another
    ActionBatch action;                ///< T N columns: as the policy stores them
    MatrixBuffer<Scalar> head;         ///< head_size x T N: output of the acting policy's network
    Buffer<Scalar> own_parameters;     ///< of the acting distribution, such as log standard deviations
    MatrixBuffer<Scalar> log_prob;     ///< N x T: log mu(a | s) of the acting policy mu
    MatrixBuffer<Scalar> actor_state;  ///< S x ceil(T / L) N: column c N + n the acting policy's state before step c L
    MatrixBuffer<Scalar> reward;       ///< N x T, as the environments gave it
    MatrixBuffer<std::uint8_t> terminated;  ///< N x T, 0 or 1
    MatrixBuffer<std::uint8_t> truncated;   ///< N x T, 0 or 1; never together with terminated
    Buffer<Index> length;                   ///< N: number of samples of each environment
    Buffer<Index> final_sample;             ///< F: samples that truncated an episode, ascending
    MatrixBuffer<float> final_observation;  ///< D x F: the last observations of these episodes, before the resets
    MatrixBuffer<std::uint8_t> final_mask;  ///< mask_size x F: the masks that go with them
    Buffer<FinishedEpisode> finished;       ///< episodes that ended, in ascending order of their last samples
    MatrixBuffer<double> metrics;           ///< K x finished: their metrics, by `metric_names`

    // Zero after `Collector`; filled by `Reweigher` where another policy learns from the rollout.
    MatrixBuffer<Scalar> log_ratio;  ///< N x T: log pi(a | s) - log_prob, pi being the policy that learns

    // Filled by `Estimator`.
    MatrixBuffer<Scalar> critic_state;  ///< as `actor_state`, of the critic; those after the first when last valued
    MatrixBuffer<Scalar> value;         ///< N x (T + 1): V of each observation
    MatrixBuffer<Scalar> next_value;    ///< N x T: V of the state after; of the final one if truncated, 0 if terminated
    MatrixBuffer<Scalar> continues;     ///< N x T: 0 where an episode ended, else 1
    MatrixBuffer<Scalar> advantage;     ///< N x T
    MatrixBuffer<Scalar> value_target;  ///< N x T: what the critic is fitted to
    Buffer<double> workspace;           ///< scratch buffer of advantage components that sum over episodes

    /// Resizes all that is of T steps to `steps`, at least 1, time steps; the data of those that remain is kept.
    void resize(Index steps) {
        horizon = steps;
        observation.resize(observation_size, (steps + 1) * environments);
        mask.resize(mask_size, (steps + 1) * environments);
        action.resize(action_shape, steps * environments);
        head.resize(head_size, steps * environments);
        for (auto* part : {&log_prob, &log_ratio, &reward, &next_value, &continues, &advantage, &value_target}) {
            part->resize(environments, steps);
        }
        actor_state.resize(actor_state_size, sequences_of_each() * environments);
        critic_state.resize(critic_state_size, sequences_of_each() * environments);
        value.resize(environments, steps + 1);
        terminated.resize(environments, steps);
        truncated.resize(environments, steps);
        length.resize(environments);
    }

    /// Time steps of a sequence, but for the last ones, which may be shorter.
    Index steps_of_sequence() const { return sequence == 0 ? std::max<Index>(horizon, 1) : sequence; }
    /// How many sequences the horizon is cut into.
    Index sequences_of_each() const { return pieces_of(horizon, steps_of_sequence()); }
    /// Whether a sequence starts at time t.
    bool starts_sequence(Index t) const { return sequence == 0 ? t == 0 : t % sequence == 0; }
    /// Whether it has states of a policy or a critic with memory.
    bool holds_states() const { return actor_state_size + critic_state_size > 0; }

    /// Gives a rollout that no policy with memory has acted states of `size` zeros, from which such a policy goes over
    /// it.
    void assume_actor_states(Index size) {
        actor_state_size = size;
        actor_state.resize(size, sequences_of_each() * environments);
        actor_state.clear_columns({0, actor_state.cols()});
    }

    /// Whether there is a sample of environment n at time t.
    bool holds(Index t, Index n) const { return t < length[n]; }
    /// Whether an episode ended with sample t N + n.
    bool ends_episode(Index sample) const { return terminated.data()[sample] + truncated.data()[sample] != 0; }

    Index sample_count() const { return std::accumulate(length.begin(), length.end(), Index{0}); }

    /// Calls `body(t, range)` for each run of neighbouring environments without a sample at time t, in order of time.
    template <class Body>
    void for_each_absent(const Body& body) const {
        const Index first = length.empty() ? 0 : *std::min_element(length.begin(), length.end());
        for (Index t = first; t < horizon; ++t) {
            for_each_run(
                {0, environments}, [&](Index n) { return !holds(t, n); }, [&](Range run) { body(t, run); });
        }
    }

    /// Fills the padding: 0 in all that `Collector` writes, terminated 1, and every choice legal. The observation that
    /// follows an environment's last sample is kept.
    void clear_absent() {
        const auto clear_state = [this](Range empty) {
            observation.clear_columns(empty);
            mask.columns(empty).setOnes();
        };
        for_each_absent([&](Index t, Range range) {
            const Range now = columns(t, range);
            if (t == 0) clear_state(now);
            clear_state(columns(t + 1, range));
            action.clear_columns(now);
            head.clear_columns(now);
            for (auto* part : {&log_prob, &log_ratio, &reward})
                std::fill_n(part->data() + now.begin, now.size(), Scalar(0));
            std::fill_n(terminated.data() + now.begin, now.size(), std::uint8_t{1});
            std::fill_n(truncated.data() + now.begin, now.size(), std::uint8_t{0});
        });
    }

    /// What `Collector` and `Reweigher` have filled. Throws `Error` where sizes that are restored do not fit.
    void visit_state(State& state) {
        state("horizon", horizon);
        state("starts_anew", starts_anew);
        state("whole_episodes", whole_episodes);
        state("observation", observation);
        state("mask", mask);
        state("action", action);
        state("head", head);
        state("own_parameters", own_parameters);
        state("log_prob", log_prob);
        if (holds_states()) {
            state("sequence", sequence);
            state("actor_state", actor_state);
            state("critic_state", critic_state);
            state("is_valued", is_valued);
        }
        state("log_ratio", log_ratio);
        state("reward", reward);
        state("terminated", terminated);
        state("truncated", truncated);
        state("length", length);
        state("final_sample", final_sample);
        state("final_observation", final_observation);
        state("final_mask", final_mask);
        visit_finished(state);
        if (state.restores()) check_restored();
    }

    /// Columns of the environments `range` at time t.
    Range columns(Index t, Range range) const { return {t * environments + range.begin, t * environments + range.end}; }

private:
    void visit_finished(State& state) {
        Index episodes = finished.size();
        state("episodes", episodes);
        require(episodes >= 0 && episodes <= reward.rows() * reward.cols(),
                "Rollout: {} episodes ended in {} x {} samples", episodes, reward.rows(), reward.cols());
        finished.resize(episodes);
        state.each("finished", episodes, [&](Index i) { finished[i].visit_state(state); });
        if (metric_names.empty()) return;
        state("metrics", metrics);
        const auto count = static_cast<Index>(metric_names.size());
        require(metrics.rows() == count && metrics.cols() == episodes,
                "Rollout: {} x {} metrics were saved of {} episodes with {}", metrics.rows(), metrics.cols(), episodes,
                count);
    }

    /// Throws `Error` unless all is of `horizon` time steps; resizes what `Estimator` fills.
    void check_restored() {
        const auto holds_samples = [this](const auto& numbers) {
            return numbers.rows() == environments && numbers.cols() == horizon;
        };
        const auto holds_columns = [](const auto& matrix, Index rows, Index columns) {
            return matrix.rows() == rows && matrix.cols() == columns;
        };
        bool fits = horizon >= 1 && holds_samples(log_prob) && holds_samples(log_ratio) && holds_samples(reward) &&
                    holds_samples(terminated) && holds_samples(truncated);
        if (fits && holds_states()) {
            const Index columns = sequence >= 0 ? sequences_of_each() * environments : -1;
            fits = holds_columns(actor_state, actor_state_size, columns) &&
                   holds_columns(critic_state, critic_state_size, columns);
        }
        const Index samples = reward.rows() * reward.cols(), truncations = final_sample.size();
        fits = fits && holds_columns(observation, observation_size, samples + environments) &&
               holds_columns(mask, mask_size, samples + environments) && holds_columns(head, head_size, samples) &&
               holds_columns(action.all().integers, action_shape.integers, samples) &&
               holds_columns(action.all().reals, action_shape.reals, samples) &&
               holds_columns(final_observation, observation_size, truncations) &&
               holds_columns(final_mask, mask_size, truncations) && length.size() == environments;
        const auto all_below = [](const Buffer<Index>& numbers, Index end) {
            return std::all_of(numbers.begin(), numbers.end(), [end](Index x) { return x >= 0 && x < end; });
        };
        require(fits && all_below(length, horizon + 1) && all_below(final_sample, samples),
                "Rollout: what was saved is not of {} time steps of {} environments, {} numbers observed of each",
                horizon, environments, observation_size);
        resize(horizon);
    }
};

template <class V, class P>
Rollout(const V&, const P&) -> Rollout<typename ActingIn<V, P>::Scalar>;

}  // namespace GRADIVA_NAMESPACE
