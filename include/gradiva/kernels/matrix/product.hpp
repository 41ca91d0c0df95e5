#pragma once

#include <algorithm>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/matrix/few_inputs.hpp"
#include "gradiva/kernels/matrix/panel.hpp"
#include "gradiva/kernels/matrix/row_product.hpp"

// Products of the small matrices of a network, with what a layer does right after them.
//
// Tiles of C stay in registers while the inner dimension is walked along, one outer product per step. Where its columns
// do not lie close together, A is first copied, panel by panel, into a contiguous buffer on the stack, which also takes
// care of transposition. Nothing allocates. Each element of C is summed over the inner dimension in an order that the
// size of the batch does not change: a column of C has the same bits in a batch of any width.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// What a product is added to.
enum class Addend { zero, c, bias };

/// A product and what happens around it.
template <class Scalar>
struct Product {
    Strided<Scalar> a, b;
    Addend addend = Addend::zero;
    const Scalar* bias = nullptr;  // one number per row, where the product is added to it
    Finish finish = Finish::nothing;
    Columns<Scalar> output{nullptr, 0};  // of C's shape, where a derivative is taken from it
    Scalar* row_sums = nullptr;          // where those of A, whose columns are contiguous, are added, if wanted
};

/// Goes through `columns` columns of C, of which the first `whole` may be stored with all rows of a tile: in tiles of
/// `Width`, then of fewer, down to one.
template <Index Height, Index Width, class Scalar>
void sweep(Tile<Scalar>& tile, Index columns, Index whole, Index rows) {
    for (; columns >= Width; columns -= Width, whole -= Width) {
        if (whole >= Width) {
            compute_tile<Height, Width>(tile);
        } else {
            compute_tile_of<Height, Width>(rows, tile);
        }
        tile.b += Width * tile.b_column_stride;
        tile.c += Width * tile.c_stride;
        tile.addend.data += Width * tile.addend.stride;
        tile.output.data += Width * tile.output.stride;
    }
    if constexpr (Width > 1) {
        if (columns > 0) sweep<Height, Width == 6 ? 4 : Width / 2>(tile, columns, whole, rows);
    }
}

/// How many of the last columns are for the tile that sums rows: what tiles of `width` leave over, where that fits.
inline Index columns_of_row_sums(Index columns, Index width) {
    const Index rest = columns % width;
    return std::min(columns, rest == 0 || rest > most_columns_with_row_sums ? most_columns_with_row_sums : rest);
}

template <Index Height, class Scalar>
void compute_tile_with_row_sums(Index columns, const Tile<Scalar>& tile) {
    switch (columns) {
        case 1: return compute_tile<Height, 1, RowSums::yes>(tile);
        case 2: return compute_tile<Height, 2, RowSums::yes>(tile);
        case 3: return compute_tile<Height, 3, RowSums::yes>(tile);
        case 4: return compute_tile<Height, 4, RowSums::yes>(tile);
        default: GRADIVA_ASSERT(false);
    }
}

/// What the products of a block of rows are added to, `Height` rows high. Where that is the same in all columns, and
/// not as high as that, it is copied to `room`.
template <Index Height, class Scalar>
Columns<Scalar> addend_of(const Product<Scalar>& product, Index row, Index rows, const MatrixRef<Scalar>& c,
                          Scalar* room) {
    if (product.addend == Addend::c) return {c.data() + row, c.outerStride()};
    const bool has_bias = product.addend == Addend::bias;
    if (has_bias && rows == Height) return {product.bias + row, 0};
    std::fill_n(room, Height, Scalar(0));
    if (has_bias) std::copy_n(product.bias + row, rows, room);
    return {room, 0};
}

