#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/normalizer.hpp"

namespace GRADIVA_NAMESPACE {

/// What a network reads of an observation: a range of its rows, standardised where asked for (see `Normalizer`).
template <class Scalar>
class InputRows {
public:
    /// What a forward pass stores.
    struct Tape {
        ConstRowsMap<Scalar> rows{nullptr, 0, 0, ColumnStride(0)};  ///< what the network reads, size() x batch
        MatrixBuffer<Scalar> copy;  ///< storage of these rows where they are standardised, or of an expression
    };

    /// For observations of `observed` numbers, of which the network reads `rows`; without a value, all. `who` is the
    /// name of the description. Throws `Error` where it would read no row, or one that does not exist.
    InputRows(std::string_view who, Index observed, const std::optional<Range>& rows)
        : observed_(observed), rows_(rows.value_or(Range{0, observed})) {
        require(observed >= 1, "{}: the network has {} inputs; give at least 1 input", who, observed);
        require(rows_.begin >= 0 && rows_.begin < rows_.end && rows_.end <= observed,
                "{}: inputs is Range({}, {}), and the rows are 0 to {}; give a range within them that is not empty",
                who, rows_.begin, rows_.end, observed - 1);
    }

    /// Standardises the rows by moments of each, or of each of `channels` (see `Normalizer`).
    void normalize(Index channels) { normalizer_.emplace(size(), channels); }

    /// Numbers of an observation.
    Index observed() const { return observed_; }
    /// Rows of it that are read.
    Index size() const { return rows_.size(); }
    Range rows() const { return rows_; }
    /// The normaliser of these rows; null where they are read as they are. Its moments are not parameters.
    Normalizer<Scalar>* normalizer() { return normalizer_ ? &*normalizer_ : nullptr; }
    const Normalizer<Scalar>* normalizer() const { return normalizer_ ? &*normalizer_ : nullptr; }

    /// Adds further observations to the moments by which rows are standardised: `moments[i]` are those of row i.
    void merge_observations(std::span<const kernels::Moments> moments) {
        GRADIVA_ASSERT(static_cast<Index>(moments.size()) == observed_);
        if (normalizer_) normalizer_->merge(moments.subspan(to_size(rows_.begin), to_size(size())));
    }

    /// The rows of X (observed x batch), standardised where asked for; else without a copy, unless X is an expression,
    /// or one row is read, whose numbers products take side by side.
    const ConstRowsMap<Scalar>& forward(const ConstMatrixRef<Scalar>& x, Tape& tape) const {
        GRADIVA_ASSERT(x.rows() == observed_);
        const bool scattered = size() == 1 && x.outerStride() != 1 && x.cols() > 1;
        if (!normalizer_ && !x.is_copy() && !scattered) {
            rebind(tape.rows, rows_of(x));
            return tape.rows;
        }
        const ConstRowsMap<Scalar> read = rows_of(x);
        tape.copy.resize(size(), x.cols());
        normalizer_ ? normalizer_->forward(read, tape.copy.matrix()) : copy(read, tape.copy.matrix());
        rebind(tape.rows, {tape.copy.data(), size(), x.cols(), ColumnStride(size())});
        return tape.rows;
    }

    /// Where dL/drows belongs in dX (observed x batch).
    MatrixRef<Scalar> rows_of(const MatrixRef<Scalar>& dx) const {
        GRADIVA_ASSERT(dx.rows() == observed_);
        return Eigen::Map<Matrix<Scalar>, Eigen::Unaligned, ColumnStride>(
            const_cast<Scalar*>(dx.data()) + rows_.begin, size(), dx.cols(), ColumnStride(dx.outerStride()));
    }

    /// Completes dX, in which `rows_of` holds the derivative by what `forward` returned: that by X, 0 in other rows.
    void backward(const Tape& tape, MatrixRef<Scalar> dx) const {
        GRADIVA_ASSERT(dx.rows() == observed_ && dx.cols() == tape.rows.cols());
        if (normalizer_) normalizer_->backward(tape.rows, rows_of(dx));
        for (Index j = 0; j < dx.cols(); ++j) {
            Scalar* const column = dx.data() + j * dx.outerStride();
            std::fill(column, column + rows_.begin, Scalar(0));
            std::fill(column + rows_.end, column + observed_, Scalar(0));
        }
    }

    void visit_state(State& state) {
        state.fixed("observed", observed_);
        state.fixed("rows", std::array<Index, 2>{rows_.begin, rows_.end});
        state.fixed("normalize_observations", normalizer_.has_value());
        if (normalizer_) state("normalizer", *normalizer_);
    }

private:
    ConstRowsMap<Scalar> rows_of(const ConstMatrixRef<Scalar>& x) const {
        return {x.data() + rows_.begin, size(), x.cols(), ColumnStride(x.outerStride())};
    }

    static void copy(const ConstRowsMap<Scalar>& from, MatrixRef<Scalar> to) {
        for (Index j = 0; j < from.cols(); ++j) {
            std::copy_n(from.data() + j * from.outerStride(), from.rows(), to.data() + j * to.outerStride());
        }
    }

    Index observed_;
    Range rows_;
    std::optional<Normalizer<Scalar>> normalizer_;
};

}  // namespace GRADIVA_NAMESPACE
