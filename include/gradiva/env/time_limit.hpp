#pragma once

#include <span>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/env/wrapper.hpp"

namespace GRADIVA_NAMESPACE {

/// Truncates an episode of the wrapped environment after `limit` steps; one that terminates in that very step is
/// terminated, not truncated.
template <class E>
class TimeLimit : public Wrapper<E> {
public:
    /// Throws `Error` unless `limit` is at least 1.
    TimeLimit(E env, Index limit) : Wrapper<E>(std::move(env)), limit_(limit) {
        require(limit >= 1, "TimeLimit: limit is {}; give at least 1 step", limit);
    }

    void reset(Rng& rng, std::span<float> observation) {
        steps_ = 0;
        this->wrapped().reset(rng, observation);
    }

    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        Outcome outcome = this->wrapped().step(action, rng, observation);
        if (++steps_ >= limit_ && !outcome.terminated) outcome.truncated = true;
        return outcome;
    }

    Index limit() const { return limit_; }

    void visit_state(State& state) requires HasSavedState<E> {
        Wrapper<E>::visit_state(state);
        state.fixed("limit", limit_);
        state("steps", steps_);
    }

private:
    Index limit_;
    Index steps_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
