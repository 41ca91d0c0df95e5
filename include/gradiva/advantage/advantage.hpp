#pragma once

#include <concepts>

#include "gradiva/core/check.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace gradiva {

/// Decides how much better than expected each action was. Called with a rollout whose `value`, `next_value` and
/// `continues` were computed under the current weights; fills `advantage` and `value_target`. `check(with_critic)`
/// throws `Error` on options out of range, and where a critic is needed and there is none.
template <class A>
concept Advantage = std::copy_constructible<A> &&
    requires(const A& advantage, Rollout<float>& rollout, bool with_critic) {
    advantage(rollout);
    advantage.check(with_critic);
};

/// Whether an advantage already holds the ratio pi / mu, so that it goes with the plain policy gradient only.
template <class A>
constexpr bool holds_ratio() {
    if constexpr (requires { A::holds_ratio; }) {
        return A::holds_ratio;
    } else {
        return false;
    }
}

namespace detail {

inline void check_fraction(const char* who, const char* field, double value) {
    require(value >= 0 && value <= 1, "{}: {} is {}; give a number from 0 to 1", who, field, value);
}

}  // namespace detail
}  // namespace gradiva
