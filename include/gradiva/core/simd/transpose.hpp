#pragma once

#include <type_traits>
#include <utility>

#include "gradiva/core/simd/lanes.hpp"

// Rows of registers from columns in memory, and back.

namespace GRADIVA_NAMESPACE::simd {

namespace detail {

template <bool Upper, class Lanes, int... K>
Lanes zip_lanes(const Lanes& a, const Lanes& b, std::integer_sequence<int, K...>) {
    constexpr int width = sizeof...(K);
    return __builtin_shufflevector(a, b, (K / 2 + K % 2 * width + (Upper ? width / 2 : 0))...);
}

template <int First, class V, int... K>
V every_second(const V& a, const V& b, std::integer_sequence<int, K...>) {
    return __builtin_shufflevector(a, b, (2 * K + First)...);
}
template <class V>
V evens(const V& a, const V& b) {
    return every_second<0>(a, b, LaneNumbers<V>{});
}
template <class V>
V odds(const V& a, const V& b) {
    return every_second<1>(a, b, LaneNumbers<V>{});
}

}  // namespace detail

/// The lower half of (a0, b0, a1, b1, ...).
template <class Lanes>
Lanes zip_lower(const Lanes& a, const Lanes& b) {
    return detail::zip_lanes<false>(a, b, LaneNumbers<Lanes>{});
}

/// The upper half of (a0, b0, a1, b1, ...).
template <class Lanes>
Lanes zip_upper(const Lanes& a, const Lanes& b) {
    return detail::zip_lanes<true>(a, b, LaneNumbers<Lanes>{});
}

/// Writes a 4 x `lanes<float>` matrix, column-major, from its rows.
inline void store_columns(const Floats& row0, const Floats& row1, const Floats& row2, const Floats& row3, float* to) {
    const Floats even[2] = {zip_lower(row0, row2), zip_upper(row0, row2)};
    const Floats odd[2] = {zip_lower(row1, row3), zip_upper(row1, row3)};
    for (Index half = 0; half < 2; ++half) {
        store(zip_lower(even[half], odd[half]), to + 2 * half * lanes<float>);
        store(zip_upper(even[half], odd[half]), to + (2 * half + 1) * lanes<float>);
    }
}

/// Writes the transpose of a square block: row i, contiguous at `from + i * from_stride`, becomes element i of each
/// register of `to`, which are `to_stride` apart.
template <class Scalar>
void transpose_block(const Scalar* from, Index from_stride, Scalar* to, Index to_stride) {
    constexpr Index n = lanes<Scalar>;
    Lanes<Scalar> x[to_size(n)], y[to_size(n)];
#pragma GCC unroll 16
    for (Index i = 0; i < n; ++i) x[i] = load(from + i * from_stride);
        // Each round interleaves the first half of the registers with the second.
#pragma GCC unroll 4
    for (Index round = 1; round < n; round *= 2) {
#pragma GCC unroll 16
        for (Index i = 0; i < n / 2; ++i) {
            y[2 * i] = zip_lower(x[i], x[i + n / 2]);
            y[2 * i + 1] = zip_upper(x[i], x[i + n / 2]);
        }
#pragma GCC unroll 16
        for (Index i = 0; i < n; ++i) x[i] = y[i];
    }
#pragma GCC unroll 16
    for (Index i = 0; i < n; ++i) store(x[i], to + i * to_stride);
}

// Transposition of a block of columns: register i holds row i of as many columns as it has lanes. Sums along columns
// are then additions of registers, for any number of rows; the cost is that of the transpositions. Rows are moved in
// groups of 4 or 2, which are contiguous in memory; the last group overlaps the one before it.

namespace detail {

template <Index Count, class Scalar>
struct ShortRegister {
    typedef Scalar Type __attribute__((vector_size(Count * sizeof(Scalar))));
    typedef Scalar Unaligned __attribute__((vector_size(Count * sizeof(Scalar)), aligned(alignof(Scalar)), may_alias));
};

template <class Half, int... K>
auto join(const Half& a, const Half& b, std::integer_sequence<int, K...>) {
    return __builtin_shufflevector(a, b, K...);
}

/// `Groups` times `Count` numbers, the groups `stride` apart.
template <Index Groups, Index Count, class Scalar>
auto load_groups(const Scalar* from, Index stride) {
    if constexpr (Groups == 1) {
        using Short = ShortRegister<Count, Scalar>;
        return typename Short::Type(*reinterpret_cast<const typename Short::Unaligned*>(from));
    } else {
        return join(load_groups<Groups / 2, Count>(from, stride),
                    load_groups<Groups / 2, Count>(from + Groups / 2 * stride, stride),
                    std::make_integer_sequence<int, Groups * Count>{});
    }
}

template <Index First, class Scalar, int... K>
void store_group(const Lanes<Scalar>& x, Scalar* to, std::integer_sequence<int, K...>) {
    *reinterpret_cast<typename ShortRegister<Index{sizeof...(K)}, Scalar>::Unaligned*>(to) =
        __builtin_shufflevector(x, x, (First + K)...);
}

/// The reverse of `load_groups`.
template <Index Count, class Scalar, int... G>
void store_groups(const Lanes<Scalar>& x, Scalar* to, Index stride, std::integer_sequence<int, G...>) {
    (store_group<G * Count, Scalar>(x, to + G * stride, std::make_integer_sequence<int, Count>{}), ...);
}

/// `Count` numbers of each column to `Count` registers.
template <Index Count, class Scalar>
void load_group_of_rows(const Scalar* from, Index stride, Scalar* to) {
    constexpr Index width = lanes<Scalar>, groups = width / Count;
    Lanes<Scalar> x[to_size(Count)];
#pragma GCC unroll 4
    for (Index i = 0; i < Count; ++i) {
        x[i] =
            stride == Count ? load(from + i * width) : load_groups<groups, Count>(from + i * groups * stride, stride);
    }
    if constexpr (Count == 2) {
        store(evens(x[0], x[1]), to);
        store(odds(x[0], x[1]), to + width);
    } else {
        const Lanes<Scalar> even[2] = {evens(x[0], x[1]), evens(x[2], x[3])};
        const Lanes<Scalar> odd[2] = {odds(x[0], x[1]), odds(x[2], x[3])};
        store(evens(even[0], even[1]), to);
        store(evens(odd[0], odd[1]), to + width);
        store(odds(even[0], even[1]), to + 2 * width);
        store(odds(odd[0], odd[1]), to + 3 * width);
    }
}

/// The reverse of `load_group_of_rows`.
template <Index Count, class Scalar>
void store_group_of_rows(const Scalar* from, Scalar* to, Index stride) {
    constexpr Index width = lanes<Scalar>, groups = width / Count;
    Lanes<Scalar> x[to_size(Count)], y[to_size(Count)];
#pragma GCC unroll 4
    for (Index i = 0; i < Count; ++i) x[i] = load(from + i * width);
    if constexpr (Count == 2) {
        y[0] = zip_lower(x[0], x[1]);
        y[1] = zip_upper(x[0], x[1]);
    } else {
        const Lanes<Scalar> even[2] = {zip_lower(x[0], x[2]), zip_upper(x[0], x[2])};
        const Lanes<Scalar> odd[2] = {zip_lower(x[1], x[3]), zip_upper(x[1], x[3])};
        y[0] = zip_lower(even[0], odd[0]);
        y[1] = zip_upper(even[0], odd[0]);
        y[2] = zip_lower(even[1], odd[1]);
        y[3] = zip_upper(even[1], odd[1]);
    }
#pragma GCC unroll 4
    for (Index i = 0; i < Count; ++i) {
        if (stride == Count) {
            store(y[i], to + i * width);
        } else {
            store_groups<Count, Scalar>(y[i], to + i * groups * stride, stride,
                                        std::make_integer_sequence<int, groups>{});
        }
    }
}

/// Calls `move(Count, first row)` for groups of `Count` rows, 4 if there are as many, that cover all of them.
template <class Scalar, Index Count = lanes<Scalar> >= 4 ? 4 : 2, class Move>
void for_each_group(Index rows, const Move& move) {
    if constexpr (Count == 4) {
        if (rows < 4) return for_each_group<Scalar, 2>(rows, move);
    }
    constexpr std::integral_constant<Index, Count> count{};
    for (Index i = 0; i + Count <= rows; i += Count) move(count, i);
    if (rows % Count != 0) move(count, rows - Count);
}

}  // namespace detail

/// Writes rows x `count` numbers, whose columns are `stride` apart, row by row: row i to register i of `to`, with 0
/// after the last column.
template <class Scalar>
void columns_to_lanes(const Scalar* from, Index stride, Index rows, Index count, Scalar* to) {
    constexpr Index width = lanes<Scalar>;
    if (rows == 1 && count == width && stride == 1) return store(load(from), to);
    if (rows >= 2 && count == width) {
        return detail::for_each_group<Scalar>(
            rows, [=](auto group, Index i) { detail::load_group_of_rows<group()>(from + i, stride, to + i * width); });
    }
    for (Index i = 0; i < rows; ++i) store(Lanes<Scalar>{}, to + i * width);
    for (Index j = 0; j < count; ++j) {
        for (Index i = 0; i < rows; ++i) to[i * width + j] = from[i + j * stride];
    }
}

/// The reverse of `columns_to_lanes`; writes nothing after the last column.
template <class Scalar>
void lanes_to_columns(const Scalar* from, Index rows, Index count, Scalar* to, Index stride) {
    constexpr Index width = lanes<Scalar>;
    if (rows == 1 && count == width && stride == 1) return store(load(from), to);
    if (rows >= 2 && count == width) {
        return detail::for_each_group<Scalar>(
            rows, [=](auto group, Index i) { detail::store_group_of_rows<group()>(from + i * width, to + i, stride); });
    }
    for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < count; ++j) to[i + j * stride] = from[i * width + j];
    }
}

}  // namespace GRADIVA_NAMESPACE::simd
