#pragma once

#include <algorithm>

#include "gradiva/core/simd/lanes.hpp"

// A tile of C that stays in registers while it is summed: C := f(S + A B). What a layer does after its product, adding
// the bias and applying the activation or its derivative, costs no pass over memory.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// What becomes of the sums before they are stored. Derivatives are taken from the output of the activation.
enum class Finish { nothing, relu, relu_derivative, tanh_derivative };

/// The most registers per column of a tile: 4 where there are 32 registers of them, else 2.
inline constexpr Index widest_tile = simd::vector_bytes >= 64 ? 4 : 2;

/// Columns of a tile: enough sums to hide the latency of an addition, few enough to stay in registers.
template <Index Vectors>
inline constexpr Index tile_columns = Vectors == widest_tile ? 6 : 8;

/// Columns of a matrix, `stride` apart, from the first row of a tile on.
template <class Scalar>
struct Columns {
    const Scalar* data;
    Index stride;
};

/// One tile of C := f(S + A B). A: rows x depth, in columns; B: depth x columns, element (k, j) at
/// `b[k * b_row_stride + j * b_column_stride]`; S and the output as C. S is added last: with sums that started from it
/// each tile would begin with loads instead of products.
template <class Scalar>
struct Tile {
    Columns<Scalar> a;
    Index depth;
    const Scalar* b;
    Index b_row_stride, b_column_stride;
    Columns<Scalar> addend;
    Finish finish;
    Columns<Scalar> output;
    Scalar* c;
    Index c_stride;
    Scalar* row_sums = nullptr;  // of A, added to what is there
};

/// Whether a tile adds up the rows of A as well; one that does has no activation.
enum class RowSums { no, yes };

/// Columns of a tile that adds up rows: with those sums no more than fit in registers.
inline constexpr Index most_columns_with_row_sums = 4;

// Clang 14 splits vectors of 64 bytes in two unless a function says that it means them.
#if defined(__clang__)
#define GRADIVA_WIDE_VECTORS __attribute__((min_vector_width(512)))
#else
#define GRADIVA_WIDE_VECTORS
#endif

inline constexpr auto unchanged = [](const auto& x, const auto*, Index) { return x; };

/// Stores finish(S + sum, its column of the output, its row in it), register by register.
template <Index Height, Index Width, class Scalar, class Finisher>
[[gnu::always_inline]] inline void store_tile(const Tile<Scalar>& tile,
                                              const simd::Lanes<Scalar> (&sum)[to_size(Width)][to_size(Height)],
                                              const Finisher& finish) {
    constexpr Index lane = simd::lanes<Scalar>;
    const Scalar *addend = tile.addend.data, *output = tile.output.data;
    Scalar* c = tile.c;
    const Index addend_stride = tile.addend.stride, output_stride = tile.output.stride, c_stride = tile.c_stride;
#pragma GCC unroll 8
    for (Index j = 0; j < Width; ++j, addend += addend_stride, output += output_stride, c += c_stride) {
#pragma GCC unroll 4
        for (Index v = 0; v < Height; ++v) {
            const simd::Lanes<Scalar> x = sum[j][v] + simd::load(addend + v * lane);
            simd::store(finish(x, output, v * lane), c + v * lane);
        }
    }
}

/// The same, with what the tile asks for.
template <Index Height, Index Width, class Scalar>
[[gnu::always_inline]] inline void finish_tile(const Tile<Scalar>& tile,
                                               const simd::Lanes<Scalar> (&sum)[to_size(Width)][to_size(Height)]) {
    using V = simd::Lanes<Scalar>;
    switch (tile.finish) {
        case Finish::nothing: return store_tile<Height, Width>(tile, sum, unchanged);
        case Finish::relu:  // NaN stays
            return store_tile<Height, Width>(tile, sum,
                                             [](const V& x, const Scalar*, Index) { return simd::larger(V{}, x); });
        case Finish::relu_derivative:
            return store_tile<Height, Width>(tile, sum, [](const V& x, const Scalar* output, Index i) {
                return simd::load(output + i) > 0 ? x : V{};
            });
        case Finish::tanh_derivative:
            return store_tile<Height, Width>(tile, sum, [](const V& x, const Scalar* output, Index i) {
                const V y = simd::load(output + i);
                return V(x * (1 - y * y));
            });
    }
}

/// `Width` columns of `Height` registers each. All small loops are unrolled, so that compilers keep the sums in
/// registers from their first use to their last.
template <Index Height, Index Width, RowSums sums_rows = RowSums::no, class Scalar>
GRADIVA_WIDE_VECTORS void compute_tile(const Tile<Scalar>& tile) {
    constexpr Index lane = simd::lanes<Scalar>;
    simd::Lanes<Scalar> sum[to_size(Width)][to_size(Height)] = {}, row_sum[to_size(Height)] = {};
    const Scalar* a = tile.a.data;
    const Scalar* b = tile.b;
    for (Index k = 0; k < tile.depth; ++k, a += tile.a.stride, b += tile.b_row_stride) {
        simd::Lanes<Scalar> left[to_size(Height)];
#pragma GCC unroll 4
        for (Index v = 0; v < Height; ++v) {
            left[v] = simd::load_once(a + v * lane);
            if constexpr (sums_rows == RowSums::yes) row_sum[v] += left[v];
        }
#pragma GCC unroll 8
        for (Index j = 0; j < Width; ++j) {
            const Scalar right = b[j * tile.b_column_stride];
#pragma GCC unroll 4
            for (Index v = 0; v < Height; ++v) sum[j][v] += left[v] * right;
        }
    }
    if constexpr (sums_rows == RowSums::no) {
        finish_tile<Height, Width>(tile, sum);
    } else {
        store_tile<Height, Width>(tile, sum, unchanged);
#pragma GCC unroll 4
        for (Index v = 0; v < Height; ++v) {
            simd::store(simd::load(tile.row_sums + v * lane) + row_sum[v], tile.row_sums + v * lane);
        }
    }
}

#undef GRADIVA_WIDE_VECTORS

/// Calls `compute`, for tiles of `width` columns of `height` rows, where only the first `rows` rows exist: on copies.
template <class Scalar>
void compute_on_copies(void (*compute)(const Tile<Scalar>&), Index height, Index width, Index rows,
                       const Tile<Scalar>& tile) {
    constexpr Index largest = widest_tile * simd::lanes<Scalar> * tile_columns<1>;
    alignas(64) Scalar addend[to_size(largest)], output[to_size(largest)];
    std::fill_n(addend, width * height, Scalar(0));
    std::fill_n(output, width * height, Scalar(0));
    for (Index j = 0; j < width; ++j) {
        std::copy_n(tile.addend.data + j * tile.addend.stride, rows, addend + j * height);
        if (tile.output.data) std::copy_n(tile.output.data + j * tile.output.stride, rows, output + j * height);
    }
    Tile<Scalar> copy = tile;
    copy.addend = {addend, height};
    copy.output = {output, height};
    copy.c = addend;
    copy.c_stride = height;
    compute(copy);
    for (Index j = 0; j < width; ++j) std::copy_n(addend + j * height, rows, tile.c + j * tile.c_stride);
}

/// The same as `compute_tile` for a tile of which only the first `rows` rows exist.
template <Index Height, Index Width, class Scalar>
void compute_tile_of(Index rows, const Tile<Scalar>& tile) {
    compute_on_copies<Scalar>(compute_tile<Height, Width, RowSums::no, Scalar>, Height * simd::lanes<Scalar>, Width,
                              rows, tile);
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
