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
// are those of a batch, by the same functions over the same panels, and so have the same bits. What many columns need
// beside the sums, and what would take as long as they do here, is left out.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// Whether there is one column, and A and b are contiguous in it; of an epilogue with a derivative there is none.
template <class Scalar>
bool is_for_one_column(const Product<Scalar>& product) {
    return product.b.columns == 1 && product.a.row_stride == 1 && product.b.row_stride == 1 &&
           product.output.data == nullptr && product.row_sums == nullptr;
}

/// The elements of a row block of c. Those of a block that is not full are computed in a copy.
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
                                .output = {},
                                .c = {target, height}};
        compute_tile<Registers, 1>(tile);
        addend = {target, height};
    }
    if (!block.is_full()) std::copy_n(copy, block.rows, c + block.first);
}

template <class Scalar>
void compute_column(const Product<Scalar>& product, Scalar* c) {
    for_each_row_block<Scalar, widest_tile>(product.a.rows,
                                            [&](auto block) { compute_block_of_column(product, block, c); });
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
