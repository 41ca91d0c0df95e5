#pragma once

#include <algorithm>
#include <limits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/matrix/row_blocks.hpp"
#include "gradiva/kernels/matrix/strided.hpp"

// Layers with few inputs, as a network's first: so few products per element of Z that loads and stores decide the time.
// Weights and biases stay in registers for all columns. Sums run over the inputs in order, from the bias on: a column
// has the same bits in a batch of any width.

namespace GRADIVA_NAMESPACE::kernels {

/// The most inputs of a layer whose weights are kept in registers.
inline constexpr Index few_inputs = 8;

namespace detail {

/// Z := max(least, W X + b 1^T) for `Registers` registers of rows. W, b and Z start at the first of these rows.
template <Index Registers, class Scalar>
struct FewInputs {
    Columns<const Scalar> w;
    const Scalar* b;
    Scalar least;

    /// The first `columns` columns of Z, which has `inputs` inputs.
    template <Index Inputs = 1>
    void operator()(Index inputs, Columns<const Scalar> x, Index columns, Columns<Scalar> z) const {
        if constexpr (Inputs < few_inputs) {
            if (inputs > Inputs) return this->operator()<Inputs + 1>(inputs, x, columns, z);
        }
        GRADIVA_ASSERT(inputs == Inputs);
        multiply<Inputs>(x, columns, z);
    }

private:
    template <Index Inputs>
    [[gnu::always_inline]] void multiply(Columns<const Scalar> x, Index columns, Columns<Scalar> z) const {
        constexpr Index lane = simd::lanes<Scalar>;
        simd::Lanes<Scalar> weight[to_size(Inputs)][to_size(Registers)], bias[to_size(Registers)];
#pragma GCC unroll 2
        for (Index v = 0; v < Registers; ++v) {
            bias[v] = simd::load_once(b + v * lane);
#pragma GCC unroll 8
            for (Index k = 0; k < Inputs; ++k) weight[k][v] = simd::load_once(w.data + k * w.stride + v * lane);
        }
        const simd::Lanes<Scalar> lower = simd::broadcast(least);
        for (Index j = 0; j < columns; ++j, x.data += x.stride, z.data += z.stride) {
            simd::Lanes<Scalar> input[to_size(Inputs)];
#pragma GCC unroll 8
            for (Index k = 0; k < Inputs; ++k) input[k] = simd::broadcast(x.data[k]);
#pragma GCC unroll 2
            for (Index v = 0; v < Registers; ++v) {
                simd::Lanes<Scalar> sum = bias[v];
#pragma GCC unroll 8
                for (Index k = 0; k < Inputs; ++k) sum += weight[k][v] * input[k];
                simd::store(simd::larger(lower, sum), z.data + v * lane);  // NaN stays NaN
            }
        }
    }
};

/// Z := f(W X + b 1^T), where f is a ReLU or the identity; W: outputs x inputs, at most `few_inputs` of them, X: inputs
/// x batch, b: outputs. The columns of W and of X are contiguous.
template <class Scalar>
void multiply_few_inputs(const Strided<Scalar>& w, const Strided<Scalar>& x, const Scalar* b, bool rectifies,
                         MatrixRef<Scalar>& z) {
    const Scalar least = rectifies ? Scalar(0) : -std::numeric_limits<Scalar>::infinity();
    const Index inputs = w.columns;
    for_each_row_block<Scalar, 2>(z.rows(), [&](auto block) {
        constexpr Index height = block.height;
        FewInputs<height / simd::lanes<Scalar>, Scalar> multiply{
            {w.data + block.first, w.column_stride}, b + block.first, least};
        alignas(64) Scalar padded[to_size((few_inputs + 1) * height)];  // W and b, with zeros after their last row
        if (!block.is_full()) {
            std::fill_n(padded, (inputs + 1) * height, Scalar(0));
            for (Index k = 0; k < inputs; ++k) {
                std::copy_n(multiply.w.at(0, k).data, block.rows, padded + k * height);
            }
            std::copy_n(multiply.b, block.rows, padded + inputs * height);
            multiply.w = {padded, height};
            multiply.b = padded + inputs * height;
        }
        const Columns<const Scalar> input{x.data, x.column_stride};
        const Columns<Scalar> output{z.data() + block.first, z.outerStride()};
        const Index whole = Overhang(block, z).whole_columns();
        multiply(inputs, input, whole, output);
        for (Index j = whole; j < z.cols(); ++j) {
            alignas(64) Scalar column[to_size(height)];
            multiply(inputs, input.at(0, j), 1, {column, 0});
            std::copy_n(column, block.rows, output.at(0, j).data);
        }
    });
}

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE::kernels
