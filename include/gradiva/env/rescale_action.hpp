#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/wrapper.hpp"

namespace GRADIVA_NAMESPACE {

/// Lets the agent act in [-1, 1] wherever the bounds of the environment's Box lie: each element a reaches it as
///   low (1 - a)/2 + high (1 + a)/2,
/// held within [low, high]; NaN passes. Of a HybridSpace it is the box, and the choice stays as it is.
template <class E>
class RescaleAction : public Wrapper<E> {
    using Space = decltype(std::declval<const E&>().action_space());
    static_assert(std::same_as<Space, Box> || std::same_as<Space, HybridSpace>,
                  "gradiva: RescaleAction needs an Env whose action space is Box or HybridSpace");

public:
    /// Throws `Error` unless both bounds of every element are finite, and low < high.
    explicit RescaleAction(E env)
        : Wrapper<E>(std::move(env)), space_(this->wrapped().action_space()), bounds_(box_of(space_)) {
        check_box("RescaleAction", "action", bounds_);
        for (Index i = 0; i < bounds_.size; ++i) {
            require(std::isfinite(bounds_.low_of(i)) && std::isfinite(bounds_.high_of(i)),
                    "RescaleAction: element {} of the action space has low = {} and high = {}; give it two finite "
                    "bounds",
                    i, bounds_.low_of(i), bounds_.high_of(i));
        }
        box_of(space_) = {.shape = bounds_.shape, .size = bounds_.size, .low = {-1}, .high = {1}};
        rescaled_.resize(static_cast<std::size_t>(bounds_.size));
    }

    Space action_space() const { return space_; }

    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        return this->wrapped().step(rescaled(action), rng, observation);
    }

    void visit_state(State& state) requires HasSavedState<E> {
        Wrapper<E>::visit_state(state);
        state.fixed("bounds", bounds_);
    }

private:
    static Box& box_of(Box& space) { return space; }
    static Box& box_of(HybridSpace& space) { return space.box; }

    std::span<const float> rescaled(std::span<const float> action) {
        GRADIVA_ASSERT(action.size() == rescaled_.size());
        for (std::size_t i = 0; i < rescaled_.size(); ++i) {
            const float low = bounds_.low_of(static_cast<Index>(i));
            const float high = bounds_.high_of(static_cast<Index>(i));
            // In double, bounds far apart do not overflow, and the ends are met exactly.
            const double a = action[i];
            const auto x = static_cast<float>(0.5 * ((1 - a) * low + (1 + a) * high));
            rescaled_[i] = x < low ? low : x > high ? high : x;
        }
        return rescaled_;
    }
    HybridAction rescaled(const HybridAction& action) {
        return {.choice = action.choice, .values = rescaled(action.values)};
    }

    Space space_;  // the agent's
    Box bounds_;   // the environment's
    std::vector<float> rescaled_;
};

}  // namespace GRADIVA_NAMESPACE