/// Rows [row, row + rows) of C, at most `Height` registers, along the whole inner dimension.
template <Index Height, class Scalar>
void compute_row_block(const Product<Scalar>& product, Index row, Index rows, MatrixRef<Scalar>& c) {
    alignas(64) Scalar buffer[panel_size<Scalar>];
    constexpr Index height = Height * simd::lanes<Scalar>;
    const Index inner = product.a.columns;
    Scalar* const sums = c.data() + row;
    alignas(64) Scalar once[to_size(height)];
    Columns<Scalar> addend = addend_of<height>(product, row, rows, c, once);
    const bool sums_rows = product.row_sums && rows == height;
    const Index apart = sums_rows ? columns_of_row_sums(c.cols(), tile_columns<Height>) : 0;
    Index first = 0;
    do {
        const Index depth = std::min(panel_size<Scalar> / height, inner - first);
        const Scalar* const panels = product.a.panels;
        Tile<Scalar> tile{.a = panels ? Columns<Scalar>{panels + row * inner + first * height, height}
                                      : panel_of<height>(block(product.a, row, rows, first, depth), c.cols(), buffer),
                          .depth = depth,
                          .b = product.b.data + first * product.b.row_stride,
                          .b_row_stride = product.b.row_stride,
                          .b_column_stride = product.b.column_stride,
                          .addend = addend,
                          .finish = Finish::nothing,
                          .output = product.output,
                          .c = sums,
                          .c_stride = c.outerStride(),
                          .row_sums = sums_rows ? product.row_sums + row : nullptr};
        first += depth;
        if (first >= inner) tile.finish = product.finish;
        if (tile.output.data) tile.output.data += row;
        const bool dense = c.outerStride() == c.rows();
        const bool reads_c = tile.addend.data == tile.c || tile.output.data == tile.c;
        const Index whole = whole_columns(row, rows, height, dense && !reads_c, c.rows(), c.cols());
        sweep<Height, tile_columns<Height>>(tile, c.cols() - apart, whole, rows);
        if (sums_rows) compute_tile_with_row_sums<Height>(apart, tile);
        addend = {sums, c.outerStride()};
    } while (first < inner);
    if (product.row_sums && !sums_rows) {
        const Eigen::Map<const Matrix<Scalar>, 0, ColumnStride> a(product.a.data + row, rows, inner,
                                                                  ColumnStride(product.a.column_stride));
        kernels::add_row_sums<Scalar>(a, VectorMap<Scalar>(product.row_sums + row, rows));
    }
}

/// Row by row, where there are few.
template <class Scalar>
void compute_rows(const Product<Scalar>& product, MatrixRef<Scalar>& c) {
    for (Index i = 0; i < c.rows(); ++i) {
        Scalar zero;
        multiply_row(block(product.a, i, 1, 0, product.a.columns), product.b, addend_of<1>(product, i, 1, c, &zero),
                     {c.data() + i, c.outerStride()});
    }
}

template <class Scalar>
void compute_row_blocks(const Product<Scalar>& product, MatrixRef<Scalar>& c) {
    for_each_row_block<Scalar, widest_tile>(
        c.rows(), [&](auto height, Index row, Index rows) { compute_row_block<height()>(product, row, rows, c); });
}

/// A sum of no terms; null pointers are not stepped along, even where there is nothing.
template <class Scalar>
void compute_over_nothing(Product<Scalar> product, MatrixRef<Scalar>& c) {
    static constexpr Scalar never_read = 0;
    product.a = {&never_read, c.rows(), 0, 0, 0};
    product.b = {&never_read, 0, c.cols(), 0, 0};
    compute_row_blocks(product, c);
}

/// Whether the product is that of a layer with so few inputs that it has kernels of its own.
template <class Scalar>
bool is_for_few_inputs(const Product<Scalar>& product) {
    return product.addend == Addend::bias && (product.finish == Finish::nothing || product.finish == Finish::relu) &&
           product.a.row_stride == 1 && product.b.row_stride == 1 && product.a.columns <= few_inputs;
}

/// By reference: what was written number by number a moment ago takes long to be copied in vectors.
template <class Scalar>
void compute(const Product<Scalar>& product, MatrixRef<Scalar>& c) {
    GRADIVA_ASSERT(product.a.columns == product.b.rows);
    GRADIVA_ASSERT(product.a.rows == c.rows() && product.b.columns == c.cols());
    if (c.size() == 0) return;
    if (product.a.columns == 0) return compute_over_nothing(product, c);
    if (product.finish == Finish::nothing && is_for_single_rows(product.a)) {
        return compute_rows(product, c);
    }
    if (is_for_few_inputs(product)) {
        return multiply_few_inputs(product.a, product.b, product.bias, product.finish == Finish::relu, c);
    }
    compute_row_blocks(product, c);
}

}  // namespace detail

