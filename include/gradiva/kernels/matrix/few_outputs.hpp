#pragma once

#include <algorithm>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/matrix/tile.hpp"

// The way back through a layer with few outputs, as a network's last. Both gradients want the layer's input, and with
// so little to do for each number of it, what takes the time is to read it and to write as much: it is read once, in
// the order in which it lies in memory.

namespace GRADIVA_NAMESPACE::kernels {

inline constexpr Index few_outputs = 2;

namespace detail {

/// One number, or one register, of W^T dZ for a column `d` of dZ; y is that of X, and adds to the gradients.
template <Index Outputs, class Scalar, class V>
[[gnu::always_inline]] inline V go_back_one(bool is_tanh, const V (&w)[to_size(Outputs)], const V& y,
                                            const Scalar (&d)[to_size(Outputs)], V (&gradient)[to_size(Outputs)]) {
    V back = w[0] * d[0];
    gradient[0] += y * d[0];
#pragma GCC unroll 2
    for (Index k = 1; k < Outputs; ++k) {
        back += w[k] * d[k];
        gradient[k] += y * d[k];
    }
    return is_tanh ? V(back * (1 - y * y)) : y > 0 ? back : V{};
}

/// `Height` times as many rows as V holds numbers, from `row` on, in all columns.
template <class V, Index Height, Index Outputs, class Scalar>
void go_back_rows(bool is_tanh, const ConstMatrixRef<Scalar>& w, const ConstMatrixRef<Scalar>& dz,
                  const ConstMatrixRef<Scalar>& x, MatrixRef<Scalar>& dw, MatrixRef<Scalar>& du, Index row) {
    constexpr auto width = static_cast<Index>(sizeof(V) / sizeof(Scalar));
    alignas(64) Scalar room[to_size(Outputs)][to_size(Height * width)];
    for (Index i = 0; i < Height * width; ++i) {
        for (Index k = 0; k < Outputs; ++k) room[k][i] = w(k, row + i);
    }
    V weight[to_size(Height)][to_size(Outputs)], gradient[to_size(Height)][to_size(Outputs)] = {};
#pragma GCC unroll 4
    for (Index v = 0; v < Height; ++v) {
#pragma GCC unroll 2
        for (Index k = 0; k < Outputs; ++k) weight[v][k] = simd::load_as<V>(room[k] + v * width);
    }
    const Scalar *d = dz.data(), *from = x.data() + row;
    Scalar* to = du.data() + row;
    const Index columns = x.cols(), d_stride = dz.outerStride(), x_stride = x.outerStride();
    const Index du_stride = du.outerStride();
    for (Index j = 0; j < columns; ++j, d += d_stride, from += x_stride, to += du_stride) {
        V y[to_size(Height)];  // all of them loaded, and once: what is stored may be the same numbers
        Scalar column[to_size(Outputs)];
        std::copy_n(d, Outputs, column);
#pragma GCC unroll 4
        for (Index v = 0; v < Height; ++v) y[v] = simd::in_register(simd::load_as<V>(from + v * width));
#pragma GCC unroll 4
        for (Index v = 0; v < Height; ++v) {
            simd::store(go_back_one<Outputs>(is_tanh, weight[v], y[v], column, gradient[v]), to + v * width);
        }
    }
#pragma GCC unroll 4
    for (Index v = 0; v < Height; ++v) {
#pragma GCC unroll 2
        for (Index k = 0; k < Outputs; ++k) simd::store(gradient[v][k], room[k] + v * width);
    }
    for (Index i = 0; i < Height * width; ++i) {
        for (Index k = 0; k < Outputs; ++k) dw(k, row + i) += room[k][i];
    }
}

template <Index Outputs, class Scalar>
void go_back(Activation f, const ConstMatrixRef<Scalar>& w, const ConstMatrixRef<Scalar>& dz,
             const ConstMatrixRef<Scalar>& x, MatrixRef<Scalar>& dw, MatrixRef<Scalar>& du) {
    constexpr Index width = simd::lanes<Scalar>, height = widest_tile;
    const bool is_tanh = f == Activation::tanh;
    Index row = 0;
    for (; row + height * width <= x.rows(); row += height * width) {
        go_back_rows<simd::Lanes<Scalar>, height, Outputs>(is_tanh, w, dz, x, dw, du, row);
    }
    for (; row + width <= x.rows(); row += width) {
        go_back_rows<simd::Lanes<Scalar>, 1, Outputs>(is_tanh, w, dz, x, dw, du, row);
    }
    for (; row < x.rows(); ++row) go_back_rows<Scalar, 1, Outputs>(is_tanh, w, dz, x, dw, du, row);
}

}  // namespace detail

/// dW += dZ X^T and dU := f'(U) * (W^T dZ), where X = f(U), for a layer with at most `few_outputs` outputs. dU may
/// be X itself.
template <class Scalar>
void go_back_from_few_outputs(Activation f, ConstMatrixRef<Scalar> w, ConstMatrixRef<Scalar> dz,
                              ConstMatrixRef<Scalar> x, MatrixRef<Scalar> dw, MatrixRef<Scalar> du) {
    GRADIVA_ASSERT(w.cols() == x.rows() && w.rows() == dz.rows() && dz.cols() == x.cols());
    GRADIVA_ASSERT(du.rows() == x.rows() && du.cols() == x.cols());
    if (x.cols() == 0) return;
    switch (w.rows()) {
        case 1: return detail::go_back<1>(f, w, dz, x, dw, du);
        case 2: return detail::go_back<2>(f, w, dz, x, dw, du);
        default: GRADIVA_ASSERT(false);
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
