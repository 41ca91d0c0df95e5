#pragma once

#include <algorithm>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/matrix/strided.hpp"
#include "gradiva/kernels/matrix/tile.hpp"

// Products with few rows, as of a network's one output or two: c := addend + a B row by row, with a 1 x depth,
// B depth x n with contiguous rows or columns. A tile of rows would be nearly empty. Where B's columns are contiguous,
// an element of c has the same bits for any n.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// So few rows are taken one by one.
template <class Scalar>
inline constexpr Index most_single_rows = simd::lanes<Scalar> / 4;

/// The longest row that is copied.
inline constexpr Index longest_row = 1024;

/// A row of C: elements that lie `stride` apart.
template <class Scalar>
struct Row {
    Scalar* data;
    Index stride;
};

/// Sums each group of as many numbers as `Size` within a register; all of the group get the sum.
template <Index Size, class V>
V sum_groups(V x) {
    if constexpr (Size > 1) {
        x = simd::AddAcross::join<Size / 2>(x, x);
        return sum_groups<Size / 2>(x);
    }
    return x;
}

/// c := addend + a B with contiguous columns of B, four at a time, whose sums are folded into one register; where fewer
/// are left, the last one stands for those that are missing. Never inlined, and one loop: the same code gives a column
/// the same bits, whichever columns are beside it.
template <class Scalar>
[[gnu::noinline]] void dot_columns(const Scalar* a, const Strided<Scalar>& b, Columns<Scalar> addend, Row<Scalar> c) {
    constexpr Index width = simd::lanes<Scalar>, group = std::min<Index>(width, 4);
    const Index depth = b.rows;
    const Scalar* column[to_size(group)] = {};
    for (Index first = 0; first < b.columns; first += group) {
        const Index count = std::min(group, b.columns - first);
#pragma GCC unroll 4
        for (Index j = 0; j < group; ++j) {
            column[j] = j < count ? b.data + (first + j) * b.column_stride : column[j - 1];
        }
        simd::Lanes<Scalar> sum[to_size(group)] = {};
        Index k = 0;
        for (; k + width <= depth; k += width) {
            const simd::Lanes<Scalar> left = simd::load_once(a + k);
#pragma GCC unroll 4
            for (Index j = 0; j < group; ++j) sum[j] += left * simd::load(column[j] + k);
        }
        if (k < depth) {
            // Loaded before all products: the compiler then rounds each column's in the same way.
            simd::Lanes<Scalar> rest[to_size(group)];
#pragma GCC unroll 4
            for (Index j = 0; j < group; ++j) rest[j] = simd::load_some(column[j] + k, depth - k);
            const simd::Lanes<Scalar> left = simd::load_some(a + k, depth - k);
#pragma GCC unroll 4
            for (Index j = 0; j < group; ++j) sum[j] += left * rest[j];
        }
        Scalar dots[to_size(width)];
        simd::store(sum_groups<width / group>(simd::fold<simd::AddAcross, group, width / 2>(sum)), dots);
        for (Index j = 0; j < count; ++j) {
            c.data[(first + j) * c.stride] = addend.data[(first + j) * addend.stride] + dots[j * (width / group)];
        }
    }
}

/// `Vectors` registers of the sum of rows of B, which lie `stride` apart, weighted by a.
template <Index Vectors, class Scalar>
void weigh_rows(const Scalar* a, const Scalar* b, Index stride, Index depth, Scalar* c) {
    constexpr Index width = simd::lanes<Scalar>;
    simd::Lanes<Scalar> even[to_size(Vectors)] = {},
                        odd[to_size(Vectors)] = {};  // two chains of additions, neither waits for the other
    Index k = 0;
    for (; k + 2 <= depth; k += 2) {
#pragma GCC unroll 4
        for (Index v = 0; v < Vectors; ++v) {
            even[v] += simd::load(b + k * stride + v * width) * a[k];
            odd[v] += simd::load(b + (k + 1) * stride + v * width) * a[k + 1];
        }
    }
#pragma GCC unroll 4
    for (Index v = 0; v < Vectors; ++v) {
        if (k < depth) even[v] += simd::load(b + k * stride + v * width) * a[k];
        simd::store(even[v] + odd[v], c + v * width);
    }
}

/// `count` elements of a B with contiguous rows, at most four registers, into `c`, which has room for four.
template <class Scalar>
void weigh_rows(const Scalar* a, const Strided<Scalar>& b, Index count, Scalar* c) {
    constexpr Index width = simd::lanes<Scalar>;
    if (count == 4 * width) return weigh_rows<4>(a, b.data, b.row_stride, b.rows, c);
    Index j = 0;
    for (; j + width <= count; j += width) weigh_rows<1>(a, b.data + j, b.row_stride, b.rows, c + j);
    for (; j < count; ++j) {
        Scalar even = 0, odd = 0;
        for (Index k = 0; k < b.rows; ++k) (k % 2 == 0 ? even : odd) += b.data[k * b.row_stride + j] * a[k];
        c[j] = even + odd;
    }
}

/// c := addend + a B, where a is one row.
template <class Scalar>
void multiply_row(const Strided<Scalar>& a, const Strided<Scalar>& b, Columns<Scalar> addend, Row<Scalar> c) {
    alignas(64) Scalar row[longest_row];
    const Scalar* left = a.data;
    if (a.column_stride != 1) {
        for (Index k = 0; k < a.columns; ++k) row[k] = a.data[k * a.column_stride];
        left = row;
    }
    if (b.row_stride == 1) return dot_columns(left, b, addend, c);
    constexpr Index most = 4 * simd::lanes<Scalar>;
    alignas(64) Scalar piece[to_size(most)];
    for (Index first = 0; first < b.columns; first += most) {
        const Index count = std::min(most, b.columns - first);
        weigh_rows(left, block(b, 0, b.rows, first, count), count, piece);
        for (Index j = first; j < first + count; ++j) {
            c.data[j * c.stride] = addend.data[j * addend.stride] + piece[j - first];
        }
    }
}

/// Whether A has so few rows that single rows are the better way, none longer than there is room for.
template <class Scalar>
bool is_for_single_rows(const Strided<Scalar>& a) {
    if (a.columns > longest_row) return false;
    return a.rows <= most_single_rows<Scalar>;
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
