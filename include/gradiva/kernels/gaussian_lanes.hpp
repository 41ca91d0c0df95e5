#pragma once

#include <type_traits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/detail/lane_rows.hpp"

// Parts of kernels/gaussian.hpp, for as many samples at a time as a register has lanes.

namespace GRADIVA_NAMESPACE::kernels {

/// A view of log standard deviations s, within their bounds, and of 1 / sigma: one column (dimensions) that all samples
/// share, or a column for each sample. Columns are contiguous.
template <class Scalar>
struct GaussianScale {
    const Scalar* log_std;
    const Scalar* inverse_std;
    Index stride;  ///< elements from a sample's column to the next one; 0: all share one

    static GaussianScale shared(const ConstVectorRef<Scalar>& s, const ConstVectorRef<Scalar>& inverse_std) {
        return {s.data(), inverse_std.data(), 0};
    }
    static GaussianScale per_sample(const ConstMatrixRef<Scalar>& s, const ConstMatrixRef<Scalar>& inverse_std) {
        GRADIVA_ASSERT(s.outerStride() == inverse_std.outerStride());
        return {s.data(), inverse_std.data(), s.outerStride()};
    }

    bool is_shared() const { return stride == 0; }
    /// The same from an element of s and a sample on.
    GaussianScale from(Index row, Index sample) const {
        return {log_std + row + sample * stride, inverse_std + row + sample * stride, stride};
    }
};

namespace detail {

/// The operands of standardised differences z = (a - b) / sigma: a are actions or other means, b are means.
template <class Scalar, class A>
struct StandardisedDifference {
    const A* a;
    Index a_stride;
    const Scalar* b;
    Index b_stride;
    GaussianScale<Scalar> scale;

    /// The same from row `row` and sample `sample` on.
    StandardisedDifference from(Index row, Index sample) const {
        return {a + row + sample * a_stride, a_stride, b + row + sample * b_stride, b_stride, scale.from(row, sample)};
    }

    /// Whether the samples are one contiguous row and share one deviation.
    bool are_one_row(Index rows) const { return rows == 1 && a_stride == 1 && b_stride == 1 && scale.is_shared(); }
    /// z of the first `count` samples of such a row, given 1 / sigma; the other lanes are unspecified.
    simd::Lanes<Scalar> row(Index count, Scalar inverse_std) const {
        return (load_converted<Scalar>(a, count) - simd::load_some(b, count)) * inverse_std;
    }
};

/// z of a block, and 1 / sigma of each element.
template <class Scalar>
class StandardisedRows {
public:
    /// Computes the first `rows` rows and `count` columns; z is 0 in the other lanes.
    template <class A>
    void load(const StandardisedDifference<Scalar, A>& from, Index rows, Index count) {
        LaneRows<Scalar> means;
        z_.load(from.a, from.a_stride, rows, count);
        means.load(from.b, from.b_stride, rows, count);
        shared_ = from.scale.is_shared() ? from.scale.inverse_std : nullptr;
        if (shared_ == nullptr) inverse_std_.load(from.scale.inverse_std, from.scale.stride, rows, count);
        for (Index i = 0; i < rows; ++i) z_.set(i, (z_[i] - means[i]) * inverse_std(i));
    }

    simd::Lanes<Scalar> z(Index row) const { return z_[row]; }
    simd::Lanes<Scalar> inverse_std(Index row) const {
        return shared_ != nullptr ? simd::broadcast(shared_[row]) : inverse_std_[row];
    }

private:
    const Scalar* shared_;
    LaneRows<Scalar> z_, inverse_std_;
};

template <class Scalar, class A>
StandardisedDifference<Scalar, A> standardised_difference(const ConstMatrixRef<A>& a, const ConstMatrixRef<Scalar>& b,
                                                          const GaussianScale<Scalar>& scale) {
    GRADIVA_ASSERT(a.rows() == b.rows() && a.cols() == b.cols());
    return {a.data(), a.outerStride(), b.data(), b.outerStride(), scale};
}

/// Gives `of_sample(j)` of `count` samples from one on, a lane per sample; where all share one number, it is computed
/// once.
template <class OfSample>
class PerSample {
public:
    PerSample(bool shared, const OfSample& of_sample)
        : shared_(shared), of_sample_(of_sample), of_all_(shared ? of_sample(0) : 0) {}

