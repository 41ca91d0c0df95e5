#pragma once

#include <cstdint>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE {

/// The size of one action of a space: 1 integer for Discrete, one for each dimension of MultiDiscrete and MultiBinary,
/// `size` reals for Box, both parts for HybridSpace.
struct ActionShape {
    Index integers = 0;
    Index reals = 0;
};

/// A view of consecutive columns of an `ActionBatch`, one action per column.
struct ActionView {
    MatrixMap<int> integers;
    MatrixMap<float> reals;
};

/// A read-only `ActionView`.
struct ConstActionView {
    ConstMatrixMap<int> integers;
    ConstMatrixMap<float> reals;
    ConstActionView(const ActionView& view)
        : integers(view.integers.data(), view.integers.rows(), view.integers.cols()),
          reals(view.reals.data(), view.reals.rows(), view.reals.cols()) {}
    ConstActionView(ConstMatrixMap<int> i, ConstMatrixMap<float> r) : integers(i), reals(r) {}
};

/// Some columns of the view.
inline ConstActionView columns_of(const ConstActionView& view, Range r) {
    return {{view.integers.data() + r.begin * view.integers.rows(), view.integers.rows(), r.size()},
            {view.reals.data() + r.begin * view.reals.rows(), view.reals.rows(), r.size()}};
}

/// A batch of actions of any space, one per column: a matrix of integers (`ActionShape::integers` x count) and one of
/// reals (`ActionShape::reals` x count). Either may have no rows.
class ActionBatch {
public:
    ActionBatch() = default;
    ActionBatch(ActionShape shape, Index count) { resize(shape, count); }

    /// As `MatrixBuffer::resize`: columns are kept while the shape is the same, new ones are zero.
    void resize(ActionShape shape, Index count) {
        integers_.resize(shape.integers, count);
        reals_.resize(shape.reals, count);
    }

    ActionShape shape() const { return {integers_.rows(), reals_.rows()}; }
    // Views of a range of columns and of all columns.

    ActionView columns(Range r) { return {integers_.columns(r), reals_.columns(r)}; }
    ConstActionView columns(Range r) const { return {integers_.columns(r), reals_.columns(r)}; }
    ActionView all() { return {integers_.matrix(), reals_.matrix()}; }
    ConstActionView all() const { return {integers_.matrix(), reals_.matrix()}; }

    /// Sets the columns `r` to zero.
    void clear_columns(Range r) {
        integers_.clear_columns(r);
        reals_.clear_columns(r);
    }

    /// Becomes the columns `order[0]`, ..., `order[count - 1]` of another batch.
    void gather_columns(const ActionBatch& source, const Index* order, Index count) {
        integers_.gather_columns(source.integers_.data(), source.integers_.rows(), order, count);
        reals_.gather_columns(source.reals_.data(), source.reals_.rows(), order, count);
    }

    /// Copies column `from` of `source` to column `to` of this batch.
    void copy_column(Index to, const ActionBatch& source, Index from) { copy_columns(to, source, {from, from + 1}); }

    /// Copies the columns `from` of `source`, of the same shape, to this batch, beginning at column `to`.
    void copy_columns(Index to, const ActionBatch& source, Range from) {
        integers_.copy_columns(to, source.integers_, from);
        reals_.copy_columns(to, source.reals_, from);
    }

    void visit_state(State& state) {
        state("integers", integers_);
        state("reals", reals_);
    }

private:
    MatrixBuffer<int> integers_;
    MatrixBuffer<float> reals_;
};

/// Legal choices of a batch, choices x batch: 1 legal, 0 illegal. Without rows all choices are legal.
using ActionMask = ConstMatrixMap<std::uint8_t>;

/// The mask, 0 x batch, by which all choices are legal.
inline ActionMask all_legal(Index batch) { return {nullptr, 0, batch}; }

}  // namespace GRADIVA_NAMESPACE
