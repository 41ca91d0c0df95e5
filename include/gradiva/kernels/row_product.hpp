#pragma once

#include <algorithm>

#include "gradiva/core/types.hpp"
#include "gradiva/kernels/registers.hpp"
#include "gradiva/kernels/strided.hpp"

// Products with few rows, as of a network's one output or two: c := start + a B row by row, with a 1 x depth,
// B depth x n. A tile of rows would be nearly empty. Where B's columns are contiguous, an element of c has the same
// bits for any n.

namespace gradiva::kernels::detail {

/// So few rows are taken one by one.
template <class Scalar>
inline constexpr Index most_single_rows = lanes<Scalar> / 4;

/// The longest row that is copied.
inline constexpr Index longest_row = 1024;

/// Columns whose dot products are taken together: enough sums to hide the latency of an addition.
template <class Scalar>
inline constexpr Index columns_together = lanes<Scalar> / 2;

/// The dot products of a with `columns_together` contiguous columns of B, each left in two parts: what `fold` makes of
/// them. Never inlined: the same code gives a column the same bits, whichever columns are beside it.
template <class Scalar>
[[gnu::noinline]] RegisterOf<Scalar> half_folded_dots(const Scalar* a, const Scalar* const* column, Index depth) {
    constexpr Index width = lanes<Scalar>, count = columns_together<Scalar>;
    RegisterOf<Scalar> sum[count] = {};
    Index k = 0;
    for (; k + width <= depth; k += width) {
        const RegisterOf<Scalar> left = load_once(a + k);
#pragma GCC unroll 8
        for (Index j = 0; j < count; ++j) sum[j] += left * load(column[j] + k);
    }
    if (k < depth) {
        // Loaded before all products: the compiler then rounds each column's in the same way.
        RegisterOf<Scalar> rest[count];
#pragma GCC unroll 8
        for (Index j = 0; j < count; ++j) rest[j] = load_some(column[j] + k, depth - k);
        const RegisterOf<Scalar> left = load_some(a + k, depth - k);
#pragma GCC unroll 8
        for (Index j = 0; j < count; ++j) sum[j] += left * rest[j];
    }
    return fold<AddAcross, count, width / 2>(sum);
}

/// The dot products of a with `columns` columns of B, `stride` apart, each contiguous: at most as many as a register
/// has numbers. c has room for a register. Where there are fewer columns, the last one stands for those that are
/// missing.
template <class Scalar>
void dot_columns(const Scalar* a, const Scalar* b, Index stride, Index columns, Index depth, Scalar* c) {
    constexpr Index count = columns_together<Scalar>;
    const auto dots_from = [&](Index first, Index step) {
        const Scalar* column[count];
        for (Index j = 0; j < count; ++j) column[j] = b + std::min(first + j * step, columns - 1) * stride;
        return half_folded_dots(a, column, depth);
    };
    if (columns <= count) {
        Scalar half[lanes<Scalar>];
        store<Scalar>(dots_from(0, 1), half);
        for (Index j = 0; j < count; ++j) c[j] = half[2 * j] + half[2 * j + 1];
        return;
    }
    const RegisterOf<Scalar> both[2] = {dots_from(0, 2), dots_from(1, 2)};
    store<Scalar>(fold<AddAcross, 2, 1>(both), c);
}

/// `Vectors` registers of the sum of rows of B, which lie `stride` apart, weighted by a.
template <Index Vectors, class Scalar>
void weigh_rows(const Scalar* a, const Scalar* b, Index stride, Index depth, Scalar* c) {
    constexpr Index width = lanes<Scalar>;
    RegisterOf<Scalar> even[Vectors] = {}, odd[Vectors] = {};  // two chains of additions, neither waits for the other
    Index k = 0;
    for (; k + 2 <= depth; k += 2) {
#pragma GCC unroll 4
        for (Index v = 0; v < Vectors; ++v) {
            even[v] += load(b + k * stride + v * width) * a[k];
            odd[v] += load(b + (k + 1) * stride + v * width) * a[k + 1];
        }
    }
#pragma GCC unroll 4
    for (Index v = 0; v < Vectors; ++v) {
        if (k < depth) even[v] += load(b + k * stride + v * width) * a[k];
        store<Scalar>(even[v] + odd[v], c + v * width);
    }
}

/// `count` elements of a B, at most four registers, into `c`, which has room for four.
template <class Scalar>
void row_piece(const Scalar* a, const Strided<Scalar>& b, Index count, Scalar* c) {
    constexpr Index width = lanes<Scalar>;
    Index j = 0;
    if (b.row_stride == 1) {
        for (; j < count; j += width) {
            const Index columns = std::min(width, count - j);
            dot_columns(a, b.data + j * b.column_stride, b.column_stride, columns, b.rows, c + j);
        }
        return;
    }
    if (count == 4 * width) return weigh_rows<4>(a, b.data, b.row_stride, b.rows, c);
    for (; j + width <= count; j += width) weigh_rows<1>(a, b.data + j, b.row_stride, b.rows, c + j);
    for (; j < count; ++j) {
        Scalar even = 0, odd = 0;
        for (Index k = 0; k < b.rows; ++k) (k % 2 == 0 ? even : odd) += b.data[k * b.row_stride + j] * a[k];
        c[j] = even + odd;
    }
}

/// One row of A times B; `start(j)` is what element j of the row starts from.
template <class Scalar, class From>
void multiply_row(const Strided<Scalar>& a, const Strided<Scalar>& b, const From& start, Scalar* c, Index c_stride) {
    alignas(64) Scalar row[longest_row];
    const Scalar* left = a.data;
    if (a.column_stride != 1) {
        for (Index k = 0; k < a.columns; ++k) row[k] = a.data[k * a.column_stride];
        left = row;
    }
    constexpr Index most = 4 * lanes<Scalar>;
    alignas(64) Scalar piece[most];
    for (Index first = 0; first < b.columns; first += most) {
        const Index count = std::min(most, b.columns - first);
        row_piece(left, block(b, 0, b.rows, first, count), count, piece);
        for (Index j = 0; j < count; ++j) c[(first + j) * c_stride] = start(first + j) + piece[j];
    }
}

/// Whether A has so few rows, and B such an order, that single rows are the better way.
template <class Scalar>
bool is_for_single_rows(const Strided<Scalar>& a, const Strided<Scalar>& b) {
    return a.rows <= most_single_rows<Scalar> && a.columns <= longest_row &&
           (b.row_stride == 1 || b.column_stride == 1);
}

}  // namespace gradiva::kernels::detail
