#pragma once

#include "gradiva/core/check.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/panel.hpp"
#include "gradiva/kernels/row_product.hpp"

// Products of the small matrices of a network, with what a layer does right before and after them.
//
// Tiles of C stay in registers while the inner dimension is walked along, one outer product per step. Where its columns
// do not lie close together, A is first copied, panel by panel, into a contiguous buffer on the stack, which also takes
// care of transposition. Nothing allocates. Each element of C is summed over the inner dimension in an order that the
// size of the batch does not change: a column of C has the same bits in a batch of any width.

namespace gradiva::kernels {

namespace detail {

/// What the sums of a product start from.
enum class Start { zero, c, bias };

/// A product and what happens around it.
template <class Scalar>
struct Product {
    Strided<Scalar> a, b;
    Start start = Start::zero;
    const Scalar* bias = nullptr;  // one number per row, where the sums start from it
    Finish finish = Finish::nothing;
    Columns<Scalar> output{nullptr, 0};  // of C's shape, where a derivative is taken from it
};

/// How many columns of a row block may be stored with all rows of its tiles, though only `rows` of them exist: what is
/// too much falls into the next column, whose own numbers come later. `row` is the block's first.
template <Index Height, class Scalar>
Index columns_with_room(const Tile<Scalar>& tile, Index row, Index rows, const MatrixRef<Scalar>& c) {
    constexpr Index height = Height * lanes<Scalar>;
    if (rows == height) return c.cols();
    const bool dense = c.outerStride() == c.rows() && (!tile.output.data || tile.output.stride == c.rows());
    const bool reads_c = tile.start.data == tile.c;
    const Index room = c.size() - row - height;  // beyond the first column's tile
    if (!dense || reads_c || room < 0) return 0;
    return room / c.rows() + 1;
}

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
        tile.start.data += Width * tile.start.stride;
        tile.output.data += Width * tile.output.stride;
    }
    if constexpr (Width > 1) {
        if (columns > 0) sweep<Height, Width == 6 ? 4 : Width / 2>(tile, columns, whole, rows);
    }
}

/// Rows [row, row + rows) of C, at most `Height` registers, along the whole inner dimension.
template <Index Height, class Scalar>
void compute_row_block(const Product<Scalar>& product, Index row, Index rows, MatrixRef<Scalar>& c) {
    alignas(64) Scalar buffer[panel_size<Scalar>];
    constexpr Index height = Height * lanes<Scalar>;
    const Index inner = product.a.columns;
    Scalar* const sums = c.data() + row;
    alignas(64) Scalar bias[height] = {};
    Columns<Scalar> start{bias, 0};
    if (product.start == Start::bias) std::copy_n(product.bias + row, rows, bias);
    if (product.start == Start::c) start = {sums, c.outerStride()};
    Index first = 0;
    do {
        const Index depth = std::min(panel_size<Scalar> / height, inner - first);
        Tile<Scalar> tile{.a = panel_of<height>(block(product.a, row, rows, first, depth), c.cols(), buffer),
                          .depth = depth,
                          .b = product.b.data + first * product.b.row_stride,
                          .b_row_stride = product.b.row_stride,
                          .b_column_stride = product.b.column_stride,
                          .start = start,
                          .finish = Finish::nothing,
                          .output = product.output,
                          .c = sums,
                          .c_stride = c.outerStride()};
        first += depth;
        if (first >= inner) tile.finish = product.finish;
        if (tile.output.data) tile.output.data += row;
        sweep<Height, tile_columns<Height>>(tile, c.cols(), columns_with_room<Height>(tile, row, rows, c), rows);
        start = {sums, c.outerStride()};
    } while (first < inner);
}

/// Row by row, where there are few.
template <class Scalar>
void compute_rows(const Product<Scalar>& product, MatrixRef<Scalar>& c) {
    for (Index i = 0; i < c.rows(); ++i) {
        const auto multiply = [&](const auto& start) {
            multiply_row(block(product.a, i, 1, 0, product.a.columns), product.b, start, c.data() + i, c.outerStride());
        };
        switch (product.start) {
            case Start::zero: multiply([](Index) { return Scalar(0); }); break;
            case Start::c: multiply([&](Index j) { return c(i, j); }); break;
            case Start::bias: multiply([&](Index) { return product.bias[i]; }); break;
        }
    }
}

