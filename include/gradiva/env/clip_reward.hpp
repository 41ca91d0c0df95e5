#pragma once

#include <span>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/env/wrapper.hpp"

namespace GRADIVA_NAMESPACE {

/// Holds each reward within [low, high]; one that is NaN stays so. An infinite bound is none.
/// The returns that are reported are those of clipped rewards: evaluate on the environment itself for the others.
template <class E>
class ClipReward : public Wrapper<E> {
public:
    /// Throws `Error` unless low < high.
    explicit ClipReward(E env, double low = -1, double high = 1) : Wrapper<E>(std::move(env)), low_(low), high_(high) {
        require(low < high, "ClipReward: low is {} and high is {}; give low < high", low, high);
    }

    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        Outcome outcome = this->wrapped().step(action, rng, observation);
        if (outcome.reward < low_) outcome.reward = low_;
        if (outcome.reward > high_) outcome.reward = high_;
        return outcome;
    }

    double low() const { return low_; }
    double high() const { return high_; }

    void visit_state(State& state) requires HasSavedState<E> {
        Wrapper<E>::visit_state(state);
        state.fixed("low", low_);
        state.fixed("high", high_);
    }

private:
    double low_;
    double high_;
};

}  // namespace GRADIVA_NAMESPACE
