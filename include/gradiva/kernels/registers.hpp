#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include "gradiva/core/index.hpp"
#include "gradiva/core/lanes.hpp"

// Vector registers of any scalar, for the products of matrices.

namespace gradiva::kernels::detail {

template <class Scalar>
inline constexpr Index lanes = vector_bytes / static_cast<Index>(sizeof(Scalar));

/// As many numbers as a vector register holds. `Unaligned` is the same in memory, wherever it starts.
template <class Scalar>
struct Register {
    typedef Scalar Type __attribute__((vector_size(vector_bytes)));
    typedef Scalar Unaligned __attribute__((vector_size(vector_bytes), aligned(alignof(Scalar)), may_alias));
};

template <class Scalar>
using RegisterOf = typename Register<Scalar>::Type;

template <class Scalar>
RegisterOf<Scalar> load(const Scalar* from) {
    return *reinterpret_cast<const typename Register<Scalar>::Unaligned*>(from);
}

template <class Scalar>
void store(const RegisterOf<Scalar>& x, Scalar* to) {
    *reinterpret_cast<typename Register<Scalar>::Unaligned*>(to) = x;
}

/// Loaded once, and not anew at each use, which compilers hold for free: it is not where loads take the time.
template <class Scalar>
RegisterOf<Scalar> load_once(const Scalar* from) {
    RegisterOf<Scalar> x = load(from);
#if defined(__x86_64__)
    asm("" : "+v"(x));
#elif defined(__aarch64__)
    asm("" : "+w"(x));
#endif
    return x;
}

/// a > b ? a : b, so b where one of the two is NaN.
template <class V>
V larger_of(const V& a, const V& b) {
#if defined(__AVX512F__) && !defined(__clang__)
    // Of the expression GCC 12 makes a mask and a move, and of many of them more masks than there are registers.
    if constexpr (sizeof(V) == 64 && sizeof(a[0]) == 4) return __builtin_ia32_maxps512_mask(a, b, b, -1, 4);
#endif
    return a > b ? a : b;
}

/// The first `count` numbers; zeros after them.
template <class Scalar>
RegisterOf<Scalar> load_some(const Scalar* from, Index count) {
    Scalar room[lanes<Scalar>] = {};
    std::copy_n(from, count, room);
    return load(room);
}

/// The first `count` numbers.
template <class Scalar>
void store_some(const RegisterOf<Scalar>& x, Scalar* to, Index count) {
    Scalar room[lanes<Scalar>];
    store(x, room);
    std::copy_n(room, count, to);
}

/// The sum of a register's numbers, by halves.
template <class Scalar>
Scalar sum_of(const RegisterOf<Scalar>& x) {
    Scalar part[lanes<Scalar>];
    store(x, part);
    for (Index half = lanes<Scalar> / 2; half > 0; half /= 2) {
        for (Index i = 0; i < half; ++i) part[i] += part[i + half];
    }
    return part[0];
}

/// `Count` registers to one: halves of each are added, and the sums of all dealt out like cards.
template <Index Count, class Scalar>
[[gnu::always_inline]] inline RegisterOf<Scalar> fold(const RegisterOf<Scalar>* x) {
    if constexpr (Count == 1) {
        return x[0];
    } else {
        RegisterOf<Scalar> half[Count / 2];
#pragma GCC unroll 16
        for (Index i = 0; i < Count / 2; ++i) {
            half[i] = zip_lower(x[i], x[i + Count / 2]) + zip_upper(x[i], x[i + Count / 2]);
        }
        return fold<Count / 2, Scalar>(half);
    }
}

/// Writes the transpose of a square block: row i, contiguous at `from + i * from_stride`, becomes element i of each
/// register of `to`, which are `to_stride` apart.
template <class Scalar>
void transpose_block(const Scalar* from, Index from_stride, Scalar* to, Index to_stride) {
    constexpr Index n = lanes<Scalar>;
    RegisterOf<Scalar> x[n], y[n];
#pragma GCC unroll 16
    for (Index i = 0; i < n; ++i) x[i] = load(from + i * from_stride);
        // Each round deals the numbers out anew, as a perfect shuffle of cards does.
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

}  // namespace gradiva::kernels::detail
