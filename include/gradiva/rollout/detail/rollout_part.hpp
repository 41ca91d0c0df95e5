#pragma once

#include <cstddef>
#include <type_traits>

#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

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
        spread(steps_.observation, whole, whole.observation, whole.observation_size, t, 1);
        spread(steps_.mask, whole, whole.mask, whole.mask_size, t, 1);
        spread(steps_.head, whole, whole.head, whole.head_size, t);
        const ConstActionView actions = steps_.action.all();
        ActionView to = whole.action.all();
        spread(actions.integers, whole, to.integers, to.integers.rows(), t);
        spread(actions.reals, whole, to.reals, to.reals.rows(), t);
        spread(steps_.log_prob, whole, whole.log_prob, 1, t);
        spread(steps_.reward, whole, whole.reward, 1, t);
        spread(steps_.terminated, whole, whole.terminated, 1, t);
        spread(steps_.truncated, whole, whole.truncated, 1, t);
    }

private:
    Range all() const { return {first_, first_ + steps_.environments}; }

    /// `rows` numbers of each environment and step, from the step `later` on.
    template <class From, class To>
    void spread(const From& from, const Rollout<Scalar>& whole, To& to, Index rows, Index t, Index later = 0) const {
        using T = std::remove_cvref_t<decltype(*to.data())>;
        const auto bytes = [=](Index columns) { return static_cast<std::size_t>(columns * rows) * sizeof(T); };
        GRADIVA_ASSERT((steps_.horizon + later) * steps_.environments * rows <= from.rows() * from.cols());
        GRADIVA_ASSERT((t + steps_.horizon + later) * whole.environments * rows <= to.rows() * to.cols());
        const T* const source = from.data() + later * steps_.environments * rows;
        spread_bytes(source, bytes(steps_.environments), steps_.horizon,
                     to.data() + whole.columns(t + later, all()).begin * rows, bytes(whole.environments));
    }

    Index first_;
    Rollout<Scalar> steps_;
};

}  // namespace GRADIVA_NAMESPACE
