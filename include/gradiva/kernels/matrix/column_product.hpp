#pragma once

#include <algorithm>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/matrix/blocked_product.hpp"
#include "gradiva/kernels/matrix/panel.hpp"
#include "gradiva/kernels/matrix/row_blocks.hpp"
#include "gradiva/kernels/matrix/row_product.hpp"
#include "gradiva/kernels/matrix/strided.hpp"
#include "gradiva/kernels/matrix/tile.hpp"

// Products with one column, as of a network that acts on one observation: c := epilogue(s + A b) (BLAS: gemv). The sums
// are those of a batch, element by element in the same order, and so have the same bits. What many columns need beside
// the sums, and what would take as long as they do here, is left out.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// Whether there is one column, and A and b are contiguous in it; of an epilogue with a derivative there is none.
template <class Scalar>
bool is_for_one_column(const Product<Scalar>& product) {
    return product.b.columns == 1 && product.a.row_stride == 1 && product.b.row_stride == 1 &&
           product.output.data == nullptr && product.row_sums == nullptr;
}

/// The most registers of one column that are summed at once: as many as hide the latency of an addition.
inline constexpr Index most_registers_of_column = 8;

/// Whether the sums of all rows, in a batch, are those of one panel.
template <class Scalar>
bool has_one_panel(const Product<Scalar>& product) {
    return product.a.columns <= panel_size<Scalar> / (widest_tile * simd::lanes<Scalar>);
}

/// Whether column k + 1 of A begins where column k ends.
template <class Scalar>
bool has_no_gaps(const Strided<Scalar>& a) {
    return a.row_stride == 1 && a.column_stride == a.rows;
}

/// Adds to `sum` the products of `depth` columns of A and the elements of b, in order.
template <Index Registers, class Scalar>
[[gnu::always_inline]] inline void add_products(const Scalar* a, Index stride, const Scalar* b, Index depth,
                                                simd::Lanes<Scalar> (&sum)[to_size(Registers)]) {
    for (Index k = 0; k < depth; ++k, a += stride) {
        const Scalar right = b[k];
#pragma GCC unroll 8
        for (Index v = 0; v < Registers; ++v) sum[v] += simd::load(a + v * simd::lanes<Scalar>) * right;
    }
}

// Clang 14 splits vectors of 64 bytes in two, except in a function with this attribute.
#if defined(__clang__)
#define GRADIVA_WIDE_VECTORS __attribute__((min_vector_width(512)))
#else
#define GRADIVA_WIDE_VECTORS
#endif

/// Where the sum of an element of c begins: at 0, and its addend is added last, or at its addend.
enum class SumFrom { zero, addend };

/// Elements [first, first + height) of c, or those that there are of them, where A has no gaps between columns and
/// there is one panel. Where rows are fewer, registers reach into the next column of A; of columns where they would
/// reach beyond A a copy is read.
template <Index Registers, SumFrom start, class Scalar>
[[gnu::noinline]] GRADIVA_WIDE_VECTORS void compute_rows_in_place(const Product<Scalar>& product, Index first,
                                                                  Scalar* c) {
    using V = simd::Lanes<Scalar>;
    constexpr Index lane = simd::lanes<Scalar>, height = Registers * lane, most_copied = Registers == 1 ? lane : 1;
    alignas(64) Scalar padded[to_size(height)], last[to_size(height * most_copied)];
    const Index stride = product.a.rows, depth = product.a.columns, rows = std::min(height, stride - first);
    const Scalar* const a = product.a.data + first;
    const Scalar* addend = product.addend.data != nullptr ? product.addend.data + first : nullptr;
    if (addend == nullptr || rows < height) {
        std::fill_n(padded, height, Scalar(0));
        for (Index i = 0; addend != nullptr && i < rows; i += lane) {
            simd::store(simd::load_some(addend + i, std::min(lane, rows - i)), padded + i);
        }
        addend = padded;
    }
    Index copied = 0;
    while (copied * stride < height - rows && copied < depth) ++copied;
    const Index whole = depth - copied;
    for (Index k = 0; k < copied; ++k) {
        std::fill_n(last + k * height, height, Scalar(0));
        for (Index i = 0; i < rows; i += lane) {
            const V x = simd::load_some(a + (whole + k) * stride + i, std::min(lane, rows - i));
            simd::store(x, last + k * height + i);
        }
    }
    V sum[to_size(Registers)] = {};
    if constexpr (start == SumFrom::addend) {
#pragma GCC unroll 8
        for (Index v = 0; v < Registers; ++v) sum[v] = simd::load(addend + v * lane);
    }
    add_products<Registers>(a, stride, product.b.data, whole, sum);
    if (copied > 0) add_products<Registers>(last, height, product.b.data + whole, copied, sum);
    if constexpr (start == SumFrom::zero) {
#pragma GCC unroll 8
        for (Index v = 0; v < Registers; ++v) sum[v] += simd::load(addend + v * lane);
    }
    if (product.epilogue == Epilogue::relu) {  // NaN stays NaN
#pragma GCC unroll 8
        for (Index v = 0; v < Registers; ++v) sum[v] = simd::larger(V{}, sum[v]);
    }
    Scalar* const target = rows == height ? c + first : padded;
#pragma GCC unroll 8
    for (Index v = 0; v < Registers; ++v) simd::store(sum[v], target + v * lane);
    for (Index i = 0; rows < height && i < rows; i += lane) {
        simd::store_some(simd::load(padded + i), c + first + i, std::min(lane, rows - i));
    }
}

