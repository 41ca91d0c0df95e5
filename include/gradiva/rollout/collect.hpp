#pragma once

#include <optional>
#include <utility>

#include "gradiva/core/state.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/policy/check_fit.hpp"
#include "gradiva/policy/explain.hpp"
#include "gradiva/rollout/detail/fixed_horizon.hpp"
#include "gradiva/rollout/detail/whole_episodes.hpp"
#include "gradiva/rollout/step_watch.hpp"

namespace GRADIVA_NAMESPACE {

/// Fills rollouts: the actor acts in the environments, which go on from one rollout to the next. Environments are split
/// into shards, each of which runs all steps of a rollout without waiting for the others. Borrows all that it is built
/// from.
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

    /// Throws `Error` when the actor does not fit the environments, and on spaces without elements or actions.
    Collector(V& envs, const P& actor, Threads& threads) : core_(checked(envs, actor), actor, threads) {}

    /// Collects `horizon` steps of every environment, at least 1.
    void steps(Rollout<Scalar>& rollout, Index horizon) { detail::collect_steps(core_, rollout, horizon); }

    /// Collects `quota` whole episodes of every environment, at least 1: taking those that end first would favour short
    /// ones. All start with a reset. Throws `Error` when an environment needs more than `most_steps` steps for them.
    void episodes(Rollout<Scalar>& rollout, Index quota, Index most_steps = 1'000'000) {
        detail::collect_episodes(core_, rollout, quota, most_steps);
    }

    /// The step by which the last rollout has failed; none if it has not, or the environments do not say
    /// `fails_one_by_one`.
    std::optional<StepOfRollout> failed_step() const { return core_.failed_step(); }
    /// Calls `watch.before` before this step of the next rollouts, until another watch, or an empty one, is given.
    void watch(StepWatch watch) { core_.watch(std::move(watch)); }

    /// Between rollouts; without the environments.
    void visit_state(State& state) { core_.visit_state(state); }

private:
    static V& checked(V& envs, const P& actor) {
        require(envs.size() >= 1, "Collector: there are {} environments; give at least 1", envs.size());
        require(envs.shards() >= 1, "Collector: the environments' shards() is {}; give at least 1", envs.shards());
        check_observation_space("Collector", envs.observation_space());
        check_action_space("Collector", envs.action_space());
        check_fit("Collector", actor, envs);
        return envs;
    }

    detail::CollectCore<V, P> core_;
};

}  // namespace GRADIVA_NAMESPACE
