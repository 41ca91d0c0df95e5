#pragma once

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/env/space.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

/// A shape in words: `10 x 12 x 3`.
inline std::string shape_text(const std::vector<Index>& shape) {
    std::string text;
    for (const Index extent : shape) text += fmt::format("{}{}", text.empty() ? "" : " x ", extent);
    return text;
}

}  // namespace detail

/// A space in words, for messages: `Discrete(4)`, `MultiDiscrete(3, 2)`, `HybridSpace(Discrete(3), Box(2))`,
/// `Box(10 x 12 x 3)`.
inline std::string describe(const Discrete& space) { return fmt::format("Discrete({})", space.n); }
inline std::string describe(const Box& space) {
    return fmt::format("Box({})",
                       space.shape.empty() ? fmt::format("{}", space.size) : detail::shape_text(space.shape));
}
inline std::string describe(const MultiBinary& space) { return fmt::format("MultiBinary({})", space.size); }
inline std::string describe(const HybridSpace& space) {
    return fmt::format("HybridSpace({}, {})", describe(space.choice), describe(space.box));
}
inline std::string describe(const MultiDiscrete& space) {
    std::string text = "MultiDiscrete(";
    for (std::size_t k = 0; k < space.n.size(); ++k) {
        text += fmt::format("{}{}", k > 0 ? ", " : "", space.n[k]);
    }
    return text + ")";
}

namespace detail {

/// Throws `Error` unless the Box has no shape, or one of three extents, all at least 1, and its size.
inline void check_box_shape(const char* who, const char* which, const Box& space) {
    if (space.shape.empty()) return;
    const std::string shape = shape_text(space.shape);
    require(space.shape.size() == 3,
            "{}: the {} space is a Box whose shape has {} extents ({}); give height, width and channels, or no shape",
            who, which, space.shape.size(), shape);
    for (const Index extent : space.shape) {
        require(extent >= 1, "{}: the {} space is a Box of shape {}; give a height, width and channels of at least 1",
                who, which, shape);
    }
    const Index product = Box::size_of(space.shape);
    require(product > 0, "{}: the {} space is a Box of shape {}, more elements than can be counted; give fewer", who,
            which, shape);
    require(space.size == product,
            "{}: the {} space is a Box of shape {} and size {}; leave size out, or give {}, as the shape has", who,
            which, shape, space.size, product);
}

/// Throws `Error` unless the Box has elements, as many as its shape, if it has one, and no bounds, one, or one per
/// element, on either side.
inline void check_box_size(const char* who, const char* which, const Box& space) {
    check_box_shape(who, which, space);
    require(space.size >= 1, "{}: the {} space is a Box of size {}; give at least 1 element", who, which, space.size);
    for (const auto* bounds : {&space.low, &space.high}) {
        const auto count = static_cast<Index>(bounds->size());
        require(count <= 1 || count == space.size,
                "{}: the {} space is a Box of size {} with {} bounds; give none, one, or one per element", who, which,
                space.size, count);
    }
}

}  // namespace detail

/// Throws `Error` unless the Box has elements, as many as its shape, if it has one, and low < high for each. The text
/// begins with `who`; `which` names the space: "action" or "observation".
inline void check_box(const char* who, const char* which, const Box& space) {
    detail::check_box_size(who, which, space);
    for (Index i = 0; i < space.size; ++i) {
        require(space.low_of(i) < space.high_of(i),
                "{}: the {} space has low = {} and high = {} at element {}; give low < high", who, which,
                space.low_of(i), space.high_of(i), i);
    }
}

/// The same for a Box of observations, of which an element may be constant: low = high.
inline void check_observation_space(const char* who, const Box& space) {
    detail::check_box_size(who, "observation", space);
    for (Index i = 0; i < space.size; ++i) {
        const float low = space.low_of(i), high = space.high_of(i);
        require(
            low < high || (low == high && std::isfinite(low)),
            "{}: the observation space has low = {} and high = {} at element {}; give low < high, or low = high for "
            "a constant",
            who, low, high, i);
    }
}

/// Throws `Error` unless the space has at least one action and valid bounds. The text begins with `who`.
inline void check_action_space(const char* who, const Discrete& space) {
    require(space.n >= 1, "{}: the action space is Discrete with n = {}; give at least 1 action", who, space.n);
}
inline void check_action_space(const char* who, const Box& space) { check_box(who, "action", space); }
inline void check_action_space(const char* who, const MultiBinary& space) {
    require(space.size >= 1, "{}: the action space is MultiBinary of size {}; give at least 1 element", who,
            space.size);
}
inline void check_action_space(const char* who, const MultiDiscrete& space) {
    require(!space.n.empty(), "{}: the action space is MultiDiscrete without choices; give n of each choice", who);
    for (std::size_t k = 0; k < space.n.size(); ++k) {
        require(space.n[k] >= 1, "{}: the action space is {} with n[{}] = {}; give at least 1 action", who,
                describe(space), k, space.n[k]);
    }
}
inline void check_action_space(const char* who, const HybridSpace& space) {
    require(space.choice.n >= 1,
            "{}: the action space is a HybridSpace whose choice has n = {}; give at least 1 action", who,
            space.choice.n);
    detail::check_box_shape(who, "action", space.box);
    require(space.box.size >= 1,
            "{}: the action space is a HybridSpace whose box has size {}; give at least 1 element, or use Discrete",
            who, space.box.size);
    check_box(who, "action", space.box);
}

}  // namespace GRADIVA_NAMESPACE
