#pragma once

#include <algorithm>
#include <limits>
#include <type_traits>

#include "gradiva/kernels/register_tile.hpp"
#include "gradiva/kernels/row_blocks.hpp"
#include "gradiva/kernels/strided.hpp"

// Layers with few inputs, as a network's first: so little is summed that what surrounds it decides. A register of rows
// at a time, its weights and biases stay in registers while columns go by. Sums run over the inputs in order, from the
// bias on, as in the tiles of larger products: a column has the same bits in a batch of any width.

namespace gradiva::kernels::detail {

/// The most inputs whose weights are kept in registers.
inline constexpr Index few_inputs = 8;

/// A register of rows of max(least, W X + b 1^T) for `columns` columns of X, each at its place in z. NaN stays.
template <Index Inputs, class Scalar>
void multiply_few_inputs(const RegisterOf<Scalar> (&w)[Inputs], const RegisterOf<Scalar>& bias,
                         const RegisterOf<Scalar>& least, Columns<Scalar> x, Index columns, Scalar* z, Index z_stride) {
#pragma GCC unroll 4
    for (Index j = 0; j < columns; ++j, x.data += x.stride, z += z_stride) {
        RegisterOf<Scalar> sum = bias;
#pragma GCC unroll 8
        for (Index k = 0; k < Inputs; ++k) sum += w[k] * x.data[k];
        store<Scalar>(larger(least, sum), z);
    }
}

/// Z := f(W X + b 1^T), f being a ReLU or nothing. The columns of W and of X are contiguous.
template <Index Inputs, class Scalar>
void multiply_few_inputs(const Strided<Scalar>& w, const Strided<Scalar>& x, const Scalar* b, bool rectifies,
                         MatrixRef<Scalar>& z) {
    constexpr Index lane = lanes<Scalar>;
    const RegisterOf<Scalar> least = broadcast(rectifies ? Scalar(0) : -std::numeric_limits<Scalar>::infinity());
    const Index n = z.cols(), stride = z.outerStride();
    for (Index row = (z.rows() - 1) / lane * lane; row >= 0; row -= lane) {  // in the order of `for_each_row_block`
        const Index rows = std::min(lane, z.rows() - row);
        RegisterOf<Scalar> weight[Inputs];
#pragma GCC unroll 8
        for (Index k = 0; k < Inputs; ++k) weight[k] = load_up_to(w.data + row + k * w.column_stride, rows);
        const RegisterOf<Scalar> bias = load_up_to(b + row, rows);
        const Index whole = whole_columns(row, rows, lane, stride == z.rows(), z.rows(), n);
        multiply_few_inputs<Inputs>(weight, bias, least, {x.data, x.column_stride}, whole, z.data() + row, stride);
        for (Index j = whole; j < n; ++j) {
            alignas(64) Scalar column[lane];
            multiply_few_inputs<Inputs>(weight, bias, least, {x.data + j * x.column_stride, 0}, 1, column, 0);
            std::copy_n(column, rows, z.data() + row + j * stride);
        }
    }
}

template <Index Most, class Scalar>
void multiply_up_to(const Strided<Scalar>& w, const Strided<Scalar>& x, const Scalar* b, bool rectifies,
                    MatrixRef<Scalar>& z) {
    if constexpr (Most > 1) {
        if (x.rows < Most) return multiply_up_to<Most - 1>(w, x, b, rectifies, z);
    }
    multiply_few_inputs<Most>(w, x, b, rectifies, z);
}

}  // namespace gradiva::kernels::detail
