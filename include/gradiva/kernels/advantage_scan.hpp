#pragma once

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/importance_ratio.hpp"
#include "gradiva/kernels/matrix/strided.hpp"
#include "gradiva/kernels/scan.hpp"

// Sums of rewards and errors backward in time. Matrices are N x T and contiguous: environment by step.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

template <class Scalar>
struct InPlace {
    const Scalar* x;
    template <class V>
    V delta(Index i) const {
        return load_as<V>(x + i);
    }
    template <class V>
    void finish(Index, const V&) const {}
};

template <class Scalar>
struct GaeTerms {
    Scalar gamma;
    const Scalar *reward, *value, *next_value;
    Scalar* target;
    template <class V>
    V delta(Index i) const {
        return load_as<V>(reward + i) + gamma * load_as<V>(next_value + i) - load_as<V>(value + i);
    }
    template <class V>
    void finish(Index i, const V& advantage) const {
        store_as<V>(advantage + load_as<V>(value + i), target + i);
    }
};

}  // namespace detail

/// x_t := x_t + factor * continues_t * x_{t+1}, x_T = 0. x and continues: N x T, contiguous; continues is 1, or 0 where
/// the episode ended at t.
template <class Scalar>
void advantage_scan(Scalar factor, ConstMatrixRef<Scalar> continues, MatrixRef<Scalar> x) {
    GRADIVA_ASSERT(detail::alike(continues, x));
    detail::scan(factor, continues.data(), x.rows(), x.cols(), x.data(), detail::InPlace<Scalar>{x.data()});
}

/// The same for factors `c` in place of `continues` and for x that may be infinite or large: nothing follows from
/// beyond a factor of 0, nor from an x of 0.
template <class Scalar>
void weighted_scan(Scalar factor, ConstMatrixRef<Scalar> c, MatrixRef<Scalar> x) {
    const Scalar most = 8;  // the other scan multiplies so many factors as a register has numbers
    if ((c.array() <= most).all() && x.allFinite()) return advantage_scan<Scalar>(factor, c, x);
    for (Index t = x.cols() - 2; t >= 0; --t) {
        for (Index n = 0; n < x.rows(); ++n) {
            const Scalar trace = factor * c(n, t), next = x(n, t + 1);
            x(n, t) += trace == 0 ? weigh<Scalar>(next, trace) : weigh<Scalar>(trace, next);
        }
    }
}

/// delta_t := r_t + gamma V'_t - V_t, the error of temporal difference. All N x T, contiguous; V' is the value that
/// follows the step: 0 if terminated, that of the final observation if truncated, else V_{t+1}.
template <class Scalar>
void temporal_difference(Scalar gamma, ConstMatrixRef<Scalar> reward, ConstMatrixRef<Scalar> value,
                         ConstMatrixRef<Scalar> next_value, MatrixRef<Scalar> delta) {
    GRADIVA_ASSERT(detail::alike(reward, delta) && detail::alike(value, delta) && detail::alike(next_value, delta));
    const Scalar *const r = reward.data(), *const v = value.data(), *const next = next_value.data();
    Scalar* const to = delta.data();
    for (Index i = 0; i < delta.size(); ++i) to[i] = r[i] + gamma * next[i] - v[i];
}

/// A_t := delta_t + trace * continues_t * A_{t+1} and target := A + V, in one pass over memory. All N x T, contiguous.
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
