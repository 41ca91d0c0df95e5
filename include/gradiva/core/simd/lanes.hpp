#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "gradiva/core/index.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

// SIMD registers, by the vector extensions that GCC and Clang have in common: operators work lane by lane, also with a
// plain number on one side; a comparison gives integers, -1 where true and 0 where false; `mask ? a : b` selects lane
// by lane.

namespace GRADIVA_NAMESPACE::simd {

/// Bytes of the widest vector register of the target; 16 where there is none.
inline constexpr Index vector_bytes = GRADIVA_VECTOR_BYTES;

/// Number of elements of a type in the widest register.
template <class T>
inline constexpr Index lanes = vector_bytes / static_cast<Index>(sizeof(T));

namespace detail {

template <class T, Index count>
struct LanesOf {
    typedef T Type __attribute__((vector_size(count * static_cast<Index>(sizeof(T)))));
};

}  // namespace detail

/// A vector of `count` elements of a type; `count` is a power of 2.
template <class T, Index count = lanes<T>>
using Lanes = typename detail::LanesOf<T, count>::Type;

using Floats = Lanes<float>;
using Doubles = Lanes<double>;
using Ints = Lanes<std::int32_t>;
/// A byte for each lane of `Floats`.
using Bytes = Lanes<std::uint8_t, lanes<float>>;

/// The type of one lane.
template <class V>
using LaneOf = std::remove_cvref_t<decltype(std::declval<V>()[0])>;

template <class V>
inline constexpr Index lanes_in = static_cast<Index>(sizeof(V) / sizeof(LaneOf<V>));

/// The indices of the lanes, as an integer sequence for shuffles.
template <class V>
using LaneNumbers = std::make_integer_sequence<int, static_cast<int>(lanes_in<V>)>;

/// Loads a vector, or a single number, from any address (unaligned).
template <class V, class T>
V load_as(const T* from) {
    typedef V Anywhere __attribute__((aligned(alignof(T)), may_alias));
    return *reinterpret_cast<const Anywhere*>(from);
}

/// The widest register from any address.
template <class T>
Lanes<T> load(const T* from) {
    return load_as<Lanes<T>>(from);
}

/// A vector, or a single number, to any address.
template <class V, class T>
void store(const V& x, T* to) {
    typedef V Anywhere __attribute__((aligned(alignof(T)), may_alias));
    *reinterpret_cast<Anywhere*>(to) = x;
}

namespace detail {

// Loads and stores of the first lanes in one instruction, where the target has them.
#if defined(__AVX512F__)
template <class V>
inline constexpr bool has_masked_access = sizeof(V) == 64 && std::is_floating_point_v<LaneOf<V>>;

template <class Mask>
Mask first_lanes(Index count) {
    return static_cast<Mask>((1U << count) - 1U);
}

template <class V>
V masked_load(const float* from, Index count) {
    return reinterpret_cast<V>(_mm512_maskz_loadu_ps(first_lanes<__mmask16>(count), from));
}
template <class V>
V masked_load(const double* from, Index count) {
    return reinterpret_cast<V>(_mm512_maskz_loadu_pd(first_lanes<__mmask8>(count), from));
}
template <class V>
void masked_store(const V& x, float* to, Index count) {
    _mm512_mask_storeu_ps(to, first_lanes<__mmask16>(count), reinterpret_cast<__m512>(x));
}
template <class V>
void masked_store(const V& x, double* to, Index count) {
    _mm512_mask_storeu_pd(to, first_lanes<__mmask8>(count), reinterpret_cast<__m512d>(x));
}
#else
template <class V>
inline constexpr bool has_masked_access = false;
template <class V, class T>
V masked_load(const T* from, Index count) = delete;
template <class V, class T>
void masked_store(const V& x, T* to, Index count) = delete;
#endif

}  // namespace detail

/// The first `count` numbers of a vector; zeros after them. A `count` that the compiler knows costs no branch.
template <class V, class T>
V load_some_as(const T* from, Index count) {
    if (count == lanes_in<V>) return load_as<V>(from);
    if constexpr (detail::has_masked_access<V>) {
        return detail::masked_load<V>(from, count);
    } else {
        T buffer[to_size(lanes_in<V>)] = {};
        std::copy_n(from, count, buffer);
        return load_as<V>(buffer);
    }
}

/// The first `count` numbers of the widest register; zeros after them.
template <class T>
Lanes<T> load_some(const T* from, Index count) {
    return load_some_as<Lanes<T>>(from, count);
}

/// The first `count` numbers.
template <class V, class T>
void store_some(const V& x, T* to, Index count) {
    if (count == lanes_in<V>) return store(x, to);
    if constexpr (detail::has_masked_access<V>) {
        detail::masked_store(x, to, count);
    } else {
        T buffer[to_size(lanes_in<V>)];
        store(x, buffer);
        std::copy_n(buffer, count, to);
    }
}

/// The first `count` numbers of a vector; zeros after them.
template <class V>
V first_of(const V& x, Index count) {
    if (count == lanes_in<V>) return x;
    LaneOf<V> buffer[to_size(lanes_in<V>)] = {};
    store_some(x, buffer, count);
    return load_as<V>(buffer);
}

/// A number in every lane.
template <class T>
Lanes<T> broadcast(T x) {
    return x - Lanes<T>{};
}

/// x, kept in a register: compilers would reload it from memory at each use, which costs time in a narrow tile.
template <class V>
V in_register(V x) {
#if defined(__x86_64__)
    asm("" : "+v"(x));
#elif defined(__aarch64__)
    asm("" : "+w"(x));
#endif
    return x;
}
template <class T>
Lanes<T> load_once(const T* from) {
    return in_register(load(from));
}

/// A comparison as bytes, 1 where true and 0 where false.
inline Bytes flags_of(const Ints& mask) { return __builtin_convertvector(mask, Bytes) & 1; }

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
template <class V>
V smaller(const V& a, const V& b) {
#if defined(__AVX512F__) && !defined(__clang__)
    if constexpr (sizeof(V) == 64 && sizeof(a[0]) == 4) return __builtin_ia32_minps512_mask(a, b, b, -1, 4);
    if constexpr (sizeof(V) == 64 && sizeof(a[0]) == 8) return __builtin_ia32_minpd512_mask(a, b, b, 0xFF, 4);
#endif
    return a < b ? a : b;
}

/// x, or the bound beyond which it lies: a number from -limit to limit. NaN stays NaN.
template <class V>
V clamp(const V& x, LaneOf<V> limit) {
    return larger(V(V{} - limit), smaller(V(V{} + limit), x));
}

/// Calls `body(i, count)` for the numbers of each register that `size` numbers fill; `count` is a constant but for the
/// last of them, which may have fewer. With `load_some` and `store_some` all come from the same code.
template <class T, class Body>
void for_each_register(Index size, const Body& body) {
    constexpr std::integral_constant<Index, lanes<T>> whole{};
    Index i = 0;
    for (; i + whole <= size; i += whole) body(i, whole);
    if (i < size) body(i, size - i);
}

/// to[i] := f(from[i]...) for i below `size`, register by register; the last one is filled up with zeros. `to` may be
/// one of `from`.
template <class T, class F, class... From>
void transform(Index size, T* to, const F& f, const From*... from) {
    for_each_register<T>(size,
                         [&](Index i, auto count) { store_some(f(load_some(from + i, count)...), to + i, count); });
}

/// Calls f(x, state...) register by register, `state` being references to what it may change; as `transform` otherwise.
template <class T, class F, class... State>
void update(Index size, const F& f, const T* x, State*... state) {
    for_each_register<T>(size, [&](Index i, auto count) {
        [&](auto... s) {
            f(load_some(x + i, count), s...);
            (store_some(s, state + i, count), ...);
        }(load_some(state + i, count)...);
    });
}

}  // namespace GRADIVA_NAMESPACE::simd
