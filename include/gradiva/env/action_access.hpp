#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/env/space.hpp"

namespace GRADIVA_NAMESPACE {

inline ActionShape action_shape_of(const Discrete&) { return {.integers = 1, .reals = 0}; }
inline ActionShape action_shape_of(const Box& space) { return {.integers = 0, .reals = space.size}; }
inline ActionShape action_shape_of(const MultiDiscrete& space) {
    return {.integers = static_cast<Index>(space.n.size()), .reals = 0};
}
inline ActionShape action_shape_of(const MultiBinary& space) { return {.integers = space.size, .reals = 0}; }
inline ActionShape action_shape_of(const HybridSpace& space) { return {.integers = 1, .reals = space.box.size}; }

/// Column `j` of a batch as the argument of `step`: a view into the batch where it is no `int`.
inline int action_at(const Discrete&, const ConstActionView& actions, Index j) { return actions.integers(0, j); }
inline std::span<const float> action_at(const Box& space, const ConstActionView& actions, Index j) {
    return {actions.reals.data() + j * space.size, static_cast<std::size_t>(space.size)};
}
inline std::span<const int> action_at(const auto&, const ConstActionView& actions, Index j) {
    return {actions.integers.data() + j * actions.integers.rows(), static_cast<std::size_t>(actions.integers.rows())};
}
inline HybridAction action_at(const HybridSpace& space, const ConstActionView& actions, Index j) {
    return {.choice = actions.integers(0, j), .values = action_at(space.box, actions, j)};
}

/// Converts a column of a batch of actions to the argument of `step`: here the column as it is. Spaces with bounds
/// specialise it.
template <class Space>
class SentActions {
public:
    SentActions() = default;
    SentActions(const Space& space, Index) : space_(space) {}
    auto operator()(const ConstActionView& actions, Index j, Index) { return action_at(space_, actions, j); }

private:
    Space space_{};
};

/// The column clipped to the bounds of the Box; the batch itself is not changed. Each environment has a buffer of its
/// own, so that environments may be stepped from different threads, and nothing allocates.
template <>
class SentActions<Box> {
public:
    SentActions() = default;
    SentActions(const Box& space, Index environments)
        : space_(space), bounded_(!space.low.empty() || !space.high.empty()),
          clipped_(bounded_ ? (space.size + line - 1) / line * line : 0, environments) {}

    /// Throws `Error` on an action that is not finite: clipping would make a bound of an infinite one.
    std::span<const float> operator()(const ConstActionView& actions, Index j, Index environment) {
        const std::span<const float> action = action_at(space_, actions, j);
        for (std::size_t i = 0; i < action.size(); ++i) {
            require(std::isfinite(action[i]),
                    "Vectorized: environment {} was to get action[{}] = {}; lower the learning rate, or check the "
                    "policy's weights",
                    environment, i, action[i]);
        }
        if (!bounded_) return action;
        const std::span<float> clipped = clipped_.column(environment).first(action.size());
        for (std::size_t i = 0; i < action.size(); ++i) {
            const auto element = static_cast<Index>(i);
            clipped[i] = std::clamp(action[i], space_.low_of(element), space_.high_of(element));
        }
        return clipped;
    }

private:
    // Columns start on cache lines, to avoid false sharing between threads that step neighbouring environments.
    static constexpr Index line = buffer_alignment / sizeof(float);

    Box space_;
    bool bounded_ = false;
    MatrixBuffer<float> clipped_;
};

/// The choice as it is, and the vector clipped to its bounds.
template <>
class SentActions<HybridSpace> {
public:
    SentActions() = default;
    SentActions(const HybridSpace& space, Index environments) : values_(space.box, environments) {}

    HybridAction operator()(const ConstActionView& actions, Index j, Index environment) {
        return {.choice = actions.integers(0, j), .values = values_(actions, j, environment)};
    }

private:
    SentActions<Box> values_;
};

}  // namespace GRADIVA_NAMESPACE
