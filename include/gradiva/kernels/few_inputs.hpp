#pragma once

#include <algorithm>
#include <type_traits>

#include "gradiva/kernels/panel.hpp"
#include "gradiva/kernels/row_blocks.hpp"

// Layers with few inputs, as a network's first: so little is summed that what surrounds it decides. Biases stay in
// registers while columns go by, a few at a time. Sums run over the inputs in order, from the bias on, as in the tiles
// of larger products: a column has the same bits in a batch of any width.

namespace gradiva::kernels::detail {

inline constexpr Index few_inputs = 8;

/// The columns of a range of some rows of Z := f(W X + b 1^T), `Width` at a time; returns the first that is left. W, b
/// and z start at the block's first row, of which `rows` exist.
template <Index Height, Index Width, bool all_rows, class Scalar>
Index multiply_few_inputs(const Strided<Scalar>& x, Range columns, Columns<Scalar> w, const Scalar* b, bool rectifies,
                          Index rows, Scalar* z, Index z_stride) {
    constexpr Index lane = lanes<Scalar>;
    RegisterOf<Scalar> bias[Height];
#pragma GCC unroll 2
    for (Index v = 0; v < Height; ++v) bias[v] = load(b + v * lane);
    const Index inputs = x.rows, x_stride = x.column_stride;
    const Scalar* from = x.data + columns.begin * x_stride;
    Index first = columns.begin;
    for (; first + Width <= columns.end; first += Width, from += Width * x_stride) {
        RegisterOf<Scalar> sum[Width][Height];
#pragma GCC unroll 4
        for (Index j = 0; j < Width; ++j) {
#pragma GCC unroll 2
            for (Index v = 0; v < Height; ++v) sum[j][v] = bias[v];
        }
        const Scalar* weight = w.data;
        for (Index k = 0; k < inputs; ++k, weight += w.stride) {
            RegisterOf<Scalar> left[Height];
#pragma GCC unroll 2
            for (Index v = 0; v < Height; ++v) left[v] = load_once(weight + v * lane);
#pragma GCC unroll 4
            for (Index j = 0; j < Width; ++j) {
                const Scalar right = from[j * x_stride + k];
#pragma GCC unroll 2
                for (Index v = 0; v < Height; ++v) sum[j][v] += left[v] * right;
            }
        }
#pragma GCC unroll 4
        for (Index j = 0; j < Width; ++j) {
#pragma GCC unroll 2
            for (Index v = 0; v < Height; ++v) {
                const RegisterOf<Scalar> zero{};
                if (rectifies) sum[j][v] = larger(zero, sum[j][v]);  // NaN stays
                Scalar* const to = z + (first + j) * z_stride + v * lane;
                if constexpr (all_rows) {
                    store<Scalar>(sum[j][v], to);
                } else {
                    store_some<Scalar>(sum[j][v], to, std::clamp<Index>(rows - v * lane, 0, lane));
                }
            }
        }
    }
    return first;
}

/// Z := f(W X + b 1^T), f being a ReLU or nothing. X's columns are contiguous.
template <class Scalar>
void multiply_few_inputs(const Strided<Scalar>& w, const Strided<Scalar>& x, const Scalar* b, bool rectifies,
                         MatrixRef<Scalar>& z) {
    for_each_row_block<Scalar, 2>(z.rows(), [&](auto block_height, Index row, Index rows) {
        constexpr Index registers = block_height(), height = registers * lanes<Scalar>;
        alignas(64) Scalar buffer[few_inputs * height], bias[height] = {};
        const Columns<Scalar> panel = panel_of<height>(block(w, row, rows, 0, w.columns), z.cols(), buffer);
        std::copy_n(b + row, rows, bias);
        const Index n = z.cols(), stride = z.outerStride();
        const Index whole = whole_columns(row, rows, height, stride == z.rows(), z.rows(), n);
        const auto multiply = [&](auto width, auto all_rows, Range columns) {
            return multiply_few_inputs<registers, width(), all_rows()>(x, columns, panel, bias, rectifies, rows,
                                                                       z.data() + row, stride);
        };
        constexpr std::integral_constant<Index, 1> one{};
        Index done = multiply(std::integral_constant<Index, 4>{}, std::true_type{}, {0, whole});
        done = multiply(one, std::true_type{}, {done, whole});
        multiply(one, std::false_type{}, {done, n});
    });
}

}  // namespace gradiva::kernels::detail
