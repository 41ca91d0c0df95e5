#pragma once

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/simd/lanes.hpp"

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// A factor d for e^d: max(d, -1000), so that their product is exactly 0 where e^d is, also for d of minus infinity.
/// NaN stays NaN.
template <class V>
V finite_exponent(const V& d) {
    return simd::larger(V{} - 1000, d);
}

}  // namespace detail

/// Categorical distributions, one for each column of a batch of logits Z (choices x batch), with
///   log p = d - log S,   p = e^d / S,   d = z - max z,   S = sum_i e^d_i.
/// Filled by `log_softmax`.
///
/// d and e^d are stored in blocks of `width` columns, as many as a register has lanes. The first rows of a block, as
/// many as fill whole registers, are columnar: one column after the other. The others are interleaved: one register per
/// row, one lane per column. So no row is padded, few elements are transposed, and sums along columns end in one
/// register per block, a lane per column. Elements beyond the last column are unspecified.
///
///     a block of columns a, b, c and d, with 6 rows and registers of 4 lanes:
///
///     a0 a1 a2 a3   b0 b1 b2 b3   c0 c1 c2 c3   d0 d1 d2 d3   a4 b4 c4 d4   a5 b5 c5 d5
///     |--------------- columnar_rows() = 4 ---------------|   |----- interleaved -----|
template <class ScalarT>
class SoftmaxBatch {
public:
    using Scalar = ScalarT;
    static constexpr Index width = simd::lanes<Scalar>;

    Index rows() const { return rows_; }
    Index cols() const { return columns_; }
    /// The first rows of each block, a multiple of `width`, are columnar.
    Index columnar_rows() const { return columnar_rows_; }
    /// Sets the shape; the contents are unspecified then.
    void resize(Index rows, Index columns) {
        rows_ = rows;
        columnar_rows_ = rows - rows % width;
        columns_ = columns;
        for (auto* elements : {&shifted_, &exponential_}) elements->resize(rows * blocks() * width);
        for (auto* of_columns : {&log_sum_, &inverse_sum_, &entropy_}) of_columns->resize(blocks() * width);
    }

    Scalar log_p(Index i, Index j) const { return shifted(j / width)[offset(i, j % width)] - log_sum_[j]; }
    Scalar p(Index i, Index j) const { return exponential(j / width)[offset(i, j % width)] * inverse_sum_[j]; }

    Index blocks() const { return pieces_of(columns_, width); }
    /// Columns of a block: `width`, but for the last one.
    Index count(Index block) const {
        const Index rest = columns_ - block * width;
        return rest < width ? rest : width;
    }

    /// Where d and e^d of row i and column j of a block stand in it.
    Index offset(Index i, Index j) const { return i < columnar_rows_ ? j * columnar_rows_ + i : i * width + j; }

    // Of one block: d and e^d, rows x `width` elements each; log S, 1 / S and the entropy, `width` each. Blocks follow
    // each other without a gap.
    Scalar* shifted(Index block) { return shifted_.data() + block * width * rows_; }
    const Scalar* shifted(Index block) const { return shifted_.data() + block * width * rows_; }
    Scalar* exponential(Index block) { return exponential_.data() + block * width * rows_; }
    const Scalar* exponential(Index block) const { return exponential_.data() + block * width * rows_; }
    Scalar* log_sum(Index block) { return log_sum_.data() + block * width; }
    const Scalar* log_sum(Index block) const { return log_sum_.data() + block * width; }
    Scalar* inverse_sum(Index block) { return inverse_sum_.data() + block * width; }
    const Scalar* inverse_sum(Index block) const { return inverse_sum_.data() + block * width; }
    Scalar* entropy(Index block) { return entropy_.data() + block * width; }
    const Scalar* entropy(Index block) const { return entropy_.data() + block * width; }

private:
    Index rows_ = 0;
    Index columnar_rows_ = 0;
    Index columns_ = 0;
    Buffer<Scalar> shifted_, exponential_, log_sum_, inverse_sum_, entropy_;
};

}  // namespace GRADIVA_NAMESPACE::kernels
