#pragma once

#include <algorithm>

#include "gradiva/rollout/rollout.hpp"

namespace gradiva {

/// Some neighbouring environments of a rollout for some steps, collected apart from it and copied then. Threads that
/// wrote a few numbers of each time step straight into the rollout would write into the same cache lines all the time.
template <class Scalar>
class RolloutPart {
public:
    template <VectorEnv V, Behaviour P>
    RolloutPart(const V& envs, const P& actor, Range environments) : first_(environments.begin), steps_(envs, actor) {
        steps_.environments = environments.size();
    }

    /// A rollout of its own, for `steps` steps from time `t` of the whole: starts with what is observed there.
    Rollout<Scalar>& start(const Rollout<Scalar>& whole, Index t, Index steps) {
        steps_.resize(steps);
        steps_.observation.copy_columns(0, whole.observation, whole.columns(t, all()));
        steps_.mask.copy_columns(0, whole.mask, whole.columns(t, all()));
        return steps_;
    }

    /// Copies these steps to the whole, where the first is at time `t`.
    void finish(Rollout<Scalar>& whole, Index t) const {
        const Index n = steps_.environments;
        for (Index s = 0; s < steps_.horizon; ++s) {
            const Range now{s * n, (s + 1) * n};
            const Range next{now.begin + n, now.end + n};
            const Index to = whole.columns(t + s, all()).begin;
            whole.observation.copy_columns(to + whole.environments, steps_.observation, next);
            whole.mask.copy_columns(to + whole.environments, steps_.mask, next);
            whole.head.copy_columns(to, steps_.head, now);
            whole.action.copy_columns(to, steps_.action, now);
            std::copy_n(steps_.log_prob.data() + now.begin, n, whole.log_prob.data() + to);
            std::copy_n(steps_.reward.data() + now.begin, n, whole.reward.data() + to);
            std::copy_n(steps_.terminated.data() + now.begin, n, whole.terminated.data() + to);
            std::copy_n(steps_.truncated.data() + now.begin, n, whole.truncated.data() + to);
        }
    }

private:
    Range all() const { return {first_, first_ + steps_.environments}; }

    Index first_;
    Rollout<Scalar> steps_;
};

}  // namespace gradiva
