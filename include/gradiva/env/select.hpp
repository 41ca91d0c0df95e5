#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/wrapper.hpp"

namespace GRADIVA_NAMESPACE {

/// Shows some elements of the wrapped environment's observation, in the order in which they are given, as a vector
/// without a shape: `Select(CartPole{}, {0, 2})` hides the velocities. Each element keeps its bounds.
template <class E>
class Select : public Wrapper<E> {
public:
    /// Throws `Error` unless there is an element at least, none is given twice, and the observation has all of them.
    Select(E env, std::vector<Index> elements) : Wrapper<E>(std::move(env)), elements_(std::move(elements)) {
        const Box space = this->wrapped().observation_space();
        check_observation_space("Select", space);
        require(!elements_.empty(), "Select: elements is empty; give at least 1 of the {} elements", space.size);
        for (auto element = elements_.begin(); element != elements_.end(); ++element) {
            require(*element >= 0 && *element < space.size,
                    "Select: elements has {}, and the observation has {} elements; give numbers from 0 to {}", *element,
                    space.size, space.size - 1);
            require(std::find(elements_.begin(), element, *element) == element,
                    "Select: elements has {} twice; give each once", *element);
        }
        all_.resize(static_cast<std::size_t>(space.size));
    }

    Box observation_space() const {
        const Box space = this->wrapped().observation_space();
        return {.size = static_cast<Index>(elements_.size()), .low = selected(space.low), .high = selected(space.high)};
    }

    void reset(Rng& rng, std::span<float> observation) {
        mark();
        this->wrapped().reset(rng, all_);
        select(observation);
    }

    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        mark();
        const Outcome outcome = this->wrapped().step(action, rng, all_);
        select(observation);
        return outcome;
    }

    const std::vector<Index>& elements() const { return elements_; }

    void visit_state(State& state) requires HasSavedState<E> {
        Wrapper<E>::visit_state(state);
        state.fixed("elements", elements_);
    }

private:
    /// What the environment leaves unwritten is found by this.
    void mark() { std::fill(all_.begin(), all_.end(), std::numeric_limits<float>::quiet_NaN()); }

    void select(std::span<float> observation) const {
        GRADIVA_ASSERT(observation.size() == elements_.size());
        for (std::size_t i = 0; i < elements_.size(); ++i) {
            observation[i] = all_[static_cast<std::size_t>(elements_[i])];
        }
    }

    /// No bounds, or one for all elements, need no change.
    std::vector<float> selected(const std::vector<float>& bounds) const {
        if (bounds.size() <= 1) return bounds;
        std::vector<float> some;
        for (const Index element : elements_) some.push_back(bounds[static_cast<std::size_t>(element)]);
        return some;
    }

    std::vector<Index> elements_;
    std::vector<float> all_;  // the environment's observation
};

}  // namespace GRADIVA_NAMESPACE
