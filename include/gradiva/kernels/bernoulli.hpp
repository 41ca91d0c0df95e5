#pragma once

#include <cmath>

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/special_functions.hpp"

// Independent Bernoulli variables a_i, 0 (no) or 1 (yes), for a batch of logits Z (variables x batch):
// p_i = 1 / (1 + exp(-z_i)) is the probability of 1, and
//   log p(a) = sum_i a_i log p_i + (1 - a_i) log(1 - p_i) = sum_i -softplus(z_i) + a_i z_i.
// A logit of plus or minus infinity makes one value certain: the other has probability 0 and adds exactly 0 to entropy,
// divergence and gradient. NaN in a column gives NaN in all that is computed from it. All matrices are variables x
// batch; `log_no` is log(1 - p).

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// a z, and 0 for an a of 0 also where z is infinite.
template <class Scalar>
Scalar times_logit(Scalar a, Scalar z) {
    return a == 0 ? Scalar(0) : a * z;
}

/// The term of one variable in KL(q || p): q (log q - log p) + (1 - q) (log(1 - q) - log(1 - p)).
template <class Scalar>
Scalar bernoulli_kl_of_one(Scalar z_q, Scalar q, Scalar log_no_q, Scalar z_p, Scalar log_no_p) {
    if (!std::isinf(z_q) && !std::isinf(z_p)) return (log_no_q - log_no_p) + q * (z_q - z_p);
    const Scalar of_yes = q == 0 ? Scalar(0) : q * (softplus(-z_p) - softplus(-z_q));
    const Scalar of_no = q == 1 ? Scalar(0) : (1 - q) * (log_no_q - log_no_p);
    return of_yes + of_no;
}

}  // namespace detail

/// p := 1 / (1 + exp(-Z)), log_no := log(1 - p) = -softplus(Z).
template <class Scalar>
void bernoulli_forward(ConstMatrixRef<Scalar> z, MatrixRef<Scalar> p, MatrixRef<Scalar> log_no) {
    for (Index j = 0; j < z.cols(); ++j) {
        for (Index i = 0; i < z.rows(); ++i) {
            p(i, j) = sigmoid(z(i, j));
            log_no(i, j) = -softplus(z(i, j));
        }
    }
}

/// out_j := log p(a_j) = sum_i log_no_i + a_i z_i.
template <class Scalar>
void bernoulli_log_prob(ConstMatrixRef<Scalar> z, ConstMatrixRef<Scalar> log_no, ConstMatrixRef<int> a,
                        VectorRef<Scalar> out) {
    GRADIVA_ASSERT(a.rows() == z.rows() && a.cols() == z.cols());
    for (Index j = 0; j < z.cols(); ++j) {
        Scalar sum = 0;
        for (Index i = 0; i < z.rows(); ++i) {
            const Scalar of_yes = std::isinf(z(i, j)) ? -softplus(-z(i, j)) : log_no(i, j) + z(i, j);
            sum += a(i, j) != 0 ? of_yes : log_no(i, j);
        }
        out[j] = sum;
    }
}

/// out_j := H_j = sum_i -log_no_i - p_i z_i, the entropy in nats.
template <class Scalar>
void bernoulli_entropy(ConstMatrixRef<Scalar> z, ConstMatrixRef<Scalar> p, ConstMatrixRef<Scalar> log_no,
                       VectorRef<Scalar> out) {
    for (Index j = 0; j < z.cols(); ++j) {
        Scalar sum = 0;
        for (Index i = 0; i < z.rows(); ++i) {
            if (!std::isinf(z(i, j))) sum -= log_no(i, j) + p(i, j) * z(i, j);
        }
        out[j] = sum;
    }
}

/// out_j := KL(q || p) = sum_i log_no^q_i - log_no^p_i + q_i (z^q_i - z^p_i), in nats. Infinite where a value that q
/// may take has probability 0 in p.
template <class Scalar>
void bernoulli_kl(ConstMatrixRef<Scalar> z_q, ConstMatrixRef<Scalar> q, ConstMatrixRef<Scalar> log_no_q,
                  ConstMatrixRef<Scalar> z_p, ConstMatrixRef<Scalar> log_no_p, VectorRef<Scalar> out) {
    for (Index j = 0; j < z_p.cols(); ++j) {
        Scalar sum = 0;
        for (Index i = 0; i < z_p.rows(); ++i) {
            sum += detail::bernoulli_kl_of_one(z_q(i, j), q(i, j), log_no_q(i, j), z_p(i, j), log_no_p(i, j));
        }
        out[j] = sum;
    }
}

/// dZ := w_j d log p(a_j) / dZ + v dH_j / dZ = w_j (a - p) - v p (1 - p) z. v is the same for every sample.
template <class Scalar>
void bernoulli_gradient(ConstMatrixRef<Scalar> z, ConstMatrixRef<Scalar> p, ConstMatrixRef<int> a,
                        ConstVectorRef<Scalar> w, Scalar v, MatrixRef<Scalar> dz) {
    for (Index j = 0; j < z.cols(); ++j) {
        for (Index i = 0; i < z.rows(); ++i) {
            const Scalar answer = a(i, j) != 0 ? Scalar(1) : Scalar(0);
            dz(i, j) = w[j] * (answer - p(i, j)) - detail::times_logit(v * p(i, j) * (1 - p(i, j)), z(i, j));
        }
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
