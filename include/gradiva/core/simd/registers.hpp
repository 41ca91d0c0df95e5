#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "gradiva/core/index.hpp"
#include "gradiva/core/simd/lanes.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

// Vector registers of any scalar, and loops over arrays by whole registers.

namespace GRADIVA_NAMESPACE::kernels::detail {

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

/// Kept in a register. Compilers would load it anew at each use, since loads look free: in a narrow tile they are not.
template <class V>
V in_register(V x) {
#if defined(__x86_64__)
    asm("" : "+v"(x));
#elif defined(__aarch64__)
    asm("" : "+w"(x));
#endif
    return x;
}
template <class Scalar>
RegisterOf<Scalar> load_once(const Scalar* from) {
    return in_register(load(from));
}

/// A number in every lane.
template <class Scalar>
RegisterOf<Scalar> broadcast(Scalar x) {
    return x - RegisterOf<Scalar>{};
}

#if defined(__AVX512F__)
/// A mask of the first `count` lanes.
template <class Mask>
Mask first_lanes(Index count) {
    return static_cast<Mask>((1U << count) - 1U);
}
#endif

/// The first `count` numbers; zeros after them.
template <class Scalar>
RegisterOf<Scalar> load_some(const Scalar* from, Index count) {
    if (count == lanes<Scalar>) return load(from);
#if defined(__AVX512F__)
    if constexpr (sizeof(Scalar) == 4) {
        return reinterpret_cast<RegisterOf<Scalar>>(_mm512_maskz_loadu_ps(first_lanes<__mmask16>(count), from));
    } else {
        return reinterpret_cast<RegisterOf<Scalar>>(_mm512_maskz_loadu_pd(first_lanes<__mmask8>(count), from));
    }
#else
    Scalar room[lanes<Scalar>] = {};
    std::copy_n(from, count, room);
    return load(room);
#endif
}

/// The first `count` numbers of a register.
template <class Scalar>
void store_some(const RegisterOf<Scalar>& x, Scalar* to, Index count) {
    if (count == lanes<Scalar>) return store(x, to);
#if defined(__AVX512F__)
    if constexpr (sizeof(Scalar) == 4) {
        _mm512_mask_storeu_ps(to, first_lanes<__mmask16>(count), reinterpret_cast<__m512>(x));
    } else {
        _mm512_mask_storeu_pd(to, first_lanes<__mmask8>(count), reinterpret_cast<__m512d>(x));
    }
#else
    Scalar room[lanes<Scalar>];
    store(x, room);
    std::copy_n(room, count, to);
#endif
}

/// The first `count` numbers; zeros after them.
template <class Scalar>
RegisterOf<Scalar> first_of(const RegisterOf<Scalar>& x, Index count) {
    if (count == lanes<Scalar>) return x;
    Scalar room[lanes<Scalar>] = {};
    store_some<Scalar>(x, room, count);
    return load(room);
}

/// Calls `body(i, count)` for the numbers of each register that `size` numbers fill; `count` is a constant but for the
/// last of them, which may have fewer. With `load_some` and `store_some` all come from the same code.
template <class Scalar, class Body>
void for_each_register(Index size, const Body& body) {
    constexpr std::integral_constant<Index, lanes<Scalar>> whole{};
    Index i = 0;
    for (; i + whole <= size; i += whole) body(i, whole);
    if (i < size) body(i, size - i);
}

/// to[i] := f(from[i]...) for i below `size`, register by register; the last one is filled up with zeros. `to` may be
/// one of `from`.
template <class Scalar, class F, class... From>
void transform(Index size, Scalar* to, const F& f, const From*... from) {
    for_each_register<Scalar>(
        size, [&](Index i, auto count) { store_some<Scalar>(f(load_some(from + i, count)...), to + i, count); });
}

/// Calls f(x, state...) register by register, `state` being references to what it may change; as `transform` otherwise.
template <class Scalar, class F, class... State>
void update(Index size, const F& f, const Scalar* x, State*... state) {
    using V = RegisterOf<Scalar>;
    for_each_register<Scalar>(size, [&](Index i, auto count) {
        [&](auto... s) {
            f(load_some(x + i, count), s...);
            (store_some<Scalar>(s, state + i, count), ...);
        }(V(load_some<Scalar>(state + i, count))...);
    });
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

template <Index Distance, bool Crossed, class V, int... K>
V pick_across(const V& a, const V& b, std::integer_sequence<int, K...>) {
    constexpr int distance = static_cast<int>(Distance), width = sizeof...(K);
    return __builtin_shufflevector(a, b, ((K & distance ? K + width : K) ^ (Crossed ? distance : 0))...);
}

/// Pairs of numbers `Distance` lanes apart, those of a where the lane's bit `Distance` is 0 and those of b where it is
/// 1: what `straight` gives stands in its own lane, its partner is what `crossed` gives.
template <Index Distance, class V>
V straight(const V& a, const V& b) {
    return pick_across<Distance, false>(a, b, gradiva::detail::LaneNumbers<V>{});
}
template <Index Distance, class V>
V crossed(const V& a, const V& b) {
    return pick_across<Distance, true>(a, b, gradiva::detail::LaneNumbers<V>{});
}

/// Lane by lane; b where either is NaN.
template <class V>
V larger(const V& a, const V& b) {
#if defined(__AVX512F__) && !defined(__clang__)
    // Of the expression GCC 12 makes a mask and a move, and of many of them more masks than there are registers.
    if constexpr (sizeof(V) == 64 && sizeof(a[0]) == 4) return __builtin_ia32_maxps512_mask(a, b, b, -1, 4);
    if constexpr (sizeof(V) == 64 && sizeof(a[0]) == 8) return __builtin_ia32_maxpd512_mask(a, b, b, 0xFF, 4);
#endif
    return a > b ? a : b;
}

// How `fold` joins the pairs of two registers.
struct AddAcross {
    template <Index Distance, class V>
    static V join(const V& a, const V& b) {
        return straight<Distance>(a, b) + crossed<Distance>(a, b);
    }
};
struct LargerAcross {
    template <Index Distance, class V>
    static V join(const V& a, const V& b) {
        return larger(straight<Distance>(a, b), crossed<Distance>(a, b));
    }
};

/// `Count` registers to one, by halves: `Distance` apart first, then half of that, and so on.
template <class How, Index Count, Index Distance, class T>
[[gnu::always_inline]] inline T fold(const T* x) {
    if constexpr (Count == 1) {
        return x[0];
    } else {
        T half[to_size(Count / 2)];
#pragma GCC unroll 16
        for (Index i = 0; i < Count / 2; ++i) half[i] = How::template join<Distance>(x[i], x[i + Count / 2]);
        return fold<How, Count / 2, Distance / 2>(half);
    }
}

/// Walks through as many columns as a register has numbers, `steps` registers each: `add(sum, j, i)` adds to a sum what
/// register i of column j gives. The sums are folded to one, whose lanes are the columns. Columns go by groups: what is
/// to be folded stays in registers, and no loop is as short as a column may be.
template <class How, class Scalar, class T, class Add>
[[gnu::always_inline]] inline T fold_columns(Index steps, const T& start, const Add& add) {
    constexpr Index width = lanes<Scalar>, size = std::min<Index>(width, 4), groups = width / size;
    T folded[to_size(groups)];
    for (Index g = 0; g < groups; ++g) {
        T sum[to_size(size)];
#pragma GCC unroll 4
        for (Index k = 0; k < size; ++k) sum[k] = start;
        for (Index i = 0; i < steps; ++i) {
#pragma GCC unroll 4
            for (Index k = 0; k < size; ++k) add(sum[k], g + k * groups, i);
        }
        folded[g] = fold<How, size, width / 2>(sum);
    }
    return fold<How, groups, groups / 2>(folded);
}

/// Writes the transpose of a square block: row i, contiguous at `from + i * from_stride`, becomes element i of each
/// register of `to`, which are `to_stride` apart.
template <class Scalar>
void transpose_block(const Scalar* from, Index from_stride, Scalar* to, Index to_stride) {
    constexpr Index n = lanes<Scalar>;
    RegisterOf<Scalar> x[to_size(n)], y[to_size(n)];
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

}  // namespace GRADIVA_NAMESPACE::kernels::detail
