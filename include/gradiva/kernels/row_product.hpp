#pragma once

#include <cstring>

#include "gradiva/kernels/strided.hpp"

// Products with a single row, as of a network's one output: c = a B and c += a B with a 1 x depth, B depth x n. A tile
// of rows would be nearly empty. Both kernels sum an element of c in an order that n does not change.

namespace gradiva::kernels::detail {

template <class Scalar>
using RegisterOf = typename Register<Scalar>::Type;

template <class Scalar>
RegisterOf<Scalar> load(const Scalar* from) {
    return *reinterpret_cast<const typename Register<Scalar>::Unaligned*>(from);
}

/// The sum of a register's numbers, by halves.
template <class Scalar>
Scalar sum_of(RegisterOf<Scalar> x) {
    Scalar part[lanes<Scalar>];
    std::memcpy(part, &x, sizeof x);
    for (Index half = lanes<Scalar> / 2; half > 0; half /= 2) {
        for (Index i = 0; i < half; ++i) part[i] += part[i + half];
    }
    return part[0];
}

/// `Count` dot products of a with columns of B that lie `stride` apart, each contiguous.
template <Index Count, bool Accumulate, class Scalar>
void dot_columns(const Scalar* a, const Scalar* b, Index stride, Index depth, Scalar* c) {
    constexpr Index width = lanes<Scalar>;
    RegisterOf<Scalar> sum[Count] = {};
    Index k = 0;
    for (; k + width <= depth; k += width) {
        const RegisterOf<Scalar> left = load(a + k);
        for (Index j = 0; j < Count; ++j) sum[j] += left * load(b + j * stride + k);
    }
    for (Index j = 0; j < Count; ++j) {
        Scalar total = sum_of<Scalar>(sum[j]);
        for (Index i = k; i < depth; ++i) total += a[i] * b[j * stride + i];
        c[j] = Accumulate ? c[j] + total : total;
    }
}

/// a and the columns of B are contiguous.
template <bool Accumulate, class Scalar>
void row_times_columns(const Scalar* a, const Strided<Scalar>& b, Scalar* c) {
    Index j = 0;
    for (; j + 4 <= b.columns; j += 4) {
        dot_columns<4, Accumulate>(a, b.data + j * b.column_stride, b.column_stride, b.rows, c + j);
    }
    for (; j < b.columns; ++j) dot_columns<1, Accumulate>(a, b.data + j * b.column_stride, 0, b.rows, c + j);
}

/// `Vectors` registers of c += the sum of rows of B, which lie `stride` apart, weighted by a.
template <Index Vectors, class Scalar>
void add_weighted_rows(const Scalar* a, const Scalar* b, Index stride, Index depth, Scalar* c) {
    constexpr Index width = lanes<Scalar>;
    RegisterOf<Scalar> even[Vectors] = {}, odd[Vectors] = {};  // two chains of additions, neither waits for the other
    Index k = 0;
    for (; k + 2 <= depth; k += 2) {
        for (Index v = 0; v < Vectors; ++v) {
            even[v] += load(b + k * stride + v * width) * a[k];
            odd[v] += load(b + (k + 1) * stride + v * width) * a[k + 1];
        }
    }
    for (Index v = 0; v < Vectors; ++v) {
        if (k < depth) even[v] += load(b + k * stride + v * width) * a[k];
        const RegisterOf<Scalar> total = load(c + v * width) + (even[v] + odd[v]);
        std::memcpy(c + v * width, &total, sizeof total);
    }
}

/// c += a B, where a and the rows of B are contiguous.
template <class Scalar>
void add_row_times_rows(const Scalar* a, const Strided<Scalar>& b, Scalar* c) {
    constexpr Index width = lanes<Scalar>;
    Index j = 0;
    for (; j + 4 * width <= b.columns; j += 4 * width) {
        add_weighted_rows<4>(a, b.data + j, b.row_stride, b.rows, c + j);
    }
    for (; j + width <= b.columns; j += width) add_weighted_rows<1>(a, b.data + j, b.row_stride, b.rows, c + j);
    for (; j < b.columns; ++j) {
        for (Index k = 0; k < b.rows; ++k) c[j] += a[k] * b.data[k * b.row_stride + j];
    }
}

}  // namespace gradiva::kernels::detail
