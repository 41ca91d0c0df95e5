#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "gradiva/core/index.hpp"
#include "gradiva/core/simd/vector_bytes.hpp"

// Vectors of the processor, for code that walks through many equal things at once. They are the vector extensions that
// GCC and Clang share: operators work lane by lane on `Floats` as they do on a float, also with a plain number on one
// side; a comparison gives `Ints`, -1 where true and 0 where false; `mask ? a : b` selects lane by lane.

namespace GRADIVA_NAMESPACE {

/// How many floats a vector holds.
inline constexpr Index lane_count = vector_bytes / 4;

typedef float Floats __attribute__((vector_size(lane_count * 4)));
typedef std::int32_t Ints __attribute__((vector_size(lane_count * 4)));
typedef std::uint8_t Bytes __attribute__((vector_size(lane_count)));

/// `lane_count` numbers from any address.
template <class Lanes, class T>
Lanes load_lanes(const T* from) {
    typedef Lanes Anywhere __attribute__((aligned(alignof(T)), may_alias));
    return *reinterpret_cast<const Anywhere*>(from);
}

/// `lane_count` numbers to any address.
template <class Lanes, class T>
void store_lanes(const Lanes& lanes, T* to) {
    typedef Lanes Anywhere __attribute__((aligned(alignof(T)), may_alias));
    *reinterpret_cast<Anywhere*>(to) = lanes;
}

/// The first `count` numbers; the other lanes are 0. A `count` that the compiler knows costs no branch.
template <class Lanes, class T>
Lanes load_lanes(const T* from, Index count) {
    if (count == lane_count) return load_lanes<Lanes>(from);
    T room[lane_count] = {};
    std::copy_n(from, count, room);
    return load_lanes<Lanes>(room);
}

/// The first `count` numbers.
template <class Lanes, class T>
void store_lanes(const Lanes& lanes, T* to, Index count) {
    if (count == lane_count) return store_lanes(lanes, to);
    T room[lane_count];
    store_lanes(lanes, room);
    std::copy_n(room, count, to);
}

/// A comparison as bytes, 1 where true and 0 where false.
inline Bytes flags_of(const Ints& mask) { return __builtin_convertvector(mask, Bytes) & 1; }

namespace detail {

template <bool Upper, class Lanes, int... K>
Lanes zip_lanes(const Lanes& a, const Lanes& b, std::integer_sequence<int, K...>) {
    constexpr int width = sizeof...(K);
    return __builtin_shufflevector(a, b, (K / 2 + K % 2 * width + (Upper ? width / 2 : 0))...);
}

template <class Lanes>
using LaneNumbers = std::make_integer_sequence<int, sizeof(Lanes) / sizeof(std::declval<Lanes>()[0])>;

}  // namespace detail

/// The lower half of (a0, b0, a1, b1, ...).
template <class Lanes>
Lanes zip_lower(const Lanes& a, const Lanes& b) {
    return detail::zip_lanes<false>(a, b, detail::LaneNumbers<Lanes>{});
}

/// The upper half of (a0, b0, a1, b1, ...).
template <class Lanes>
Lanes zip_upper(const Lanes& a, const Lanes& b) {
    return detail::zip_lanes<true>(a, b, detail::LaneNumbers<Lanes>{});
}

/// Writes a 4 x `lane_count` matrix, column-major, from its rows.
inline void store_columns(const Floats& row0, const Floats& row1, const Floats& row2, const Floats& row3, float* to) {
    const Floats even[2] = {zip_lower(row0, row2), zip_upper(row0, row2)};
    const Floats odd[2] = {zip_lower(row1, row3), zip_upper(row1, row3)};
    for (Index half = 0; half < 2; ++half) {
        store_lanes(zip_lower(even[half], odd[half]), to + 2 * half * lane_count);
        store_lanes(zip_upper(even[half], odd[half]), to + (2 * half + 1) * lane_count);
    }
}

}  // namespace GRADIVA_NAMESPACE
