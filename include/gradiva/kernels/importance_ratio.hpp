#pragma once

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/matrix/strided.hpp"

// Importance ratios rho = pi / mu of the probabilities of the actions taken, given by their logarithms, and products
// with them. A ratio too large for the scalar is infinite, one of a pi of 0 is 0. NaN stays NaN. An element has the
// same bits wherever it stands in an array.

namespace GRADIVA_NAMESPACE::kernels {

/// x a for an x that may be infinite: 0 times infinity counts as 0. NaN stays NaN. V is a scalar or a register.
template <class V>
V weigh(const V& x, const V& a) {
    const V bounded = x > 1 ? V{} + 1 : x < -1 ? V{} - 1 : x;
    return (a == 0 ? bounded : x) * a;
}

/// out := rho = exp(log_prob - old_log_prob), one element per sample.
template <class Scalar>
void ratios(ConstVectorRef<Scalar> log_prob, ConstVectorRef<Scalar> old_log_prob, VectorRef<Scalar> out) {
    GRADIVA_ASSERT(log_prob.size() == out.size() && old_log_prob.size() == out.size());
    using V = simd::Lanes<Scalar>;
    simd::transform<Scalar>(
        out.size(), out.data(), [](const V& now, const V& old) { return simd::exponential_of_any<V>(now - old); },
        log_prob.data(), old_log_prob.data());
}

/// out := rho a, one element per sample; 0 where a is 0.
template <class Scalar>
void weigh_by_ratios(ConstVectorRef<Scalar> log_prob, ConstVectorRef<Scalar> old_log_prob, ConstVectorRef<Scalar> a,
                     VectorRef<Scalar> out) {
    GRADIVA_ASSERT(log_prob.size() == out.size() && old_log_prob.size() == out.size() && a.size() == out.size());
    using V = simd::Lanes<Scalar>;
    simd::transform<Scalar>(
        out.size(), out.data(),
        [](const V& now, const V& old, const V& x) { return weigh<V>(simd::exponential_of_any<V>(now - old), x); },
        log_prob.data(), old_log_prob.data(), a.data());
}

/// out := min(most, rho) a, the truncated importance ratio of V-trace, given log rho; 0 where a is 0. All matrices have
/// the same shape and are contiguous; `out` may be `a`. Source: Espeholt et al., "IMPALA", 2018, section 4.1.
template <class Scalar>
void weigh_by_truncated_ratios(ConstMatrixRef<Scalar> log_rho, Scalar most, ConstMatrixRef<Scalar> a,
                               MatrixRef<Scalar> out) {
    GRADIVA_ASSERT(detail::alike(log_rho, out) && detail::alike(a, out));
    using V = simd::Lanes<Scalar>;
    simd::transform<Scalar>(
        out.size(), out.data(),
        [most](const V& x, const V& y) {
            const V rho = simd::exponential_of_any<V>(x);
            return weigh<V>(rho > most ? V{} + most : rho, y);
        },
        log_rho.data(), a.data());
}

}  // namespace GRADIVA_NAMESPACE::kernels
