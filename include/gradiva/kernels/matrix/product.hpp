#pragma once

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/matrix/blocked_product.hpp"
#include "gradiva/kernels/matrix/column_product.hpp"
#include "gradiva/kernels/matrix/few_inputs.hpp"
#include "gradiva/kernels/matrix/row_product.hpp"

// Products of the small matrices of a network (BLAS: gemm), with what a layer does right after them. In all of them C
// is m x n, A m x k and B k x n; A and B are `plain` or `transposed`; C overlaps neither. Any size may be 0. A column
// of C has the same bits in a batch of any width, but where A has few rows and B is transposed.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// Whether the product is that of a layer with so few inputs that it has kernels of its own.
template <class Scalar>
bool is_for_few_inputs(const Product<Scalar>& product) {
    GRADIVA_ASSERT(!product.adds_bias() || product.output.data == nullptr);
    if (!product.adds_bias() || product.a.columns > few_inputs) return false;
    return product.a.row_stride == 1 && product.b.row_stride == 1;
}

template <class Scalar>
void compute_row_blocks(const Product<Scalar>& product, MatrixRef<Scalar>& c) {
    for_each_row_block<Scalar, widest_tile>(c.rows(), [&](auto rows) { compute_row_block(product, rows, c); });
}

/// Row by row, where there are few rows.
template <class Scalar>
void compute_rows(const Product<Scalar>& product, MatrixRef<Scalar>& c) {
    for (Index i = 0; i < c.rows(); ++i) {
        Scalar zero;
        multiply_row(block(product.a, i, 1, 0, product.a.columns), product.b, addend_of<1>(product, i, 1, &zero),
                     {c.data() + i, c.outerStride()});
    }
}

/// Chooses the way to compute a product. By reference: vector loads of a copy of what was just written by scalar stores
/// would miss store-to-load forwarding.
template <class Scalar>
void compute(const Product<Scalar>& product, MatrixRef<Scalar>& c) {
    GRADIVA_ASSERT(product.a.columns == product.b.rows);
    GRADIVA_ASSERT(product.a.rows == c.rows() && product.b.columns == c.cols());
    if (c.size() == 0) return;
    if (product.a.columns == 0) {
        static constexpr Scalar never_read = 0;  // a null pointer must not be stepped along
        Product<Scalar> of_no_terms = product;
        of_no_terms.a = {&never_read, c.rows(), 0, 0, 0};
        of_no_terms.b = {&never_read, 0, c.cols(), 0, 0};
        return compute_row_blocks(of_no_terms, c);
    }
    const bool one_column = is_for_one_column(product);
    if (product.epilogue == Epilogue::none && is_for_single_rows(product.a)) {
        return one_column ? compute_rows_of_column(product, c.data()) : compute_rows(product, c);
    }
    if (is_for_few_inputs(product)) {
        if (one_column && has_no_gaps(product.a)) return compute_column_of_few_inputs(product, c.data());
        const bool rectifies = product.epilogue == Epilogue::relu;
        return multiply_few_inputs(product.a, product.b, product.addend.data, rectifies, c);
    }
    one_column ? compute_column(product, c.data()) : compute_row_blocks(product, c);
}

}  // namespace detail

/// C := A B.
template <class Scalar>
void multiply(const Strided<Scalar>& a, const Strided<Scalar>& b, MatrixRef<Scalar> c) {
    detail::compute(detail::Product<Scalar>{.a = a, .b = b}, c);
}

/// C := C + A B.
template <class Scalar>
void multiply_add(const Strided<Scalar>& a, const Strided<Scalar>& b, MatrixRef<Scalar> c) {
    detail::compute(detail::Product<Scalar>{.a = a, .b = b, .addend = {c.data(), c.outerStride()}}, c);
}

/// C := C + A B and s := s + A 1 (m): the gradients of a layer's weights and of its bias, where A is the derivative by
/// its outputs (outputs x batch) and B the transpose of its inputs.
template <class Scalar>
void multiply_add_with_row_sums(ConstMatrixRef<Scalar> a, const Strided<Scalar>& b, MatrixRef<Scalar> c,
                                VectorRef<Scalar> s) {
    GRADIVA_ASSERT(s.size() == c.rows());
    detail::Product<Scalar> product{.a = plain(a), .b = b, .addend = {c.data(), c.outerStride()}};
    if (c.cols() == 0 || detail::is_for_single_rows(product.a)) {
        add_row_sums<Scalar>(a, s);
    } else {
        product.row_sums = s.data();
    }
    detail::compute(product, c);
}

// The two products of a layer's forward pass are part of their caller, so that a `Product` is made of numbers in
// registers: a vector load of a view that was just written number by number would miss store-to-load forwarding.

/// C := A B + bias 1^T, with a bias of m elements.
template <class Scalar>
[[gnu::always_inline]] inline void multiply_plus_bias(const Strided<Scalar>& a, const Strided<Scalar>& b,
                                                      ConstVectorRef<Scalar> bias, MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(bias.size() == c.rows());
    detail::compute(detail::Product<Scalar>{.a = a, .b = b, .addend = {bias.data(), 0}}, c);
}

/// C := f(A B + bias 1^T), with a bias of m elements. NaN stays NaN.
template <class Scalar>
[[gnu::always_inline]] inline void multiply_and_activate(Activation f, const Strided<Scalar>& a,
                                                         const Strided<Scalar>& b, ConstVectorRef<Scalar> bias,
                                                         MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(bias.size() == c.rows());
    detail::Product<Scalar> product{.a = a, .b = b, .addend = {bias.data(), 0}};
    if (f == Activation::relu) product.epilogue = detail::Epilogue::relu;
    detail::compute(product, c);
    if (f != Activation::relu) activate<Scalar>(f, c);
}

/// The most columns of A with which `multiply_and_differentiate` may overwrite the output: with more, partial sums are
/// stored before the output is read.
template <class Scalar>
inline constexpr Index most_in_place = detail::panel_size<Scalar> / (detail::widest_tile * simd::lanes<Scalar>);

/// C := f'(Z) * (A B), element by element, for f that `is_fused`, the derivative taken from the output f(Z) (m x n) as
/// by `multiply_by_derivative`. C may be the output itself where A has no more than `most_in_place` columns.
template <class Scalar>
void multiply_and_differentiate(Activation f, const Strided<Scalar>& a, const Strided<Scalar>& b,
                                ConstMatrixRef<Scalar> output, MatrixRef<Scalar> c) {
    GRADIVA_ASSERT(is_fused(f) && output.rows() == c.rows() && output.cols() == c.cols());
    GRADIVA_ASSERT(output.data() != c.data() || c.size() == 0 || a.columns <= most_in_place<Scalar>);
    using detail::Epilogue;
    const Epilogue epilogue = f == Activation::relu ? Epilogue::relu_derivative : Epilogue::tanh_derivative;
    detail::compute(
        detail::Product<Scalar>{.a = a, .b = b, .epilogue = epilogue, .output = {output.data(), output.outerStride()}},
        c);
}

}  // namespace GRADIVA_NAMESPACE::kernels
