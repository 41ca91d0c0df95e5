#pragma once

#include <algorithm>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/matrix/tile.hpp"

// The backward pass of a layer with few outputs, as a network's last. Both gradients read the layer's input, with so
// few products per element that memory decides the time: it is read once, in the order in which it lies.

namespace GRADIVA_NAMESPACE::kernels {

/// The most outputs of a layer that `backward_few_outputs` takes.
inline constexpr Index few_outputs = 2;

namespace detail {

/// For a register of one column of X, or a single element, and the column `dz` of dZ: returns the same elements of dU
/// and adds x dz_k to `gradient[k]`.
template <Index Outputs, class Scalar, class V>
[[gnu::always_inline]] inline V backward_register(bool is_tanh, const V (&w)[to_size(Outputs)], const V& x,
                                                  const Scalar (&dz)[to_size(Outputs)],
                                                  V (&gradient)[to_size(Outputs)]) {
    V dx = w[0] * dz[0];
    gradient[0] += x * dz[0];
#pragma GCC unroll 2
    for (Index k = 1; k < Outputs; ++k) {
        dx += w[k] * dz[k];
        gradient[k] += x * dz[k];
    }
    return is_tanh ? V(dx * (1 - x * x)) : x > 0 ? dx : V{};
}

/// The backward pass for rows [row, row + `Registers` times the elements of V) of X, all columns.
template <class V, Index Registers, Index Outputs, class Scalar>
void backward_rows(bool is_tanh, const ConstMatrixRef<Scalar>& w, const ConstMatrixRef<Scalar>& dz,
                   const ConstMatrixRef<Scalar>& x, MatrixRef<Scalar>& dw, MatrixRef<Scalar>& du, Index row) {
    constexpr auto width = static_cast<Index>(sizeof(V) / sizeof(Scalar));
    alignas(64) Scalar w_rows[to_size(Outputs)][to_size(Registers * width)],
        dw_rows[to_size(Outputs)][to_size(Registers * width)];
    for (Index i = 0; i < Registers * width; ++i) {
        for (Index k = 0; k < Outputs; ++k) w_rows[k][i] = w(k, row + i);
    }
    V weight[to_size(Registers)][to_size(Outputs)], gradient[to_size(Registers)][to_size(Outputs)] = {};
#pragma GCC unroll 4
    for (Index v = 0; v < Registers; ++v) {
#pragma GCC unroll 2
        for (Index k = 0; k < Outputs; ++k) weight[v][k] = simd::load_as<V>(w_rows[k] + v * width);
    }
    const Scalar *dz_column = dz.data(), *x_column = x.data() + row;
    Scalar* du_column = du.data() + row;
    const Index columns = x.cols(), dz_stride = dz.outerStride(), x_stride = x.outerStride();
    const Index du_stride = du.outerStride();
    for (Index j = 0; j < columns; ++j, dz_column += dz_stride, x_column += x_stride, du_column += du_stride) {
        V x_j[to_size(Registers)];  // all loaded before the first store: dU may be X
        Scalar dz_j[to_size(Outputs)];
        std::copy_n(dz_column, Outputs, dz_j);
#pragma GCC unroll 4
        for (Index v = 0; v < Registers; ++v) x_j[v] = simd::in_register(simd::load_as<V>(x_column + v * width));
#pragma GCC unroll 4
        for (Index v = 0; v < Registers; ++v) {
            const V du_j = backward_register<Outputs>(is_tanh, weight[v], x_j[v], dz_j, gradient[v]);
            simd::store(du_j, du_column + v * width);
        }
    }
#pragma GCC unroll 4
    for (Index v = 0; v < Registers; ++v) {
#pragma GCC unroll 2
        for (Index k = 0; k < Outputs; ++k) simd::store(gradient[v][k], dw_rows[k] + v * width);
    }
    for (Index i = 0; i < Registers * width; ++i) {
        for (Index k = 0; k < Outputs; ++k) dw(k, row + i) += dw_rows[k][i];
    }
}

template <Index Outputs, class Scalar>
void backward_few_outputs(Activation f, const ConstMatrixRef<Scalar>& w, const ConstMatrixRef<Scalar>& dz,
                          const ConstMatrixRef<Scalar>& x, MatrixRef<Scalar>& dw, MatrixRef<Scalar>& du) {
    constexpr Index width = simd::lanes<Scalar>, registers = widest_tile;
    const bool is_tanh = f == Activation::tanh;
    Index row = 0;
    for (; row + registers * width <= x.rows(); row += registers * width) {
        backward_rows<simd::Lanes<Scalar>, registers, Outputs>(is_tanh, w, dz, x, dw, du, row);
    }
    for (; row + width <= x.rows(); row += width) {
        backward_rows<simd::Lanes<Scalar>, 1, Outputs>(is_tanh, w, dz, x, dw, du, row);
    }
    for (; row < x.rows(); ++row) backward_rows<Scalar, 1, Outputs>(is_tanh, w, dz, x, dw, du, row);
}

}  // namespace detail

/// dW := dW + dZ X^T and dU := f'(U) * (W^T dZ), where X = f(U), f `is_fused`, for a layer with 1 to `few_outputs`
/// outputs. W and dW: outputs x inputs, dZ: outputs x batch, X and dU: inputs x batch. dU may be X itself.
template <class Scalar>
void backward_few_outputs(Activation f, ConstMatrixRef<Scalar> w, ConstMatrixRef<Scalar> dz, ConstMatrixRef<Scalar> x,
                          MatrixRef<Scalar> dw, MatrixRef<Scalar> du) {
    GRADIVA_ASSERT(is_fused(f) && w.cols() == x.rows() && w.rows() == dz.rows() && dz.cols() == x.cols());
    GRADIVA_ASSERT(du.rows() == x.rows() && du.cols() == x.cols() && (w.rows() == 1 || w.rows() == 2));
    if (x.cols() == 0) return;
    w.rows() == 1 ? detail::backward_few_outputs<1>(f, w, dz, x, dw, du)
                  : detail::backward_few_outputs<2>(f, w, dz, x, dw, du);
}

}  // namespace GRADIVA_NAMESPACE::kernels
