#pragma once

#include <algorithm>
#include <type_traits>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/simd/transpose.hpp"
#include "gradiva/core/types.hpp"

// The sums of kernels/gaussian.hpp for as many samples at once as a register has numbers. The last samples of a batch
// go the same way, beside zeros: whatever a compiler makes of it, a column has the same bits in a batch of any width.

namespace GRADIVA_NAMESPACE::kernels {

/// Log standard deviations s, held within their bounds, with 1 / sigma: one column (dimensions) that all samples share,
/// or a column for each sample. A view; columns are contiguous.
template <class Scalar>
struct GaussianScale {
    const Scalar* log_std;
    const Scalar* inverse_std;
    Index stride;  ///< from the column of a sample to that of the next; 0: all share one

    static GaussianScale shared(const ConstVectorRef<Scalar>& s, const ConstVectorRef<Scalar>& inverse_std) {
        return {s.data(), inverse_std.data(), 0};
    }
    static GaussianScale per_sample(const ConstMatrixRef<Scalar>& s, const ConstMatrixRef<Scalar>& inverse_std) {
        GRADIVA_ASSERT(s.outerStride() == inverse_std.outerStride());
        return {s.data(), inverse_std.data(), s.outerStride()};
    }

    bool is_shared() const { return stride == 0; }
    GaussianScale from(Index row, Index sample) const {
        return {log_std + row + sample * stride, inverse_std + row + sample * stride, stride};
    }
};

namespace detail {

/// The first `count` numbers of any type; zeros after them.
template <class Scalar, class From>
simd::Lanes<Scalar> load_converted(const From* from, Index count) {
    if constexpr (std::is_same_v<From, Scalar>) {
        return simd::load_some(from, count);
    } else {
        From room[simd::lanes<Scalar>] = {};
        if (count < simd::lanes<Scalar>) from = std::copy_n(from, count, room) - count;
        typedef From Few __attribute__((vector_size(simd::lanes<Scalar> * sizeof(From))));
        return __builtin_convertvector(simd::load_as<Few>(from), simd::Lanes<Scalar>);
    }
}

/// Rows that kernels bring side by side at a time, in a buffer on the stack.
inline constexpr Index rows_at_once = 32;

/// A block of a batch, row by row: at most `rows_at_once` rows of as many columns as a register has numbers.
template <class Scalar>
struct alignas(simd::vector_bytes) LaneRows {
    Scalar numbers[rows_at_once * simd::lanes<Scalar>];

    simd::Lanes<Scalar> operator[](Index row) const { return simd::load(at(row)); }
    void set(Index row, const simd::Lanes<Scalar>& x) { simd::store(x, numbers + row * simd::lanes<Scalar>); }

    /// Takes `count` columns that lie `stride` apart; zeros stand beyond them.
    template <class From>
    void load(const From* from, Index stride, Index rows, Index count) {
        if constexpr (std::is_same_v<From, Scalar>) {
            simd::columns_to_lanes(from, stride, rows, count, numbers);
        } else {
            std::fill_n(numbers, rows * simd::lanes<Scalar>, Scalar(0));
            for (Index i = 0; i < rows; ++i) {
                for (Index j = 0; j < count; ++j) {
                    numbers[i * simd::lanes<Scalar> + j] = static_cast<Scalar>(from[i + j * stride]);
                }
            }
        }
    }

    void write(Scalar* to, Index stride, Index rows, Index count) const {
        simd::lanes_to_columns(numbers, rows, count, to, stride);
    }

private:
    const Scalar* at(Index row) const { return numbers + row * simd::lanes<Scalar>; }
};

/// Where standardised differences z = (a - b) / sigma come from: a of actions, or of other means, and b of means.
template <class Scalar, class A>
struct StandardisedDifference {
    const A* a;
    Index a_stride;
    const Scalar* b;
    Index b_stride;
    GaussianScale<Scalar> scale;

    StandardisedDifference from(Index row, Index sample) const {
        return {a + row + sample * a_stride, a_stride, b + row + sample * b_stride, b_stride, scale.from(row, sample)};
    }

