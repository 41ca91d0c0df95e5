#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "gradiva/core/record_file.hpp"
#include "gradiva/env/env.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/rollout/detail/number_line.hpp"
#include "gradiva/rollout/detail/transition_reader.hpp"

// Recorded transitions as comma-separated values, so that a policy can learn off policy (see `Reweigher`) from what a
// controller, a person or an older policy did. Line 1 names the columns, every other line is one transition:
//
//   environment         0, 1, 2, ... in the order in which they first appear; lines of several may alternate
//   step                counts an environment's lines, on through the ends of episodes: from 0 where its recording
//                       starts with a reset, from a larger number where it starts within an episode
//   observation_0 ...   observed before the action
//   legal_0 ...         1 for each legal and 0 for each other choice, where the environment has action masks
//   action_0 ...        an integer for each choice, then the reals, as they were chosen: for a Box before clipping to
//                       its bounds. A policy that stores other numbers than environments take, such as one over Beta,
//                       records those; `actor.from_environment(r.action.all(), r.action.all())` makes them of others
//   log_prob            log-probability, or log-density, with which the action was chosen; 0 for a certain choice
//   reward
//   terminated          0 or 1: the episode ended in a terminal state
//   truncated           0 or 1: it was cut off from outside, such as by a time limit; never together with terminated
//   next_observation_0 ...  observed after the action, before any reset; may be empty where terminated is 1

namespace GRADIVA_NAMESPACE {

namespace detail {

/// line := a transition's cells up to its flags, all but the observation that follows.
template <class Scalar>
void start_transition(const Rollout<Scalar>& rollout, Index t, Index n, NumberLine& line) {
    const Index sample = t * rollout.environments + n;
    const ConstActionView action = rollout.action.columns({sample, sample + 1});
    line.clear();
    line.add(n);
    line.add(rollout.starts_anew || rollout.whole_episodes ? t : t + 1);  // from 0 after a reset
    for (const float x : rollout.observation.column(sample)) line.add(x);
    for (const std::uint8_t legal : rollout.mask.column(sample)) line.add(static_cast<int>(legal));
    for (Index i = 0; i < action.integers.rows(); ++i) line.add(action.integers(i, 0));
    for (Index i = 0; i < action.reals.rows(); ++i) line.add(action.reals(i, 0));
    line.add(rollout.log_prob(n, t));
    line.add(rollout.reward(n, t));
    line.add(static_cast<int>(rollout.terminated(n, t)));
    line.add(static_cast<int>(rollout.truncated(n, t)));
}

}  // namespace detail

/// Writes the samples of a rollout, environment by environment, numbers with 9 significant digits: each float is read
/// back as it was. The next observation is left empty where an episode terminated, since a rollout does not keep it.
/// Throws `Error` when the file cannot be written; an existing one is replaced. On a full disk it ends with a whole
/// line.
template <class Scalar>
void write_transitions(const std::string& path, const Rollout<Scalar>& rollout) {
    RecordFile file("write_transitions", path);
    const Index size = rollout.observation_size;
    file.add(detail::transition_header(detail::transition_columns(size, rollout.mask_size, rollout.action_shape)) +
             '\n');
    detail::NumberLine line;
    Buffer<Index> final_column(rollout.horizon * rollout.environments);
    for (Index i = 0; i < rollout.final_sample.size(); ++i) final_column[rollout.final_sample[i]] = i;
    for (Index n = 0; n < rollout.environments; ++n) {
        for (Index t = 0; t < rollout.horizon; ++t) {
            if (!rollout.holds(t, n)) continue;
            detail::start_transition(rollout, t, n, line);
            const Index sample = t * rollout.environments + n;
            if (rollout.terminated(n, t) != 0) {
                line.add_empty(size);
            } else if (rollout.truncated(n, t) != 0) {
                for (const float x : rollout.final_observation.column(final_column[sample])) line.add(x);
            } else {
                for (const float x : rollout.observation.column(sample + rollout.environments)) line.add(x);
            }
            file.add(line.ended());
        }
    }
    file.flush();
}

/// Reads recorded transitions as `Collector` would have filled a rollout, of as many environments as the file holds.
/// Its memory is proportional to the file, not to environments times steps: where unequal environments would leave more
/// than three quarters of the rollout as padding, several are concatenated in one column, those that stop in
/// mid-episode marked as truncated unless they are the last. The rollout has no heads of the policy that acted: it
/// serves losses that need log-probs only, such as the plain policy gradient with importance ratios (`VTrace`). Returns
/// and lengths of its finished episodes sum what the file has of them. The observation after an environment's last
/// sample is the one recorded there, not that of a reset. Throws `Error` with the file, the line, the column and the
/// value on whatever is not as described above.
template <ActionSpace Space>
Rollout<float> read_transitions(const std::string& path, const Box& observation_space, const Space& action_space) {
    return detail::TransitionReader<Space, false>(path, observation_space, action_space).read();
}

/// The same for an environment, or several as one, with the spaces of what was recorded and masks where it has them.
template <class E>
Rollout<float> read_transitions(const std::string& path, const E& envs) {
    constexpr bool masked = HasActionMask<E> || HasVectorActionMask<E>;
    return detail::TransitionReader<std::remove_cvref_t<decltype(envs.action_space())>, masked>(
               path, envs.observation_space(), envs.action_space())
        .read();
}

}  // namespace GRADIVA_NAMESPACE
