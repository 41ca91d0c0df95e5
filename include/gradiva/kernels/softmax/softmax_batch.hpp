#pragma once

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/simd/lanes.hpp"

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// d for a product with e^d that is exactly 0 where e^d is, also for d of minus infinity: held above a number where e^d
/// is 0 in any scalar. NaN stays NaN.
template <class V>
V finite_exponent(const V& d) {
    return simd::larger(V{} - 1000, d);
}

}  // namespace detail

/// Categorical distributions, one for each column of a batch of logits Z (choices x batch), with
///   log p = d - log S,   p = e^d / S,   d = z - max z,   S = sum_i e^d_i.
/// Filled by `log_softmax`.
///
/// Columns stand in blocks of `width`, as many as a register has numbers. The first rows of a block, as many as fill
/// whole registers, stay columns, one after the other; of the rest, each row is one register, the columns side by side.
/// So nothing is padded, few rows are moved, and sums along columns end in one register per block, whose lanes are the
/// columns. What is stored beyond the last column has no meaning.
template <class ScalarT>
class SoftmaxBatch {
public:
    using Scalar = ScalarT;
    static constexpr Index width = simd::lanes<Scalar>;

    Index rows() const { return rows_; }
    Index cols() const { return columns_; }
    /// The rows that stay columns.
    Index upright_rows() const { return upright_rows_; }
    void resize(Index rows, Index columns) {
        rows_ = rows;
        upright_rows_ = rows - rows % width;
        columns_ = columns;
        for (auto* part : {&shifted_, &exponential_}) part->resize(rows * blocks() * width);
        for (auto* part : {&log_sum_, &inverse_sum_, &entropy_}) part->resize(blocks() * width);
    }

    Scalar log_p(Index i, Index j) const { return shifted(j / width)[place(i, j % width)] - log_sum_[j]; }
    Scalar p(Index i, Index j) const { return exponential(j / width)[place(i, j % width)] * inverse_sum_[j]; }

    Index blocks() const { return pieces_of(columns_, width); }
    /// Columns of a block: `width`, but for the last one.
    Index count(Index block) const {
        const Index rest = columns_ - block * width;
        return rest < width ? rest : width;
    }

    /// Where number (i, j) of a block stands in it.
    Index place(Index i, Index j) const { return i < upright_rows_ ? j * upright_rows_ + i : i * width + j; }

    // Of one block: d and e^d, rows x `width`, and log S, 1 / S and the entropy, `width` each.
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
    Index upright_rows_ = 0;
    Index columns_ = 0;
    Buffer<Scalar> shifted_, exponential_, log_sum_, inverse_sum_, entropy_;
};

}  // namespace GRADIVA_NAMESPACE::kernels
