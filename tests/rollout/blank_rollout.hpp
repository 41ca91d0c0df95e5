// A rollout without environments, whose fields a test writes by hand.
#pragma once

#include <algorithm>

#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/rollout.hpp"
#include "helpers/environments.hpp"

namespace gradiva_test {

/// `steps` steps of `environments` environments with 3 observed numbers and 2 actions; no episode ends.
template <class Scalar>
gradiva::Rollout<Scalar> blank_rollout(Index environments, Index steps) {
    const gradiva::Vectorized envs(Ticker{}, {.count = environments});
    const gradiva::Actor actor(envs, {.hidden = {}}, gradiva::Categorical<Scalar>(2));
    gradiva::Rollout rollout(envs, actor);
    rollout.resize(steps);
    std::fill(rollout.length.begin(), rollout.length.end(), steps);
    std::fill_n(rollout.continues.data(), environments * steps, Scalar(1));
    return rollout;
}

/// Ends the episode of environment n at step t.
template <class Scalar>
void end_episode(gradiva::Rollout<Scalar>& rollout, Index n, Index t, bool truncated = false) {
    (truncated ? rollout.truncated : rollout.terminated)(n, t) = 1;
    rollout.continues(n, t) = 0;
    rollout.next_value(n, t) = 0;
    rollout.finished.push_back({.environment = n});
}

}  // namespace gradiva_test
