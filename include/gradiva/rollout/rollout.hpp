#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/policy/explain.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// An episode that ended while collecting.
struct FinishedEpisode {
    Index environment = 0;
    double reward_sum = 0;  ///< undiscounted, from the episode's start
    Index length = 0;       ///< steps, from the episode's start
};

/// What N environments went through in T steps under one policy, as a structure of arrays. Sample (t, n) is column, or
/// element, t N + n, so that one time step is contiguous. `collect` fills the first part, `estimate` the second.
///
/// Environments may hold unequal numbers of samples, as they do of whole episodes: `holds(t, n)` says what is a sample.
/// What follows an environment's last sample is observed in the column after it; what lies beyond belongs to nothing,
/// and `clear_absent` gives it numbers that do no harm.
template <class ScalarT>
struct Rollout {
    using Scalar = ScalarT;

    /// Fits the observations and actions of these environments and this policy.
    template <ExplainedVectorEnv V, ExplainedBehaviour P>
    Rollout(const V& envs, const P& actor)
        : environments(envs.size()), observation_size(observation_size_of(envs)), head_size(actor.head_size()),
          mask_size(mask_size_of(envs)), action_shape(actor.action_shape()) {}

    Index environments;
    Index observation_size;
    Index head_size;
    Index mask_size;  ///< choices that the environments say are legal or not; 0 where they have no masks
    ActionShape action_shape;
    Index horizon = 0;            ///< T
    bool starts_anew = false;     ///< every environment's samples start with a reset
    bool whole_episodes = false;  ///< the same, and they end with an episode's end

    // Filled by `collect`.
    MatrixBuffer<float> observation;        ///< D x (T + 1) N
    MatrixBuffer<std::uint8_t> mask;        ///< mask_size x (T + 1) N: 1 for a legal choice, 0 for another
    ActionBatch action;                     ///< T N
    MatrixBuffer<Scalar> head;              ///< head_size x T N: what the acting policy's network gave
    Buffer<Scalar> own_parameters;          ///< the acting distribution's own
    MatrixBuffer<Scalar> log_prob;          ///< N x T, of the acting policy
    MatrixBuffer<Scalar> reward;            ///< N x T
    MatrixBuffer<std::uint8_t> terminated;  ///< N x T, 0 or 1
    MatrixBuffer<std::uint8_t> truncated;   ///< N x T, 0 or 1; never together with terminated
    Buffer<Index> length;                   ///< N: samples of each environment
    Buffer<Index> final_sample;             ///< F: samples at which an episode was truncated
    MatrixBuffer<float> final_observation;  ///< D x F: what was observed there before the reset
    MatrixBuffer<std::uint8_t> final_mask;  ///< mask_size x F: of the same
    Buffer<FinishedEpisode> finished;       ///< episodes that ended

    // Zero after `collect`; filled by `reweigh` where another policy learns from the rollout.
    MatrixBuffer<Scalar> log_ratio;  ///< N x T: log pi(a | s) - log_prob, pi being the policy that learns

    // Filled by `estimate`.
    MatrixBuffer<Scalar> value;         ///< N x (T + 1): V of each observation
    MatrixBuffer<Scalar> next_value;    ///< N x T: V', 0 if terminated, of the final observation if truncated
    MatrixBuffer<Scalar> continues;     ///< N x T: 0 where an episode ended, else 1
    MatrixBuffer<Scalar> advantage;     ///< N x T
    MatrixBuffer<Scalar> value_target;  ///< N x T
    Buffer<double> workspace;           ///< room for advantage components that sum over episodes

    /// Makes room for `steps` time steps; those that are there stay.
    void resize(Index steps) {
        horizon = steps;
        observation.resize(observation_size, (steps + 1) * environments);
        mask.resize(mask_size, (steps + 1) * environments);
        action.resize(action_shape, steps * environments);
        head.resize(head_size, steps * environments);
        for (auto* part : {&log_prob, &log_ratio, &reward, &next_value, &continues, &advantage, &value_target}) {
            part->resize(environments, steps);
        }
        value.resize(environments, steps + 1);
        terminated.resize(environments, steps);
        truncated.resize(environments, steps);
        length.resize(environments);
    }

    /// Whether there is a sample of environment n at time t.
    bool holds(Index t, Index n) const { return t < length[n]; }

    Index sample_count() const { return std::accumulate(length.begin(), length.end(), Index{0}); }

    /// Calls `body(t, range)` for neighbouring environments of which there is no sample at time t, in order of time.
    template <class Body>
    void for_each_absent(const Body& body) const {
        const Index first = length.empty() ? 0 : *std::min_element(length.begin(), length.end());
        for (Index t = first; t < horizon; ++t) {
            for (Index n = 0; n < environments; ++n) {
                const Index begin = n;
                while (n < environments && !holds(t, n)) ++n;
                if (n > begin) body(t, Range{begin, n});
            }
        }
    }

    /// Writes 0 to all that `collect` fills where there is no sample, and marks it as terminated; every choice is legal
    /// there. The observation that follows an environment's last sample stays.
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

    /// Columns of the environments `range` at time t.
    Range columns(Index t, Range range) const { return {t * environments + range.begin, t * environments + range.end}; }
};

template <class V, class P>
Rollout(const V&, const P&) -> Rollout<typename ActingIn<V, P>::Scalar>;

}  // namespace GRADIVA_NAMESPACE