    /// Whether the samples are one contiguous row, with one deviation.
    bool are_one_row(Index rows) const { return rows == 1 && a_stride == 1 && b_stride == 1 && scale.is_shared(); }
    /// z of the first `count` samples of such a row, given 1 / sigma; those beyond them are without meaning.
    simd::Lanes<Scalar> row(Index count, Scalar inverse_std) const {
        return (load_converted<Scalar>(a, count) - simd::load_some(b, count)) * inverse_std;
    }
};

/// z of a block of rows and columns, and 1 / sigma of each.
template <class Scalar>
class StandardisedRows {
public:
    /// The first `rows` rows and `count` columns; 0 beyond them.
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

/// Calls `body(first row, rows)` for at most `rows_at_once` rows at a time.
template <class Body>
void for_each_row_group(Index rows, const Body& body) {
    for (Index row = 0; row < rows; row += rows_at_once) body(row, std::min(rows - row, rows_at_once));
}

/// Calls `body(first column, columns)` for as many columns at a time as a register has numbers. One loop for all: a
/// compiler that rounds the last columns in another way would have to do so with every column.
template <class Scalar, class Body>
void for_each_column_group(Index columns, const Body& body) {
    for (Index j = 0; j < columns; j += simd::lanes<Scalar>) body(j, std::min(columns - j, simd::lanes<Scalar>));
}

/// Numbers of samples, `of_sample(j)`: of `count` samples from one on. Where all share one, it is computed once.
template <class OfSample>
class PerSample {
public:
    PerSample(bool shared, const OfSample& of_sample)
        : shared_(shared), of_sample_(of_sample), of_all_(shared ? of_sample(0) : 0) {}

    auto operator()(Index first, Index count) const {
        auto numbers = simd::broadcast(of_all_);
        for (Index k = 0; k < count && !shared_; ++k) numbers[k] = of_sample_(first + k);
        return numbers;
    }

private:
    bool shared_;
    const OfSample& of_sample_;
    std::invoke_result_t<const OfSample&, Index> of_all_;
};

/// sum_i z_i^2 of `count` columns.
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

/// out_j := constant(j, count) + factor * sum_i z_i^2 of each column; `constant` gives that of `count` columns from j
/// on.
template <class Scalar, class A, class ConstantOf>
void add_squares(const StandardisedDifference<Scalar, A>& difference, Index rows, Index columns, Scalar factor,
                 const ConstantOf& constant, Scalar* out) {
    if (difference.are_one_row(rows)) {
        const simd::Lanes<Scalar> of_all = constant(0, simd::lanes<Scalar>);
        const Scalar inverse_std = difference.scale.inverse_std[0];  // once: what is stored might be the same number
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

/// z, but 0 where the weight is 0 and z a number: an action beyond all numbers, or one whose square is, then counts for
/// nothing. NaN stays NaN.
template <class V>
V counted(const V& z, const V& w) {
    return w == 0 && z == z ? V{} : z;
}

/// Where the gradient by some rows of s goes: to the column of each sample, or, where all share one, summed over
/// samples.
template <class Scalar>
class ScaleGradient {
public:
    ScaleGradient(MatrixRef<Scalar>& d_s, bool shared, Index row, Index rows)
        : to_(d_s.data() + row), stride_(shared ? 0 : d_s.outerStride()), rows_(rows) {
        if (shared) std::fill_n(sum_.numbers, rows * simd::lanes<Scalar>, Scalar(0));
    }

    /// Adds the derivatives of `count` samples, from the one at `column` on.
    void add(const LaneRows<Scalar>& d, Index column, Index count) {
        if (stride_ > 0) sum_.load(to_ + column * stride_, stride_, rows_, count);
        for (Index i = 0; i < rows_; ++i) sum_.set(i, sum_[i] + d[i]);
        if (stride_ > 0) sum_.write(to_ + column * stride_, stride_, rows_, count);
    }

    void finish() {
        if (stride_ > 0) return;
        for (Index i = 0; i < rows_; ++i) to_[i] += simd::sum_of<Scalar>(sum_[i]);
    }

private:
    Scalar* to_;
    Index stride_;
    Index rows_;
    LaneRows<Scalar> sum_;
};

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE::kernels
