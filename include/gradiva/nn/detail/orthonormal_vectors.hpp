#pragma once

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Vectors in a block: the width of its matrix products.
inline constexpr Index orthogonal_block = 32;

/// D += sign A B, all row-major: A is `rows` x `inner` with a row stride of `stride`, B and D have `orthogonal_block`
/// columns and no gaps.
inline void add_block_product(double sign, const double* a, Index stride, Index rows, Index inner, const double* b,
                              double* d) {
    using V = simd::Lanes<double>;
    constexpr Index width = simd::lanes<double>, across = 2, most = simd::vector_bytes == 64 ? 8 : 4;
    const auto add = [=]<Index Height>(Index row, std::integral_constant<Index, Height>) {
        for (Index column = 0; column < orthogonal_block; column += across * width) {
            V sum[to_size(Height)][to_size(across)] = {};
            const double* const from = a + row * stride;
            for (Index k = 0; k < inner; ++k) {
                V right[to_size(across)];
#pragma GCC unroll 2
                for (Index c = 0; c < across; ++c) {
                    right[c] = simd::load(b + k * orthogonal_block + column + c * width);
                }
#pragma GCC unroll 8
                for (Index r = 0; r < Height; ++r) {
                    const double left = from[r * stride + k];
#pragma GCC unroll 2
                    for (Index c = 0; c < across; ++c) sum[r][c] += left * right[c];
                }
            }
#pragma GCC unroll 8
            for (Index r = 0; r < Height; ++r) {
#pragma GCC unroll 2
                for (Index c = 0; c < across; ++c) {
                    double* const to = d + (row + r) * orthogonal_block + column + c * width;
                    simd::store(simd::load(to) + sign * sum[r][c], to);
                }
            }
        }
    };
    Index row = 0;
    for (; row + most <= rows; row += most) add(row, std::integral_constant<Index, most>{});
    for (; row < rows; ++row) add(row, std::integral_constant<Index, 1>{});
}

/// `count` orthonormal vectors of `length` elements, count <= length: the factor Q (length x count) of the QR
/// decomposition of a random matrix, R having a positive diagonal. Blocked Gram-Schmidt with reorthogonalisation: the
/// vectors of a block are made orthogonal to all earlier blocks by matrix products, then to each other; where a vector
/// became so short that cancellation counts, this is repeated. Source: Daniel, Gragg, Kaufman and Stewart,
/// "Reorthogonalization and Stable Algorithms for Updating the Gram-Schmidt QR Factorization", 1976.
class OrthonormalVectors {
public:
    /// `draw()` returns the next element of the random matrix, column by column. A column that depends linearly on
    /// those before it is drawn again.
    template <class Draw>
    OrthonormalVectors(Index length, Index count, const Draw& draw)
        : length_(length), count_(count), columns_(length * count), rows_(length * count) {
        for (Index begin = 0; begin < count; begin += orthogonal_block) {
            const Index end = std::min(begin + orthogonal_block, count);
            for (double& x : columns_.segment({begin * length, end * length})) x = draw();
            // Cancellation loses as many digits as the subtraction shortens a vector.
            constexpr double least_remainder = 0.1;
            while (orthogonalise(begin, end, draw) < least_remainder) {
            }
            copy_to_rows(begin, end);
        }
    }

    /// Element `element` of vector `vector`: Q(element, vector).
    double operator()(Index element, Index vector) const { return columns_[vector * length_ + element]; }

private:
    double* column(Index j) { return columns_.data() + j * length_; }

    double dot(const double* a, const double* b) const {
        return simd::sum_in_lanes<double>(length_, [a, b](Index i) { return a[i] * b[i]; });
    }

    /// One pass over the block [begin, end). Returns the smallest ratio of a vector's norm after the subtractions to
    /// that before them; 0 where one was drawn again.
    template <class Draw>
    double orthogonalise(Index begin, Index end, const Draw& draw) {
        double before[orthogonal_block];
        for (Index j = begin; j < end; ++j) before[j - begin] = std::sqrt(dot(column(j), column(j)));
        if (begin > 0) subtract_projection(begin, end);
        double least = 1;
        for (Index j = begin; j < end; ++j) {
            double* const x = column(j);
            for (int pass = 0; pass < 2; ++pass) {
                for (Index k = begin; k < j; ++k) {
                    const double* const y = column(k);
                    const double along = dot(y, x);
                    for (Index i = 0; i < length_; ++i) x[i] -= along * y[i];
                }
            }
            const double norm = std::sqrt(dot(x, x));
            least = std::min(least, norm / before[j - begin]);
            if (norm < 1e-12) {  // linearly dependent but for rounding
                for (Index i = 0; i < length_; ++i) x[i] = draw();
                least = 0;
            } else {
                for (Index i = 0; i < length_; ++i) x[i] /= norm;
            }
        }
        return least;
    }

    /// X := X - Q Q^T X, where X are the vectors of the block and Q those before it.
    void subtract_projection(Index begin, Index end) {
        block_.assign(length_ * orthogonal_block, 0.0);
        along_.assign(begin * orthogonal_block, 0.0);
        for (Index j = begin; j < end; ++j) {
            for (Index i = 0; i < length_; ++i) block_[i * orthogonal_block + j - begin] = column(j)[i];
        }
        add_block_product(1, columns_.data(), length_, begin, length_, block_.data(), along_.data());
        add_block_product(-1, rows_.data(), count_, length_, begin, along_.data(), block_.data());
        for (Index j = begin; j < end; ++j) {
            for (Index i = 0; i < length_; ++i) column(j)[i] = block_[i * orthogonal_block + j - begin];
        }
    }

    void copy_to_rows(Index begin, Index end) {
        for (Index j = begin; j < end; ++j) {
            for (Index i = 0; i < length_; ++i) rows_[i * count_ + j] = column(j)[i];
        }
    }

    Index length_, count_;
    Buffer<double> columns_;  // Q, column-major
    Buffer<double> rows_;     // Q, row-major
    Buffer<double> block_;    // X, row-major
    Buffer<double> along_;    // Q^T X, row-major
};

}  // namespace GRADIVA_NAMESPACE::detail
