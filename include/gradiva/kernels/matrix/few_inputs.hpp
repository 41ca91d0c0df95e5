#pragma once

#include <algorithm>
#include <limits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/matrix/row_blocks.hpp"
#include "gradiva/kernels/matrix/strided.hpp"
#include "gradiva/kernels/matrix/tile.hpp"

// Layers with few inputs, as a network's first: so little is summed that what surrounds it decides. Weights and biases
// stay in registers while columns go by. Sums run over the inputs in order, from the bias on: a column has the same
// bits in a batch of any width.

namespace GRADIVA_NAMESPACE::kernels {

/// The most inputs of a layer whose weights are kept in registers.
inline constexpr Index few_inputs = 8;

namespace detail {

/// `Height` registers of rows of Z := max(least, W X + b 1^T). W, b and Z start at the first of these rows.
template <Index Height, class Scalar>
struct FewInputs {
    Columns<Scalar> w;
    const Scalar* b;
    Scalar least;

    template <Index Inputs>
    [[gnu::always_inline]] void multiply(Columns<Scalar> x, Index columns, Scalar* z, Index z_stride) const {
        constexpr Index lane = simd::lanes<Scalar>;
        simd::Lanes<Scalar> weight[to_size(Inputs)][to_size(Height)], bias[to_size(Height)];
#pragma GCC unroll 2
        for (Index v = 0; v < Height; ++v) {
            bias[v] = simd::load_once(b + v * lane);
#pragma GCC unroll 8
            for (Index k = 0; k < Inputs; ++k) weight[k][v] = simd::load_once(w.data + k * w.stride + v * lane);
        }
        const simd::Lanes<Scalar> lower = simd::broadcast(least);
        for (Index j = 0; j < columns; ++j, x.data += x.stride, z += z_stride) {
            simd::Lanes<Scalar> input[to_size(Inputs)];
#pragma GCC unroll 8
            for (Index k = 0; k < Inputs; ++k) input[k] = simd::broadcast(x.data[k]);
#pragma GCC unroll 2
            for (Index v = 0; v < Height; ++v) {
                simd::Lanes<Scalar> sum = bias[v];
#pragma GCC unroll 8
                for (Index k = 0; k < Inputs; ++k) sum += weight[k][v] * input[k];
                simd::store(simd::larger(lower, sum), z + v * lane);  // NaN stays
            }
        }
    }

    void operator()(Index inputs, Columns<Scalar> x, Index columns, Scalar* z, Index z_stride) const {
        switch (inputs) {
            case 1: return multiply<1>(x, columns, z, z_stride);
            case 2: return multiply<2>(x, columns, z, z_stride);
            case 3: return multiply<3>(x, columns, z, z_stride);
            case 4: return multiply<4>(x, columns, z, z_stride);
            case 5: return multiply<5>(x, columns, z, z_stride);
            case 6: return multiply<6>(x, columns, z, z_stride);
            case 7: return multiply<7>(x, columns, z, z_stride);
            case 8: return multiply<8>(x, columns, z, z_stride);
            default: GRADIVA_ASSERT(false);
        }
    }
};

/// Z := f(W X + b 1^T), f being a ReLU or nothing. The columns of W and of X are contiguous.
template <class Scalar>
void multiply_few_inputs(const Strided<Scalar>& w, const Strided<Scalar>& x, const Scalar* b, bool rectifies,
                         MatrixRef<Scalar>& z) {
    const Scalar least = rectifies ? Scalar(0) : -std::numeric_limits<Scalar>::infinity();
    const Index inputs = w.columns, n = z.cols(), stride = z.outerStride();
    for_each_row_block<Scalar, 2>(z.rows(), [&](auto block_height, Index row, Index rows) {
        constexpr Index registers = block_height(), height = registers * simd::lanes<Scalar>;
        FewInputs<registers, Scalar> multiply{{w.data + row, w.column_stride}, b + row, least};
        alignas(64) Scalar filled_up[to_size((few_inputs + 1) * height)];
        if (rows < height) {
            std::fill_n(filled_up, (inputs + 1) * height, Scalar(0));
            for (Index k = 0; k < inputs; ++k) {
                std::copy_n(multiply.w.data + k * w.column_stride, rows, filled_up + k * height);
            }
            std::copy_n(b + row, rows, filled_up + inputs * height);
            multiply.w = {filled_up, height};
            multiply.b = filled_up + inputs * height;
        }
        const Index whole = whole_columns(row, rows, height, stride == z.rows(), z.rows(), n);
        multiply(inputs, {x.data, x.column_stride}, whole, z.data() + row, stride);
        for (Index j = whole; j < n; ++j) {
            alignas(64) Scalar column[to_size(height)];
            multiply(inputs, {x.data + j * x.column_stride, 0}, 1, column, 0);
            std::copy_n(column, rows, z.data() + row + j * stride);
        }
    });
}

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE::kernels
