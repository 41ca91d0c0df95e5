#pragma once

#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/env/env.hpp"

namespace gradiva {

/// Truncates an episode of the wrapped environment after `limit` steps; one that terminates in that very step is
/// terminated, not truncated.
template <class E>
class TimeLimit {
    static_assert(detail::explain_env<E>());

public:
    /// Throws `Error` unless `limit` is at least 1.
    TimeLimit(E env, Index limit) : env_(std::move(env)), limit_(limit) {
        require(limit >= 1, "TimeLimit: limit is {}; give at least 1 step", limit);
    }

    Box observation_space() const { return env_.observation_space(); }
    auto action_space() const { return env_.action_space(); }

    void reset(Rng& rng, std::span<float> observation) {
        steps_ = 0;
        env_.reset(rng, observation);
    }

    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        Outcome outcome = env_.step(action, rng, observation);
        if (++steps_ >= limit_ && !outcome.terminated) outcome.truncated = true;
        return outcome;
    }

    Index limit() const { return limit_; }
    const E& wrapped() const { return env_; }
    E& wrapped() { return env_; }

private:
    E env_;
    Index limit_;
    Index steps_ = 0;
};

}  // namespace gradiva
