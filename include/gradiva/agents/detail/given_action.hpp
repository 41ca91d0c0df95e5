#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/env/space.hpp"

// An action that a program gives, in the form that `step` takes, as a column of a batch.

namespace GRADIVA_NAMESPACE::detail {

template <class T>
void copy_given(std::span<const T> given, MatrixMap<T>& to) {
    require(static_cast<Index>(given.size()) == to.rows(), "the action has {} numbers, its space has {}", given.size(),
            to.rows());
    std::copy(given.begin(), given.end(), to.data());
}

/// Throws `Error` unless numbers are within the bounds of the Box, as environments get them.
inline void check_within(const Box& space, std::span<const float> given) {
    for (std::size_t i = 0; i < given.size(); ++i) {
        const auto element = static_cast<Index>(i);
        require(given[i] >= space.low_of(element) && given[i] <= space.high_of(element),
                "the action's element {} is {}; give a number from {} to {}", i, given[i], space.low_of(element),
                space.high_of(element));
    }
}

inline void copy_action(const Discrete&, int given, ActionView to) { to.integers(0, 0) = given; }
inline void copy_action(const Box& space, std::span<const float> given, ActionView to) {
    copy_given(given, to.reals);
    check_within(space, given);
}
inline void copy_action(const auto&, std::span<const int> given, ActionView to) { copy_given(given, to.integers); }
inline void copy_action(const HybridSpace& space, const HybridAction& given, ActionView to) {
    to.integers(0, 0) = given.choice;
    copy_action(space.box, given.values, to);
}

}  // namespace GRADIVA_NAMESPACE::detail
