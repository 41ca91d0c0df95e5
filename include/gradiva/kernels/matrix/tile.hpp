#pragma once

#include <algorithm>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/matrix/strided.hpp"

// The micro-kernel of products: a tile of C stays in registers while it is summed, by one outer product per step along
// the inner dimension. What a layer does after its product, adding the bias and applying the activation or its
// derivative, is the tile's epilogue and costs no pass over memory. Source of the scheme: Van Zee and van de Geijn,
// "BLIS: A Framework for Rapidly Instantiating BLAS Functionality", 2015.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// What is applied to the sums before they are stored. Derivatives are taken from the output of the activation.
enum class Epilogue { none, relu, relu_derivative, tanh_derivative };

/// The most registers per column of a tile: 4 where the target has 32 vector registers, else 2.
inline constexpr Index widest_tile = simd::vector_bytes >= 64 ? 4 : 2;

/// Columns of a tile of `Registers` registers per column: enough independent sums to hide the latency of an addition,
/// few enough for all to stay in registers.
template <Index Registers>
inline constexpr Index tile_columns = Registers == widest_tile ? 6 : 8;

/// One tile of C := epilogue(S + A B). S is added last: sums that started from it would make each tile begin with
/// loads instead of products.
template <class Scalar>
struct Tile {
    Columns<const Scalar> a;  // a panel: height x depth
    Strided<Scalar> b;        // depth x columns, from the tile's first column on
    Columns<const Scalar> addend;
    Epilogue epilogue;
    Columns<const Scalar> output;  // of the activation; null where the epilogue takes no derivative
    Columns<Scalar> c;
    Scalar* row_sums = nullptr;  // the panel's row sums are added to these; null where they are not wanted

    void advance(Index columns) {
        b.data += columns * b.column_stride;
        addend = addend.at(0, columns);
        output = output.at(0, columns);
        c = c.at(0, columns);
    }
};

/// Whether a tile adds up the rows of A as well; one that does has no epilogue.
enum class RowSums { no, yes };

/// The most columns of a tile that adds up rows, for all sums to stay in registers.
inline constexpr Index most_columns_with_row_sums = 4;

// Clang 14 splits vectors of 64 bytes in two, except in a function with this attribute.
#if defined(__clang__)
#define GRADIVA_WIDE_VECTORS __attribute__((min_vector_width(512)))
#else
#define GRADIVA_WIDE_VECTORS
#endif

inline constexpr auto unchanged = [](const auto& x, const auto*, Index) { return x; };

/// Stores f(S + sum, column of the output, row), register by register.
template <Index Registers, Index Width, class Scalar, class F>
[[gnu::always_inline]] inline void store_tile(const Tile<Scalar>& tile,
                                              const simd::Lanes<Scalar> (&sum)[to_size(Width)][to_size(Registers)],
                                              const F& f) {
    constexpr Index lane = simd::lanes<Scalar>;
    const Scalar *addend = tile.addend.data, *output = tile.output.data;
    Scalar* c = tile.c.data;
    const Index addend_stride = tile.addend.stride, output_stride = tile.output.stride, c_stride = tile.c.stride;
#pragma GCC unroll 8
    for (Index j = 0; j < Width; ++j, addend += addend_stride, output += output_stride, c += c_stride) {
#pragma GCC unroll 4
        for (Index v = 0; v < Registers; ++v) {
            const simd::Lanes<Scalar> x = sum[j][v] + simd::load(addend + v * lane);
            simd::store(f(x, output, v * lane), c + v * lane);
        }
    }
}

/// The same with the tile's own epilogue.
template <Index Registers, Index Width, class Scalar>
[[gnu::always_inline]] inline void finish_tile(const Tile<Scalar>& tile,
                                               const simd::Lanes<Scalar> (&sum)[to_size(Width)][to_size(Registers)]) {
    using V = simd::Lanes<Scalar>;
    switch (tile.epilogue) {
        case Epilogue::none: return store_tile<Registers, Width>(tile, sum, unchanged);
        case Epilogue::relu:  // NaN stays NaN
            return store_tile<Registers, Width>(tile, sum,
                                                [](const V& x, const Scalar*, Index) { return simd::larger(V{}, x); });
        case Epilogue::relu_derivative:
            return store_tile<Registers, Width>(tile, sum, [](const V& x, const Scalar* output, Index i) {
                return simd::load(output + i) > 0 ? x : V{};
            });
        case Epilogue::tanh_derivative:
            return store_tile<Registers, Width>(tile, sum, [](const V& x, const Scalar* output, Index i) {
                const V y = simd::load(output + i);
                return V(x * (1 - y * y));
            });
    }
}

/// The micro-kernel for `Width` columns of `Registers` registers each. All small loops are unrolled, so that compilers
/// keep the sums in registers from their first use to their last.
template <Index Registers, Index Width, RowSums sums_rows = RowSums::no, class Scalar>
GRADIVA_WIDE_VECTORS void compute_tile(const Tile<Scalar>& tile) {
    constexpr Index lane = simd::lanes<Scalar>;
    simd::Lanes<Scalar> sum[to_size(Width)][to_size(Registers)] = {}, row_sum[to_size(Registers)] = {};
    const Scalar* a = tile.a.data;
    const Scalar* b = tile.b.data;
    for (Index k = 0; k < tile.b.rows; ++k, a += tile.a.stride, b += tile.b.row_stride) {
        simd::Lanes<Scalar> left[to_size(Registers)];
#pragma GCC unroll 4
        for (Index v = 0; v < Registers; ++v) {
            left[v] = simd::load_once(a + v * lane);
            if constexpr (sums_rows == RowSums::yes) row_sum[v] += left[v];
        }
#pragma GCC unroll 8
        for (Index j = 0; j < Width; ++j) {
            const Scalar right = b[j * tile.b.column_stride];
#pragma GCC unroll 4
            for (Index v = 0; v < Registers; ++v) sum[j][v] += left[v] * right;
        }
    }
    if constexpr (sums_rows == RowSums::no) {
        finish_tile<Registers, Width>(tile, sum);
    } else {
        store_tile<Registers, Width>(tile, sum, unchanged);
#pragma GCC unroll 4
        for (Index v = 0; v < Registers; ++v) {
            simd::store(simd::load(tile.row_sums + v * lane) + row_sum[v], tile.row_sums + v * lane);
        }
    }
}

#undef GRADIVA_WIDE_VECTORS

/// Calls the micro-kernel `compute` of a tile of `height` x `width`, of which only the first `rows` rows exist in C: it
/// reads and stores contiguous copies.
template <class Scalar>
void compute_on_copies(void (*compute)(const Tile<Scalar>&), Index height, Index width, Index rows,
                       const Tile<Scalar>& tile) {
    constexpr Index largest = widest_tile * simd::lanes<Scalar> * tile_columns<1>;
    alignas(64) Scalar addend[to_size(largest)], output[to_size(largest)], c[to_size(largest)];
    std::fill_n(addend, width * height, Scalar(0));
    std::fill_n(output, width * height, Scalar(0));
    for (Index j = 0; j < width; ++j) {
        std::copy_n(tile.addend.at(0, j).data, rows, addend + j * height);
        if (tile.output.data) std::copy_n(tile.output.at(0, j).data, rows, output + j * height);
    }
    Tile<Scalar> copy = tile;
    copy.addend = {addend, height};
    copy.output = {output, height};
    copy.c = {c, height};
    compute(copy);
    for (Index j = 0; j < width; ++j) std::copy_n(c + j * height, rows, tile.c.at(0, j).data);
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
