#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/spaces_only.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/policy/controller.hpp"
#include "gradiva/rollout/rollout.hpp"

// Recorded transitions in memory, and the rollout that is made of them.

namespace GRADIVA_NAMESPACE::detail {

/// The scalar fields of a recorded transition; observations, masks and actions are columns of the matrices of
/// `RecordedTransitions`.
struct Transition {
    Index line = 0;
    float log_prob = 0;
    float reward = 0;
    bool terminated = false;
    bool truncated = false;
    bool ends() const { return terminated || truncated; }
};

/// The transitions of one environment, in order of time.
struct EnvironmentRecording {
    Index first_step = 0;
    std::vector<Index> transitions;
    Index length() const { return static_cast<Index>(transitions.size()); }
};

/// Transitions of several environments, in the order of the file: one column each.
struct RecordedTransitions {
    std::vector<Transition> transitions;
    MatrixBuffer<float> observation;
    MatrixBuffer<float> next_observation;
    MatrixBuffer<std::uint8_t> mask;
    ActionBatch action;
    std::vector<EnvironmentRecording> environments;

    bool ends_episode(const EnvironmentRecording& environment) const {
        return transitions[static_cast<std::size_t>(environment.transitions.back())].ends();
    }
};

/// The environments of a recording that each column of a rollout holds.
struct RecordingLayout {
    std::vector<Range> columns;  ///< the environments of each, concatenated in time
    Index horizon = 0;           ///< samples of the longest environment
};

/// A column for each environment. Where that would take more than four times the memory of the samples, consecutive
/// environments are concatenated in a column as long as they fit in the horizon: less than twice the memory of the
/// samples, and one column.
inline RecordingLayout lay_out(const std::vector<EnvironmentRecording>& environments) {
    constexpr Index most_room = 4;
    RecordingLayout layout;
    Index samples = 0;
    for (const EnvironmentRecording& environment : environments) {
        samples += environment.length();
        layout.horizon = std::max(layout.horizon, environment.length());
    }
    const auto count = static_cast<Index>(environments.size());
    const bool shared = count * layout.horizon > most_room * samples;
    Index room = 0;  // steps that are free in the last column
    for (Index i = 0; i < count; ++i) {
        const Index length = environments[static_cast<std::size_t>(i)].length();
        if (!shared || length > room) {
            layout.columns.push_back({i, i});
            room = layout.horizon;
        }
        ++layout.columns.back().end;
        room -= length;
    }
    return layout;
}

/// Makes a rollout of a recording.
class RecordedRollout {
public:
    template <class Envs>
    RecordedRollout(const RecordedTransitions& recording, const RecordingLayout& layout, const Envs& envs)
        : recording_(recording), layout_(layout),
          rollout_(envs, Controller(envs, [](std::span<const float>, Rng&, ActionView&) { return 0.0; })) {}

    Rollout<float> make() {
        Rollout<float>& r = rollout_;
        r.starts_anew = r.whole_episodes = true;
        for (const EnvironmentRecording& environment : recording_.environments) {
            r.starts_anew = r.starts_anew && environment.first_step == 0;
            r.whole_episodes = r.whole_episodes && r.starts_anew && recording_.ends_episode(environment);
        }
        r.resize(layout_.horizon);
        r.mask.matrix().setOnes();  // what follows a last sample is not recorded: any action may be legal there
        std::vector<Column> columns;
        for (const Range& environments : layout_.columns) columns.push_back({.environments = environments});
        for (Index t = 0; t < r.horizon; ++t) {
            for (Index n = 0; n < r.environments; ++n) put_next(columns[static_cast<std::size_t>(n)], t, n);
        }
        r.clear_absent();
        return std::move(rollout_);
    }

private:
    /// What is still to be copied to a column of the rollout.
    struct Column {
        Range environments;  ///< those that are not copied, or not completely
        Index step = 0;      ///< the next step of the first of these
        FinishedEpisode running = {};
    };

    /// Copies the next transition of a column, if one is left, to sample (t, n).
    void put_next(Column& column, Index t, Index n) {
        if (column.environments.size() == 0) return;
        const EnvironmentRecording& environment =
            recording_.environments[static_cast<std::size_t>(column.environments.begin)];
        const Index k = environment.transitions[static_cast<std::size_t>(column.step)];
        const bool is_last = ++column.step == environment.length();
        if (is_last) {
            ++column.environments.begin;
            column.step = 0;
        }
        put(t, n, k, is_last && column.environments.size() > 0, column.running);
        rollout_.length[n] = t + 1;
    }

    /// Copies transition k to sample (t, n). An episode that was not recorded to its end is truncated where another
    /// environment follows in the column: its last observation is bootstrapped from, and traces end there.
    void put(Index t, Index n, Index k, bool other_follows, FinishedEpisode& running) {
        Rollout<float>& r = rollout_;
        const Transition& transition = recording_.transitions[static_cast<std::size_t>(k)];
        const Index sample = t * r.environments + n;
        const bool cut = other_follows && !transition.ends();
        const bool truncated = transition.truncated || cut;
        copy(recording_.observation.column(k), r.observation.column(sample));
        copy(recording_.next_observation.column(k), r.observation.column(sample + r.environments));
        copy(recording_.mask.column(k), r.mask.column(sample));
        r.action.copy_column(sample, recording_.action, k);
        r.log_prob(n, t) = transition.log_prob;
        r.reward(n, t) = transition.reward;
        r.terminated(n, t) = transition.terminated ? 1 : 0;
        r.truncated(n, t) = truncated ? 1 : 0;
        if (truncated) add_final_observation(sample, k);
        running.reward_sum += static_cast<double>(transition.reward);
        ++running.length;
        running.environment = n;
        if (transition.ends()) r.finished.push_back(running);
        if (transition.ends() || cut) running = {};
    }

    void add_final_observation(Index sample, Index k) {
        Rollout<float>& r = rollout_;
        const Index i = r.final_sample.size();
        r.final_sample.push_back(sample);
        r.final_observation.resize(r.observation_size, i + 1);
        r.final_mask.resize(r.mask_size, i + 1);
        for (std::uint8_t& legal : r.final_mask.column(i)) legal = 1;
        copy(recording_.next_observation.column(k), r.final_observation.column(i));
    }

    template <class T>
    static void copy(std::span<const T> from, std::span<T> to) {
        std::copy(from.begin(), from.end(), to.begin());
    }

    const RecordedTransitions& recording_;
    const RecordingLayout& layout_;
    Rollout<float> rollout_;
};

/// The rollout of a recording, whose environments have these spaces, and masks where `masked`.
template <bool masked, class Space>
Rollout<float> rollout_of(const RecordedTransitions& recording, const Box& observation_space,
                          const Space& action_space) {
    const RecordingLayout layout = lay_out(recording.environments);
    const SpacesOnly<Space, masked> envs(static_cast<Index>(layout.columns.size()), observation_space, action_space);
    return RecordedRollout(recording, layout, envs).make();
}

}  // namespace GRADIVA_NAMESPACE::detail
