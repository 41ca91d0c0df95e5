#pragma once

#include <concepts>
#include <limits>
#include <span>
#include <vector>

#include "gradiva/core/index.hpp"

namespace gradiva {

/// Vectors of `size` real numbers. Bounds, both included, are given per element, once for all elements, or not at all.
struct Box {
    Index size = 1;
    std::vector<float> low = {};   ///< empty: unbounded below; one number: the same for all elements
    std::vector<float> high = {};  ///< empty: unbounded above; one number: the same for all elements

    float low_of(Index element) const { return bound(low, element, -std::numeric_limits<float>::infinity()); }
    float high_of(Index element) const { return bound(high, element, std::numeric_limits<float>::infinity()); }

private:
    static float bound(const std::vector<float>& bounds, Index element, float otherwise) {
        if (bounds.empty()) return otherwise;
        return bounds.size() == 1 ? bounds.front() : bounds[static_cast<std::size_t>(element)];
    }
};

/// One choice of 0, 1, ..., n - 1.
struct Discrete {
    Index n = 1;
};

/// The argument that `step` takes for an action space: `int` for Discrete, `std::span<const float>` for Box.
template <class Space>
struct ActionOfSpace;

template <>
struct ActionOfSpace<Discrete> {
    using Type = int;
};

template <>
struct ActionOfSpace<Box> {
    using Type = std::span<const float>;
};

template <class Space>
concept ActionSpace = requires {
    typename ActionOfSpace<Space>::Type;
};

}  // namespace gradiva
