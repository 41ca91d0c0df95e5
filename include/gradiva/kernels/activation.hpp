#pragma once

#include <algorithm>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/activation_functions.hpp"
#include "gradiva/kernels/tanh.hpp"

namespace GRADIVA_NAMESPACE {

namespace kernels {

namespace detail {

/// Adds to b, in `Registers` registers from row i on, the sums of those rows of D.
template <Index Registers, class Scalar>
void add_sums(const ConstMatrixRef<Scalar>& d, Index i, Scalar* b) {
    constexpr Index width = simd::lanes<Scalar>;
    simd::Lanes<Scalar> sum[to_size(Registers)] = {};
    const Scalar* column = d.data() + i;
    for (Index j = 0; j < d.cols(); ++j, column += d.outerStride()) {
#pragma GCC unroll 4
        for (Index v = 0; v < Registers; ++v) sum[v] += simd::load(column + v * width);
    }
#pragma GCC unroll 4
    for (Index v = 0; v < Registers; ++v) simd::store(simd::load(b + i + v * width) + sum[v], b + i + v * width);
}

/// to[i] := f(from[i]...) for `n` elements, register by register, all by the same code; `to` may be one of `from`.
template <class Scalar, class F, class... From>
void apply(const F& f, Index n, Scalar* to, const From*... from) {
    constexpr Index width = simd::lanes<Scalar>;
    for (Index i = 0; i < n; i += width) {
        const Index count = std::min(width, n - i);
        simd::store_some(f(simd::load_some(from + i, count)...), to + i, count);
    }
}

/// Calls `use(Function{})` with the struct of one of the activations that products do not apply.
template <class Use>
void with_function(Activation f, const Use& use) {
    GRADIVA_ASSERT(!is_fused(f));
    switch (f) {
        case Activation::elu: return use(Elu{});
        case Activation::silu: return use(Silu{});
        case Activation::gelu: return use(Gelu{});
        default: return use(LeakyRelu{});
    }
}

/// `multiply_by_derivative` for activations that are not `is_fused`.
template <class Scalar>
[[gnu::noinline]] void multiply_by_slope(Activation f, const ConstMatrixRef<Scalar>& kept, MatrixRef<Scalar>& d) {
    with_function(f, [&](auto function) {
        const auto product = [&](const auto& tangent, const auto& x) { return tangent * function.derivative(x); };
        for (Index j = 0; j < d.cols(); ++j) {
            Scalar* const column = d.data() + j * d.outerStride();
            apply(product, d.rows(), column, std::as_const(column), kept.data() + j * kept.outerStride());
        }
    });
}

}  // namespace detail

/// A := f(Z), element by element, for activations that are not `is_fused`. A may be Z. NaN stays NaN.
template <class Scalar>
[[gnu::noinline]] void activate_to(Activation f, ConstMatrixRef<Scalar> z, MatrixRef<Scalar> a) {
    GRADIVA_ASSERT(a.rows() == z.rows() && a.cols() == z.cols());
    detail::with_function(f, [&](auto function) {
        const auto value = [&](const auto& x) { return function.value(x); };
        for (Index j = 0; j < z.cols(); ++j) {
            detail::apply(value, z.rows(), a.data() + j * a.outerStride(), z.data() + j * z.outerStride());
        }
    });
}

namespace detail {

/// `activate` for f that `is_fused`: Z is rows x columns, and its columns begin `stride` elements apart.
template <class Scalar>
[[gnu::noinline]] void activate_columns(Activation f, Scalar* z, Index rows, Index columns, Index stride) {
    // A group must not cross columns: else a column's bits would depend on its neighbours.
    const bool in_groups = rows % tanh_group == 0;
    const bool dense = stride == rows;
    const Index length = dense ? rows * columns : rows;
    for (Index j = 0; j < (dense ? 1 : columns); ++j) {
        Scalar* const x = z + j * stride;
        if (f == Activation::relu) {
            for (Index i = 0; i < length; ++i) x[i] = x[i] < 0 ? Scalar(0) : x[i];
        } else if (in_groups) {
            tanh_in_groups(x, length);
        } else {
            tanh(x, length);
        }
    }
}

}  // namespace detail

/// Z := f(Z), element by element, in place. NaN stays NaN.
template <class Scalar>
[[gnu::always_inline]] inline void activate(Activation f, MatrixRef<Scalar> z) {
    if (!is_fused(f)) return activate_to<Scalar>(f, z, z);
    detail::activate_columns(f, z.data(), z.rows(), z.cols(), z.outerStride());
}

/// Z := Z + b 1^T, in place. Z: units x batch, b: units elements.
template <class Scalar>
void add_bias(ConstVectorRef<Scalar> b, MatrixRef<Scalar> z) {
    GRADIVA_ASSERT(b.size() == z.rows());
    for (Index j = 0; j < z.cols(); ++j) {
        for (Index i = 0; i < z.rows(); ++i) z(i, j) += b[i];
    }
}

/// Z := f(Z + b 1^T), in place. NaN stays NaN.
template <class Scalar>
void add_bias_and_activate(Activation f, ConstVectorRef<Scalar> b, MatrixRef<Scalar> z) {
    add_bias<Scalar>(b, z);
    activate<Scalar>(f, z);
}

/// D := D * f'(Z), element by element, from what a forward pass keeps: Z where `keeps_input`, else the output A = f(Z),
/// such as 1 - A^2 for tanh, 1 where A > 0 and else 0 for ReLU. For the backward pass (D: derivative of the loss by A)
/// and for the forward derivative (D: tangent of Z). A and D: units x batch.
template <class Scalar>
void multiply_by_derivative(Activation f, ConstMatrixRef<Scalar> a, MatrixRef<Scalar> d) {
    GRADIVA_ASSERT(a.rows() == d.rows() && a.cols() == d.cols());
    if (!is_fused(f)) return detail::multiply_by_slope(f, a, d);
    for (Index j = 0; j < d.cols(); ++j) {
        const Scalar* const output = a.data() + j * a.outerStride();
        Scalar* const derivative = d.data() + j * d.outerStride();
        if (f == Activation::tanh) {
            for (Index i = 0; i < d.rows(); ++i) derivative[i] *= 1 - output[i] * output[i];
        } else {
            for (Index i = 0; i < d.rows(); ++i) derivative[i] = output[i] > 0 ? derivative[i] : Scalar(0);
        }
    }
}

/// The sum of `n` contiguous elements, in an order that depends on n only.
template <class Scalar>
Scalar sum_of_row(const Scalar* row, Index n) {
    constexpr Index width = simd::lanes<Scalar>;
    simd::Lanes<Scalar> sum{};
    Index j = 0;
    for (; j + width <= n; j += width) sum += simd::load(row + j);
    Scalar total = simd::sum_of<Scalar>(sum);
    for (; j < n; ++j) total += row[j];
    return total;
}

/// b := b + D 1, the sums of D's rows: the gradient of a bias. D: units x batch, b: units elements.
template <class Scalar>
void add_row_sums(ConstMatrixRef<Scalar> d, VectorRef<Scalar> b) {
    GRADIVA_ASSERT(d.rows() == b.size());
    if (d.cols() == 0) return;
    if (d.rows() == 1 && d.outerStride() == 1) {
        b[0] += sum_of_row(d.data(), d.cols());
        return;
    }
    constexpr Index width = simd::lanes<Scalar>;
    Index i = 0;
    for (; i + 4 * width <= d.rows(); i += 4 * width) detail::add_sums<4>(d, i, b.data());
    for (; i + width <= d.rows(); i += width) detail::add_sums<1>(d, i, b.data());
    for (Index j = 0; j < d.cols(); ++j) {
        for (Index k = i; k < d.rows(); ++k) b[k] += d(k, j);
    }
}

}  // namespace kernels
}  // namespace GRADIVA_NAMESPACE