    auto operator()(Index first, Index count) const {
        auto all = simd::broadcast(of_all_);
        for (Index k = 0; k < count && !shared_; ++k) all[k] = of_sample_(first + k);
        return all;
    }

private:
    bool shared_;
    const OfSample& of_sample_;
    std::invoke_result_t<const OfSample&, Index> of_all_;
};

/// sum_i z_i^2 of `count` columns, a lane per column.
template <class Scalar, class A>
simd::Lanes<Scalar> sum_of_squares(const StandardisedDifference<Scalar, A>& difference, Index rows, Index count) {
    simd::Lanes<Scalar> sum{};
    for_each_row_group(rows, [&](Index row, Index some) {
        StandardisedRows<Scalar> block;
        block.load(difference.from(row, 0), some, count);
        for (Index i = 0; i < some; ++i) sum += block.z(i) * block.z(i);
    });
    return sum;
}

/// out_j := constant + factor * sum_i z_i^2; `constant(j, count)` gives that of `count` columns from j on.
template <class Scalar, class A, class ConstantOf>
void add_squares(const StandardisedDifference<Scalar, A>& difference, Index rows, Index columns, Scalar factor,
                 const ConstantOf& constant, Scalar* out) {
    if (difference.are_one_row(rows)) {
        const simd::Lanes<Scalar> of_all = constant(0, simd::lanes<Scalar>);
        const Scalar inverse_std =
            difference.scale.inverse_std[0];  // loaded before the first store, which might alias it
        return simd::for_each_register<Scalar>(columns, [&](Index j, auto count) {
            const simd::Lanes<Scalar> z = difference.from(0, j).row(count, inverse_std);
            simd::store_some(of_all + factor * (z * z), out + j, count);
        });
    }
    for_each_column_group<Scalar>(columns, [&](Index j, Index count) {
        const simd::Lanes<Scalar> squares = sum_of_squares(difference.from(0, j), rows, count);
        simd::store_some(constant(j, count) + factor * squares, out + j, count);
    });
}

/// z, but 0 where the weight w is 0 and z is not NaN: so that an infinite action, or one whose square overflows, adds
/// exactly 0.
template <class V>
V weighted_z(const V& z, const V& w) {
    return w == 0 && z == z ? V{} : z;
}

/// Adds derivatives by some rows of s to the column of each sample, or, where all share one column, their sum over
/// samples.
template <class Scalar>
class ScaleGradient {
public:
    ScaleGradient(MatrixRef<Scalar>& d_s, bool shared, Index row, Index rows)
        : d_s_(d_s.data() + row), stride_(shared ? 0 : d_s.outerStride()), rows_(rows) {
        if (shared) sum_.clear(rows);
    }

    /// Adds the derivatives of `count` samples, from the one at `column` on.
    void add(const LaneRows<Scalar>& d, Index column, Index count) {
        if (stride_ > 0) sum_.load(d_s_ + column * stride_, stride_, rows_, count);
        for (Index i = 0; i < rows_; ++i) sum_.set(i, sum_[i] + d[i]);
        if (stride_ > 0) sum_.store(d_s_ + column * stride_, stride_, rows_, count);
    }

    /// Adds the sum over samples, where all share one column.
    void finish() {
        if (stride_ > 0) return;
        for (Index i = 0; i < rows_; ++i) d_s_[i] += simd::sum_of<Scalar>(sum_[i]);
    }

private:
    Scalar* d_s_;
    Index stride_;
    Index rows_;
    LaneRows<Scalar> sum_;
};

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE::kernels
