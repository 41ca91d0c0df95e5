#pragma once

#include <cstddef>
#include <type_traits>

#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// A buffer for some steps of neighbouring environments, which are copied to a rollout afterwards. It avoids false
/// sharing: threads that write a few numbers of each time step into one rollout would contend for its cache lines.
template <class Scalar>
class RolloutPart {
public:
    template <VectorEnv V, Behaviour P>
    RolloutPart(const V& envs, const P& actor, Range environments) : first_(environments.begin), steps_(envs, actor) {
        steps_.environments = environments.size();
    }

    /// Returns the buffer, as a rollout of `steps` steps that begins with the observations and masks at time `t` of the
    /// whole.
    Rollout<Scalar>& start(const Rollout<Scalar>& whole, Index t, Index steps) {
        steps_.resize(steps);
        steps_.observation.copy_columns(0, whole.observation, whole.columns(t, all()));
        steps_.mask.copy_columns(0, whole.mask, whole.columns(t, all()));
        return steps_;
    }

    /// Copies these steps to the whole, the first to time `t`.
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

    /// Copies `rows` numbers of each environment and step, from step `later` of the buffer on.
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

}  // namespace GRADIVA_NAMESPACE::detail
