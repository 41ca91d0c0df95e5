#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/nn/observation_moments.hpp"

// Passes of a module, as `check_module` makes them: each result is a copy, whose shape was checked.

namespace GRADIVA_NAMESPACE::detail {

/// Standard normal numbers.
template <class Scalar>
Matrix<Scalar> normal_matrix(Index rows, Index columns, Rng& rng) {
    Matrix<Scalar> m(rows, columns);
    for (Scalar& x : std::span(m.data(), to_size(m.size()))) x = static_cast<Scalar>(rng.normal());
    return m;
}

/// Gives a module that normalises its inputs the moments of some observations, other ones for each row.
template <Module M>
void give_observations(M& module, double mean) {
    if (!normalizes(module)) return;
    std::vector<kernels::Moments> rows;
    for (Index i = 0; i < module.inputs(); ++i) {
        const double deviation = i % 2 == 0 ? 0.5 : 2;
        rows.push_back({.count = 100, .mean = mean, .squares = 100 * deviation * deviation});
    }
    merge_observations(module, rows);
}

/// The same numbers with two NaN after each column.
template <class Scalar>
Matrix<Scalar> with_gaps(const Matrix<Scalar>& m) {
    Matrix<Scalar> all = Matrix<Scalar>::Constant(m.rows() + 2, m.cols(), std::numeric_limits<Scalar>::quiet_NaN());
    all.topRows(m.rows()) = m;
    return all;
}

template <class Scalar>
bool same_bits(const Matrix<Scalar>& a, const Matrix<Scalar>& b) {
    return a.rows() == b.rows() && a.cols() == b.cols() &&
           (a.size() == 0 || std::memcmp(a.data(), b.data(), to_size(a.size()) * sizeof(Scalar)) == 0);
}

/// Whether two results are equal but for rounding, which is relative to the largest number. NaN is equal to nothing.
template <class Scalar>
bool nearly_equal(const Matrix<Scalar>& a, const Matrix<Scalar>& b, double relative) {
    if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
    double largest = 0, difference = 0;
    for (Index i = 0; i < a.size(); ++i) {
        const auto x = static_cast<double>(a.data()[i]), y = static_cast<double>(b.data()[i]);
        if (!std::isfinite(x) || !std::isfinite(y)) return false;
        largest = std::max(largest, std::abs(y));
        difference = std::max(difference, std::abs(x - y));
    }
    return difference <= relative * largest;
}

template <class Scalar>
void require_finite(const Matrix<Scalar>& m, const char* what) {
    for (Index j = 0; j < m.cols(); ++j) {
        for (Index i = 0; i < m.rows(); ++i) {
            require(std::isfinite(m(i, j)),
                    "check_module: {}({}, {}) is {}, of inputs and parameters that are finite and about 1; write every "
                    "element, and keep to finite numbers",
                    what, i, j, m(i, j));
        }
    }
}

template <class Map>
void check_shape(const char* who, const Map& y, Index rows, Index columns) {
    require(y.rows() == rows && y.cols() == columns,
            "check_module: {} returns a matrix of {} x {} for a batch of {} columns; return outputs() x batch, {} x {}",
            who, y.rows(), y.cols(), columns, rows, columns);
}

/// Y. The batch must outlive the tape's use.
template <Module M>
Matrix<typename M::Scalar> outputs_of(const M& module, const ConstMatrixRef<typename M::Scalar>& x,
                                      typename M::Tape& tape) {
    const ConstMatrixMap<typename M::Scalar> y = module.forward(x, tape);
    check_shape("forward", y, module.outputs(), x.cols());
    return y;
}

/// (dY/dparameters) v.
template <ModuleWithJvp M>
Matrix<typename M::Scalar> tangent_of(const M& module, typename M::Tape& tape, const Matrix<typename M::Scalar>& v,
                                      Index columns) {
    const ConstMatrixMap<typename M::Scalar> tangent =
        module.jvp(tape, std::span<const typename M::Scalar>(v.data(), to_size(v.size())));
    check_shape("jvp", tangent, module.outputs(), columns);
    return tangent;
}

/// What a backward pass adds to a gradient that is `before` everywhere, as a column. `input` is null, or where dX goes.
template <class M>
Matrix<typename M::Scalar> gradient_of(const M& module, typename M::Tape& tape,
                                       const ConstMatrixRef<typename M::Scalar>& dy,
                                       MatrixRef<typename M::Scalar>* input, double before) {
    using Scalar = typename M::Scalar;
    constexpr Index margin = 8;  // numbers before and after the gradient, which must stay as they are
    const auto n = static_cast<Index>(module.parameters().size());
    Matrix<Scalar> all = Matrix<Scalar>::Constant(n + 2 * margin, 1, static_cast<Scalar>(before));
    const std::span<Scalar> gradient(all.data() + margin, to_size(n));
    if constexpr (HasInputGradient<M>) {
        input != nullptr ? module.backward(tape, dy, gradient, *input) : module.backward(tape, dy, gradient);
    } else {
        module.backward(tape, dy, gradient);
    }
    for (Index i = 0; i < margin; ++i) {
        require(all(i) == static_cast<Scalar>(before) && all(n + margin + i) == static_cast<Scalar>(before),
                "check_module: backward writes outside of the {} elements of the gradient; it has the size of "
                "parameters()",
                n);
    }
    return (all.middleRows(margin, n).array() - static_cast<Scalar>(before)).matrix();
}

/// What a backward pass adds to a gradient of zeros.
template <class M>
Matrix<typename M::Scalar> gradient_of(const M& module, typename M::Tape& tape,
                                       const ConstMatrixRef<typename M::Scalar>& dy,
                                       MatrixRef<typename M::Scalar>* input) {
    return gradient_of(module, tape, dy, input, 0.0);
}
template <class M>
Matrix<typename M::Scalar> gradient_of(const M& module, typename M::Tape& tape,
                                       const ConstMatrixRef<typename M::Scalar>& dy) {
    return gradient_of(module, tape, dy, nullptr, 0.0);
}

}  // namespace GRADIVA_NAMESPACE::detail