/// All row blocks from `row` on, the last one first: what it stores beyond its rows is overwritten by those before it.
template <class Scalar>
void compute_row_blocks(const Product<Scalar>& product, Index row, MatrixRef<Scalar>& c) {
    constexpr Index width = lanes<Scalar>;
    const Index left = c.rows() - row;
    if (left <= 0) return;
    const Index vectors = left > (widest_tile - 1) * width ? widest_tile : left > width ? 2 : 1;
    const Index rows = std::min(left, vectors * width);
    compute_row_blocks(product, row + rows, c);
    switch (vectors) {
        case 1: return compute_row_block<1>(product, row, rows, c);
        case 2: return compute_row_block<2>(product, row, rows, c);
        default: return compute_row_block<widest_tile>(product, row, rows, c);
    }
}

template <class Scalar>
void compute(Product<Scalar> product, MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(product.a.columns == product.b.rows);
    GRADIVA_ASSERT(product.a.rows == c.rows() && product.b.columns == c.cols());
    if (c.size() == 0) return;
    static constexpr Scalar never_read = 0;  // a null pointer must not be stepped along, even where there is nothing
    if (product.a.columns == 0) {
        product.a = {&never_read, c.rows(), 0, 0, 0};
        product.b = {&never_read, 0, c.cols(), 0, 0};
    }
    if (product.finish == Finish::nothing && is_for_single_rows(product.a, product.b)) {
        return compute_rows(product, c);
    }
    compute_row_blocks(product, 0, c);
}

}  // namespace detail

/// C = A B.
template <class Scalar>
void multiply(const Strided<Scalar>& a, const Strided<Scalar>& b, MatrixRef<Scalar> c) {
    detail::compute(detail::Product<Scalar>{.a = a, .b = b}, c);
}

/// C += A B.
template <class Scalar>
void multiply_add(const Strided<Scalar>& a, const Strided<Scalar>& b, MatrixRef<Scalar> c) {
    detail::compute(detail::Product<Scalar>{.a = a, .b = b, .start = detail::Start::c}, c);
}

/// C = A B + bias 1^T.
template <class Scalar>
void multiply_plus_bias(const Strided<Scalar>& a, const Strided<Scalar>& b, ConstVectorRef<Scalar> bias,
                        MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(bias.size() == c.rows());
    detail::compute(detail::Product<Scalar>{.a = a, .b = b, .start = detail::Start::bias, .bias = bias.data()}, c);
}

/// C = f(A B + bias 1^T).
template <class Scalar>
void multiply_and_activate(Activation f, const Strided<Scalar>& a, const Strided<Scalar>& b,
                           ConstVectorRef<Scalar> bias, MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(bias.size() == c.rows());
    detail::Product<Scalar> product{.a = a, .b = b, .start = detail::Start::bias, .bias = bias.data()};
    if (f == Activation::relu) product.finish = detail::Finish::relu;
    detail::compute(product, c);
    if (f == Activation::tanh) activate<Scalar>(f, c);
}

/// C = f'(Z) * (A B), the derivative taken from the output f(Z), as by `multiply_by_derivative`.
template <class Scalar>
void multiply_and_differentiate(Activation f, const Strided<Scalar>& a, const Strided<Scalar>& b,
                                ConstMatrixRef<Scalar> output, MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(output.rows() == c.rows() && output.cols() == c.cols());
    using detail::Finish;
    detail::compute(
        detail::Product<Scalar>{.a = a,
                                .b = b,
                                .finish = f == Activation::relu ? Finish::relu_derivative : Finish::tanh_derivative,
                                .output = {output.data(), output.outerStride()}},
        c);
}

}  // namespace gradiva::kernels
