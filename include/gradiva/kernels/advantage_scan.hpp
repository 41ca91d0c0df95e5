#pragma once

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/importance_ratio.hpp"
#include "gradiva/kernels/matrix/strided.hpp"
#include "gradiva/kernels/scan.hpp"

// Returns and advantages: discounted sums, backward in time. All matrices are N x T, environments by steps, and
// contiguous.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// Terms of a scan of what is in x already.
template <class Scalar>
struct InPlace {
    const Scalar* x;
    template <class V>
    V delta(Index i) const {
        return simd::load_as<V>(x + i);
    }
    template <class V>
    void finish(Index, const V&) const {}
};

/// Terms of generalised advantage estimation.
template <class Scalar>
struct GaeTerms {
    Scalar gamma;
    const Scalar *reward, *value, *next_value;
    Scalar* target;
    template <class V>
    V delta(Index i) const {
        return simd::load_as<V>(reward + i) + gamma * simd::load_as<V>(next_value + i) - simd::load_as<V>(value + i);
    }
    template <class V>
    void finish(Index i, const V& advantage) const {
        simd::store(V(advantage + simd::load_as<V>(value + i)), target + i);
    }
};

}  // namespace detail

/// x_t := x_t + factor * continues_t * x_{t+1}, from the last step to the first, with x_T = 0.
/// continues_t is 0 where the episode ended at t, else 1.
template <class Scalar>
void advantage_scan(Scalar factor, ConstMatrixRef<Scalar> continues, MatrixRef<Scalar> x) {
    GRADIVA_ASSERT(detail::alike(continues, x));
    detail::scan(factor, continues.data(), x.rows(), x.cols(), x.data(), detail::InPlace<Scalar>{x.data()});
}

/// x_t := x_t + factor * c_t * x_{t+1} for any c_t of at least 0 and an x that may be infinite: 0 times infinity counts
/// as 0.
template <class Scalar>
void weighted_scan(Scalar factor, ConstMatrixRef<Scalar> c, MatrixRef<Scalar> x) {
    const Scalar most = 8;  // `advantage_scan` multiplies as many factors as a register has lanes: no overflow
    if ((c.array() <= most).all() && x.allFinite()) return advantage_scan<Scalar>(factor, c, x);
    for (Index t = x.cols() - 2; t >= 0; --t) {
        for (Index n = 0; n < x.rows(); ++n) {
            const Scalar trace = factor * c(n, t), next = x(n, t + 1);
            x(n, t) += trace == 0 ? weigh<Scalar>(next, trace) : weigh<Scalar>(trace, next);
        }
    }
}

/// delta_t := r_t + gamma V'_t - V_t, the temporal-difference error. V' (`next_value`) is the value of what follows the
/// step: 0 if terminated, that of the final observation if truncated, else V_{t+1}.
template <class Scalar>
void temporal_difference(Scalar gamma, ConstMatrixRef<Scalar> reward, ConstMatrixRef<Scalar> value,
                         ConstMatrixRef<Scalar> next_value, MatrixRef<Scalar> delta) {
    GRADIVA_ASSERT(detail::alike(reward, delta) && detail::alike(value, delta) && detail::alike(next_value, delta));
    const Scalar *const r = reward.data(), *const v = value.data(), *const next = next_value.data();
    Scalar* const error = delta.data();
    for (Index i = 0; i < delta.size(); ++i) error[i] = r[i] + gamma * next[i] - v[i];
}

/// A_t := delta_t + trace * continues_t * A_{t+1} and target := A + V in one pass over memory, with delta as by
/// `temporal_difference` and trace = gamma lambda. Source: Schulman et al., "High-Dimensional Continuous Control Using
/// Generalized Advantage Estimation", 2016, equation (16).
template <class Scalar>
void generalised_advantage(Scalar gamma, Scalar trace, ConstMatrixRef<Scalar> reward, ConstMatrixRef<Scalar> value,
                           ConstMatrixRef<Scalar> next_value, ConstMatrixRef<Scalar> continues,
                           MatrixRef<Scalar> advantage, MatrixRef<Scalar> target) {
    GRADIVA_ASSERT(detail::alike(reward, advantage) && detail::alike(value, advantage));
    GRADIVA_ASSERT(detail::alike(next_value, advantage) && detail::alike(continues, advantage));
    GRADIVA_ASSERT(detail::alike(target, advantage));
    const detail::GaeTerms<Scalar> terms{gamma, reward.data(), value.data(), next_value.data(), target.data()};
    detail::scan(trace, continues.data(), advantage.rows(), advantage.cols(), advantage.data(), terms);
}

}  // namespace GRADIVA_NAMESPACE::kernels