/// Copies all of A in the order in which products walk along it, for several products with the same A: the pointer to
/// these numbers goes into its `panels`. Nothing is copied where A is read in place as fast.
template <class Scalar>
void pack_panels(const Strided<Scalar>& a, Buffer<Scalar>& panels) {
    if (detail::reads_in_place(a)) return panels.clear();
    constexpr Index lane = simd::lanes<Scalar>;
    panels.resize((a.rows + lane - 1) / lane * lane * a.columns);
    detail::for_each_row_block<Scalar, detail::widest_tile>(a.rows, [&](auto height, Index row, Index rows) {
        detail::pack<height() * lane>(detail::block(a, row, rows, 0, a.columns), panels.data() + row * a.columns);
    });
}

/// C = A B.
template <class Scalar>
void multiply(const Strided<Scalar>& a, const Strided<Scalar>& b, MatrixRef<Scalar> c) {
    detail::compute(detail::Product<Scalar>{.a = a, .b = b}, c);
}

/// C += A B.
template <class Scalar>
void multiply_add(const Strided<Scalar>& a, const Strided<Scalar>& b, MatrixRef<Scalar> c) {
    detail::compute(detail::Product<Scalar>{.a = a, .b = b, .addend = detail::Addend::c}, c);
}

/// C += A B and s += A 1: the gradients of a layer's weights and of its bias.
template <class Scalar>
void multiply_add_with_row_sums(ConstMatrixRef<Scalar> a, const Strided<Scalar>& b, MatrixRef<Scalar> c,
                                VectorRef<Scalar> s) {
    GRADIVA_ASSERT(s.size() == c.rows());
    detail::Product<Scalar> product{.a = plain(a), .b = b, .addend = detail::Addend::c};
    if (c.cols() == 0 || detail::is_for_single_rows(product.a)) {
        add_row_sums<Scalar>(a, s);
    } else {
        product.row_sums = s.data();
    }
    detail::compute(product, c);
}

/// C = A B + bias 1^T.
template <class Scalar>
void multiply_plus_bias(const Strided<Scalar>& a, const Strided<Scalar>& b, ConstVectorRef<Scalar> bias,
                        MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(bias.size() == c.rows());
    detail::compute(detail::Product<Scalar>{.a = a, .b = b, .addend = detail::Addend::bias, .bias = bias.data()}, c);
}

/// C = f(A B + bias 1^T).
template <class Scalar>
void multiply_and_activate(Activation f, const Strided<Scalar>& a, const Strided<Scalar>& b,
                           ConstVectorRef<Scalar> bias, MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(bias.size() == c.rows());
    detail::Product<Scalar> product{.a = a, .b = b, .addend = detail::Addend::bias, .bias = bias.data()};
    if (f == Activation::relu) product.finish = detail::Finish::relu;
    detail::compute(product, c);
    if (f == Activation::tanh) activate<Scalar>(f, c);
}

/// The most columns of A with which `multiply_and_differentiate` may write over the output: sums of more are stored
/// before they are whole.
template <class Scalar>
inline constexpr Index most_in_place = detail::panel_size<Scalar> / (detail::widest_tile * simd::lanes<Scalar>);

/// C = f'(Z) * (A B), the derivative taken from the output f(Z), as by `multiply_by_derivative`. C may be the output
/// itself where A has no more than `most_in_place` columns.
template <class Scalar>
void multiply_and_differentiate(Activation f, const Strided<Scalar>& a, const Strided<Scalar>& b,
                                ConstMatrixRef<Scalar> output, MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(output.rows() == c.rows() && output.cols() == c.cols());
    GRADIVA_ASSERT(output.data() != c.data() || c.size() == 0 || a.columns <= most_in_place<Scalar>);
    using detail::Finish;
    detail::compute(
        detail::Product<Scalar>{.a = a,
                                .b = b,
                                .finish = f == Activation::relu ? Finish::relu_derivative : Finish::tanh_derivative,
                                .output = {output.data(), output.outerStride()}},
        c);
}

}  // namespace GRADIVA_NAMESPACE::kernels
