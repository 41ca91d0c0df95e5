#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE {

/// How the columns of a batch follow one another in time, for a network with memory. The columns are ordered by time:
/// those of step 0, then those of step 1, ... Step t holds the sequences that still run, which are the first
/// `width[t]` of those of step 0, in the same order: the longest sequence comes first, and there is no padding. Such as
/// three sequences a, b, c of 3, 2 and 1 columns: width = {3, 2, 1}, and the columns are a0 b0 c0 a1 b1 a2.
///
/// The arrays belong to the caller, and must stay valid while the tape of the pass is used, as X must; the state only
/// during `forward`.
template <class Scalar>
struct Sequences {
    std::span<const Index> width;          ///< columns of each step, descending
    std::span<const std::uint8_t> begins;  ///< one per column of X; 1: an episode begins here, the state before it is 0
    ConstMatrixMap<Scalar> state{nullptr, 0, 0};  ///< S x width[0], before step 0: a constant for the gradient

    Index steps() const { return static_cast<Index>(width.size()); }
    /// Columns of step 0: the number of sequences.
    Index count() const { return width.empty() ? 0 : width.front(); }
    /// Columns of all steps: those of X.
    Index columns() const { return offset(steps()); }
    /// The first column of step t; columns() for t = steps(). Takes O(t).
    Index offset(Index t) const {
        GRADIVA_ASSERT(t >= 0 && t <= steps());
        return std::accumulate(width.begin(), width.begin() + t, Index{0});
    }
    /// The columns of step t.
    Range step(Index t) const { return {offset(t), offset(t + 1)}; }

    /// Whether the widths descend and are at least 0, and the arrays fit an X of `columns` columns and a state of
    /// `state_size` rows.
    bool fits(Index columns, Index state_size) const {
        return std::is_sorted(width.begin(), width.end(), std::greater<>()) && (width.empty() || width.back() >= 0) &&
               this->columns() == columns && static_cast<Index>(begins.size()) == columns &&
               state.rows() == state_size && state.cols() == count();
    }
};

/// Whether a module, or its layers, have a memory: `Index state_size() const`.
template <class M>
concept HasMemory = requires(const M& fixed) {
    { fixed.state_size() } -> std::convertible_to<Index>;
};

}  // namespace GRADIVA_NAMESPACE
