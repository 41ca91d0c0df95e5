#pragma once

#include <algorithm>
#include <type_traits>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/transpose.hpp"
#include "gradiva/core/types.hpp"

// Batches in blocks of as many columns as a register has lanes: a register holds one row of a block, a lane per column.
// The last columns of a batch go through the same code, beside lanes of zeros: whatever a compiler makes of it, a
// column has the same bits in a batch of any width.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// The first `count` numbers of any type, converted; zeros in the other lanes.
template <class Scalar, class From>
simd::Lanes<Scalar> load_converted(const From* from, Index count) {
    const auto numbers = simd::load_some_as<simd::Lanes<From, simd::lanes<Scalar>>>(from, count);
    return __builtin_convertvector(numbers, simd::Lanes<Scalar>);
}

/// The most rows of a block, which is on the stack.
inline constexpr Index rows_at_once = 32;

/// A block of at most `rows_at_once` rows.
template <class Scalar>
struct alignas(simd::vector_bytes) LaneRows {
    Scalar elements[rows_at_once * simd::lanes<Scalar>];

    simd::Lanes<Scalar> operator[](Index row) const { return simd::load(elements + row * simd::lanes<Scalar>); }
    void set(Index row, const simd::Lanes<Scalar>& x) { simd::store(x, elements + row * simd::lanes<Scalar>); }
    void clear(Index rows) { std::fill_n(elements, rows * simd::lanes<Scalar>, Scalar(0)); }

    /// Loads `count` columns, `stride` elements apart; the lanes beyond them are 0.
    template <class From>
    void load(const From* from, Index stride, Index rows, Index count) {
        if constexpr (std::is_same_v<From, Scalar>) {
            simd::columns_to_lanes(from, stride, rows, count, elements);
        } else {
            clear(rows);
            for (Index i = 0; i < rows; ++i) {
                for (Index j = 0; j < count; ++j) {
                    elements[i * simd::lanes<Scalar> + j] = static_cast<Scalar>(from[i + j * stride]);
                }
            }
        }
    }

    /// Stores the first `count` lanes as columns, `stride` elements apart.
    void store(Scalar* columns, Index stride, Index rows, Index count) const {
        simd::lanes_to_columns(elements, rows, count, columns, stride);
    }
};

/// Calls `body(first row, rows)` for at most `rows_at_once` rows at a time.
template <class Body>
void for_each_row_group(Index rows, const Body& body) {
    for (Index row = 0; row < rows; row += rows_at_once) body(row, std::min(rows - row, rows_at_once));
}

/// Calls `body(first column, columns)` for as many columns at a time as a register has lanes. One loop for all: where
/// the last columns have code of their own, compilers may contract it differently.
template <class Scalar, class Body>
void for_each_column_group(Index columns, const Body& body) {
    for (Index j = 0; j < columns; j += simd::lanes<Scalar>) body(j, std::min(columns - j, simd::lanes<Scalar>));
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
