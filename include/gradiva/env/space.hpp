#pragma once

#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "gradiva/core/index.hpp"
#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE {

/// Vectors of `size` real numbers. Bounds, both included, are given per element, once for all elements, or not at all.
///
///   Box{.size = 4}                 a vector
///   Box{.shape = {10, 12, 3}}      an image of 10 rows, 12 columns and 3 channels: size is 360
///
/// A space whose `size` is not that of its shape, or whose shape has other than three extents, all at least 1, is
/// refused by whatever takes spaces.
struct Box {
    /// Empty, or {height, width, channels}: element (y, x, c) of the image is element (y width + x) channels + c.
    std::vector<Index> shape = {};
    Index size = size_of(shape);   ///< by default that of the shape; 1 without a shape
    std::vector<float> low = {};   ///< empty: unbounded below; one number: the same for all elements
    std::vector<float> high = {};  ///< empty: unbounded above; one number: the same for all elements

    float low_of(Index element) const { return bound(low, element, -std::numeric_limits<float>::infinity()); }
    float high_of(Index element) const { return bound(high, element, std::numeric_limits<float>::infinity()); }

    /// The number of elements of a shape: the product of its extents, 1 without any. 0 where it is not three extents,
    /// all at least 1, or the product is no Index.
    static Index size_of(const std::vector<Index>& shape) {
        if (shape.empty()) return 1;
        Index product = shape.size() == 3 ? 1 : 0;
        for (const Index extent : shape) {
            const bool fits = extent >= 1 && product <= std::numeric_limits<Index>::max() / extent;
            product = fits ? product * extent : 0;
        }
        return product;
    }

    bool operator==(const Box&) const = default;

    void visit_state(State& state) {
        state("size", size);
        if (!shape.empty() || !state.describes()) state("shape", shape);
        state("low", low);
        state("high", high);
    }

private:
    static float bound(const std::vector<float>& bounds, Index element, float otherwise) {
        if (bounds.empty()) return otherwise;
        return bounds.size() == 1 ? bounds.front() : bounds[static_cast<std::size_t>(element)];
    }
};

/// One choice of 0, 1, ..., n - 1.
struct Discrete {
    Index n = 1;

    bool operator==(const Discrete&) const = default;

    void visit_state(State& state) { state("n", n); }
};

/// Several choices at once: the k-th is one of 0, 1, ..., n[k] - 1.
struct MultiDiscrete {
    std::vector<Index> n = {};

    bool operator==(const MultiDiscrete&) const = default;

    void visit_state(State& state) { state("n", n); }
};

/// Several answers at once, each 0 for no or 1 for yes.
struct MultiBinary {
    Index size = 1;

    bool operator==(const MultiBinary&) const = default;

    void visit_state(State& state) { state("size", size); }
};

/// A choice and a vector of real numbers together, such as a move and its strength.
struct HybridSpace {
    Discrete choice = {};
    Box box = {};

    bool operator==(const HybridSpace&) const = default;

    void visit_state(State& state) {
        state("choice", choice);
        state("box", box);
    }
};

/// An action of a HybridSpace.
struct HybridAction {
    int choice = 0;
    std::span<const float> values = {};
};

/// The argument that `step` takes for an action space: `int` for Discrete, `std::span<const float>` for Box,
/// `std::span<const int>` for MultiDiscrete and MultiBinary, `HybridAction` for HybridSpace.
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

template <>
struct ActionOfSpace<MultiDiscrete> {
    using Type = std::span<const int>;
};

template <>
struct ActionOfSpace<MultiBinary> {
    using Type = std::span<const int>;
};

template <>
struct ActionOfSpace<HybridSpace> {
    using Type = HybridAction;
};

/// A space that `step` can take actions of: Discrete, Box, MultiDiscrete, MultiBinary or HybridSpace.
template <class Space>
concept ActionSpace = requires {
    typename ActionOfSpace<Space>::Type;
};

/// Spaces of whose choices some may be illegal in a state.
template <class Space>
concept MaskableSpace =
    std::same_as<Space, Discrete> || std::same_as<Space, MultiDiscrete> || std::same_as<Space, HybridSpace>;

}  // namespace GRADIVA_NAMESPACE