#undef GRADIVA_WIDE_VECTORS

/// Elements of c from `first` on, in registers of which half, or all but a part of one, are filled.
template <Index Registers, SumFrom start, class Scalar>
void compute_column_in_place(const Product<Scalar>& product, Index first, Scalar* c) {
    constexpr Index height = Registers * simd::lanes<Scalar>;
    for (; first < product.a.rows; first += height) {
        if constexpr (Registers > 1) {
            if (product.a.rows - first <= height / 2) {
                return compute_column_in_place<Registers / 2, start>(product, first, c);
            }
        }
        compute_rows_in_place<Registers, start>(product, first, c);
    }
}

/// The elements of a row block of c, panel by panel of A. Those of a block that is not full are computed in a copy.
template <class Scalar, Index Registers>
[[gnu::noinline]] void compute_block_of_column(const Product<Scalar>& product, RowBlock<Scalar, Registers> block,
                                               Scalar* c) {
    constexpr Index height = RowBlock<Scalar, Registers>::height, most_depth = panel_size<Scalar> / height;
    alignas(64) Scalar packed[panel_size<Scalar>], padded_addend[to_size(height)], copy[to_size(height)];
    const Index inner = product.a.columns;
    Scalar* const target = block.is_full() ? c + block.first : copy;
    Columns<const Scalar> addend{padded_addend, height};
    if (product.addend.data != nullptr && block.is_full()) {
        addend.data = product.addend.data + block.first;
    } else {
        std::fill_n(padded_addend, height, Scalar(0));
        if (product.addend.data != nullptr) std::copy_n(product.addend.data + block.first, block.rows, padded_addend);
    }
    for (Index first = 0; first < inner; first += most_depth) {
        const Index depth = std::min(most_depth, inner - first);
        const Strided<Scalar> a = kernels::detail::block(product.a, block.first, block.rows, first, depth);
        const Tile<Scalar> tile{.a = panel_of<height>(a, 1, packed),
                                .b = kernels::detail::block(product.b, first, depth, 0, 1),
                                .addend = addend,
                                .epilogue = first + depth < inner ? Epilogue::none : product.epilogue,
                                .output = addend,  // never read: GCC 12 warns of null
                                .c = {target, height}};
        compute_tile<Registers, 1>(tile);
        addend = {target, height};
    }
    if (!block.is_full()) std::copy_n(copy, block.rows, c + block.first);
}

template <class Scalar>
void compute_column(const Product<Scalar>& product, Scalar* c) {
    if (has_no_gaps(product.a) && has_one_panel(product)) {
        return compute_column_in_place<most_registers_of_column, SumFrom::zero>(product, 0, c);
    }
    for_each_row_block<Scalar, widest_tile>(product.a.rows,
                                            [&](auto block) { compute_block_of_column(product, block, c); });
}

/// The same for a layer with few inputs (`is_for_few_inputs`) whose weights have no gaps between columns.
template <class Scalar>
void compute_column_of_few_inputs(const Product<Scalar>& product, Scalar* c) {
    compute_column_in_place<most_registers_of_column, SumFrom::addend>(product, 0, c);
}

/// The same for few rows (`is_for_single_rows`): they are made contiguous, and all dot products with b are computed at
/// once, as those of one row with many columns are.
template <class Scalar>
void compute_rows_of_column(const Product<Scalar>& product, Scalar* c) {
    constexpr Index most_rows = std::max<Index>(most_single_rows<Scalar>, 1);
    alignas(64) Scalar buffer[to_size(most_rows * longest_row)];
    const Scalar no_addend[to_size(most_rows)] = {};
    const Index rows = product.a.rows, depth = product.a.columns;
    const Scalar* first_row = buffer;
    for (Index i = 0; i < rows; ++i) {
        const Scalar* const row = contiguous_row(block(product.a, i, 1, 0, depth), buffer + i * depth);
        if (i == 0) first_row = row;
    }
    const Scalar* const addend = product.addend.data != nullptr ? product.addend.data : no_addend;
    dot_columns(product.b.data, Strided<Scalar>{first_row, depth, rows, 1, depth}, Columns<const Scalar>{addend, 1},
                Columns<Scalar>{c, 1});
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
