#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/matrix/strided.hpp"

// Products with few rows, as of a network's one output or two: c := s + a B row by row (BLAS: gemv), with a: 1 x depth
// and B: depth x n with contiguous rows or columns. A tile of rows would be nearly empty. Where B's columns are
// contiguous, an element of c has the same bits for any n.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// The most rows of a product that is computed row by row.
template <class Scalar>
inline constexpr Index most_single_rows = simd::lanes<Scalar> / 4;

/// The longest row a of such a product: it may have to be copied to the stack.
inline constexpr Index longest_row = 1024;

/// Sums each group of `Size` neighbouring lanes of a register; all lanes of the group get the sum.
template <Index Size, class V>
V sum_groups(V x) {
    if constexpr (Size > 1) {
        x = simd::AddAcross::join<Size / 2>(x, x);
        return sum_groups<Size / 2>(x);
    }
    return x;
}

/// c := s + a B with contiguous columns of B, by dot products of four columns at a time, whose sums are reduced into
/// one register; where fewer are left, the last column is repeated. Never inlined, and one loop: the same code gives a
/// column the same bits, whichever columns are beside it.
template <class Scalar>
[[gnu::noinline]] void dot_columns(const Scalar* a, const Strided<Scalar>& b, Columns<const Scalar> s,
                                   Columns<Scalar> c) {
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
            // All loads before the first product: the compiler then contracts those of all columns in the same way.
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
            *c.at(0, first + j).data = *s.at(0, first + j).data + dots[j * (width / group)];
        }
    }
}

/// `Registers` registers of products a B with contiguous rows of B, as the sum of rows weighted by a.
template <Index Registers, class Scalar>
void add_weighted_rows(const Scalar* a, const Strided<Scalar>& b, Scalar* products) {
    constexpr Index width = simd::lanes<Scalar>;
    // Two independent sums hide the latency of an addition.
    simd::Lanes<Scalar> even[to_size(Registers)] = {}, odd[to_size(Registers)] = {};
    Index k = 0;
    for (; k + 2 <= b.rows; k += 2) {
#pragma GCC unroll 4
        for (Index v = 0; v < Registers; ++v) {
            even[v] += simd::load(b.data + k * b.row_stride + v * width) * a[k];
            odd[v] += simd::load(b.data + (k + 1) * b.row_stride + v * width) * a[k + 1];
        }
    }
#pragma GCC unroll 4
    for (Index v = 0; v < Registers; ++v) {
        if (k < b.rows) even[v] += simd::load(b.data + k * b.row_stride + v * width) * a[k];
        simd::store(even[v] + odd[v], products + v * width);
    }
}

/// The same for all columns of B, at most four registers of them.
template <class Scalar>
void add_weighted_rows(const Scalar* a, const Strided<Scalar>& b, Scalar* products) {
    constexpr Index width = simd::lanes<Scalar>;
    if (b.columns == 4 * width) return add_weighted_rows<4>(a, b, products);
    Index j = 0;
    for (; j + width <= b.columns; j += width) add_weighted_rows<1>(a, block(b, 0, b.rows, j, width), products + j);
    for (; j < b.columns; ++j) {
        Scalar even = 0, odd = 0;
        for (Index k = 0; k < b.rows; ++k) (k % 2 == 0 ? even : odd) += b.data[k * b.row_stride + j] * a[k];
        products[j] = even + odd;
    }
}

/// Every `Stride`-th of the numbers in `Stride` registers, of which `found` is the first: takes those that lie in
/// register `Register`, which begins `begin` numbers after the first, beside what was found before.
template <Index Stride, Index Register, Index begin, class V, int... Lane>
V add_every(const V& found, const V& next, std::integer_sequence<int, Lane...>) {
    constexpr int width = sizeof...(Lane), first = static_cast<int>(Register) * width, shift = static_cast<int>(begin);
    constexpr auto source = [](int lane) {
        const int place = lane * static_cast<int>(Stride);
        if (place >= first + width) return lane;  // in a later register
        return place >= first ? width + place - shift : Register == 1 ? place : lane;
    };
    return __builtin_shufflevector(found, next, source(Lane)...);
}

/// `to[k]` := `from[Stride * k]`, a register at a time: the registers that are loaded of `to` next would wait for
/// single numbers to arrive in memory. Nothing is read beyond the last of the numbers. Returns `to`.
template <Index Stride, class Scalar>
Scalar* copy_every(const Scalar* from, Index size, Scalar* to) {
    constexpr Index width = simd::lanes<Scalar>;
    using V = simd::Lanes<Scalar>;
    Index k = 0;
    for (; k + width <= size; k += width, from += Stride * width) {
        const auto add = [from]<Index Register>(V& found, std::integral_constant<Index, Register>) {
            constexpr Index begin = Register * width - (Register + 1 == Stride ? Stride - 1 : 0);
            found = add_every<Stride, Register, begin>(found, simd::load(from + begin), simd::LaneNumbers<V>{});
        };
        V found = simd::load(from);
        [&]<Index... R>(std::integer_sequence<Index, R...>) {
            (add(found, std::integral_constant<Index, R + 1>{}), ...);
        }
        (std::make_integer_sequence<Index, Stride - 1>{});
        simd::store(found, to + k);
    }
    for (; k < size; ++k, from += Stride) to[k] = *from;
    return to;
}

/// The row `a`, in `buffer` where it is not contiguous.
template <class Scalar>
const Scalar* contiguous_row(const Strided<Scalar>& a, Scalar* buffer) {
    if (a.column_stride == 1) return a.data;
    if constexpr (most_single_rows<Scalar> >= 2) {
        if (a.column_stride == 2) return copy_every<2>(a.data, a.columns, buffer);
    }
    if constexpr (most_single_rows<Scalar> >= 4) {
        if (a.column_stride == 3) return copy_every<3>(a.data, a.columns, buffer);
        if (a.column_stride == 4) return copy_every<4>(a.data, a.columns, buffer);
    }
    for (Index k = 0; k < a.columns; ++k) buffer[k] = a.data[k * a.column_stride];
    return buffer;
}

/// c := s + a B for an A of one row, at most `longest_row` long.
template <class Scalar>
void multiply_row(const Strided<Scalar>& a, const Strided<Scalar>& b, Columns<const Scalar> s, Columns<Scalar> c) {
    alignas(64) Scalar buffer[longest_row];
    const Scalar* const row = contiguous_row(a, buffer);
    if (b.row_stride == 1) return dot_columns(row, b, s, c);
    constexpr Index most = 4 * simd::lanes<Scalar>;
    alignas(64) Scalar products[to_size(most)];
    for (Index first = 0; first < b.columns; first += most) {
        const Index count = std::min(most, b.columns - first);
        add_weighted_rows(row, block(b, 0, b.rows, first, count), products);
        for (Index j = 0; j < count; ++j) *c.at(0, first + j).data = *s.at(0, first + j).data + products[j];
    }
}

/// Whether A has so few rows, none too long, that the product is computed row by row.
template <class Scalar>
bool is_for_single_rows(const Strided<Scalar>& a) {
    return a.columns <= longest_row && a.rows <= most_single_rows<Scalar>;
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
