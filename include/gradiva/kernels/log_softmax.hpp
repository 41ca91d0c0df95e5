#pragma once

#include <cmath>

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"

// The categorical distribution on a batch of logits Z (choices x batch), one sample per column:
//   log p_i = z_i - log sum_k exp z_k.

namespace gradiva::kernels {

/// log_p := log softmax(Z) and p := softmax(Z), column by column, shifted by the largest logit so that nothing
/// overflows.
template <class Scalar>
void log_softmax(ConstMatrixRef<Scalar> z, MatrixRef<Scalar> log_p, MatrixRef<Scalar> p) {
    GRADIVA_ASSERT(z.rows() >= 1 && z.rows() == log_p.rows() && z.cols() == log_p.cols());
    GRADIVA_ASSERT(p.rows() == z.rows() && p.cols() == z.cols());
    for (Index j = 0; j < z.cols(); ++j) {
        Scalar largest = z(0, j);
        for (Index i = 1; i < z.rows(); ++i) largest = z(i, j) > largest ? z(i, j) : largest;
        for (Index i = 0; i < z.rows(); ++i) log_p(i, j) = z(i, j) - largest;
    }
    p.array() = log_p.array().exp();
    for (Index j = 0; j < z.cols(); ++j) {
        Scalar sum = 0;
        for (Index i = 0; i < z.rows(); ++i) sum += p(i, j);
        const Scalar log_sum = std::log(sum);
        const Scalar inverse = 1 / sum;
        for (Index i = 0; i < z.rows(); ++i) {
            log_p(i, j) -= log_sum;
            p(i, j) *= inverse;
        }
    }
}

/// out_j := log_p(choice_j, j).
template <class Scalar>
void gather(ConstMatrixRef<Scalar> log_p, const int* choice, VectorRef<Scalar> out) {
    for (Index j = 0; j < log_p.cols(); ++j) {
        GRADIVA_ASSERT(choice[j] >= 0 && choice[j] < log_p.rows());
        out[j] = log_p(choice[j], j);
    }
}

/// out_j := H_j = -sum_i p_i log p_i.
template <class Scalar>
void categorical_entropy(ConstMatrixRef<Scalar> log_p, ConstMatrixRef<Scalar> p, VectorRef<Scalar> out) {
    for (Index j = 0; j < p.cols(); ++j) {
        Scalar sum = 0;
        for (Index i = 0; i < p.rows(); ++i) sum -= p(i, j) * log_p(i, j);
        out[j] = sum;
    }
}

/// out_j := KL(q || p) = sum_i q_i (log q_i - log p_i).
template <class Scalar>
void categorical_kl(ConstMatrixRef<Scalar> log_q, ConstMatrixRef<Scalar> q, ConstMatrixRef<Scalar> log_p,
                    VectorRef<Scalar> out) {
    for (Index j = 0; j < q.cols(); ++j) {
        Scalar sum = 0;
        for (Index i = 0; i < q.rows(); ++i) sum += q(i, j) * (log_q(i, j) - log_p(i, j));
        out[j] = sum;
    }
}

/// dZ += w_j d log p(choice_j) / dZ = w_j (onehot(choice_j) - p_j).
template <class Scalar>
void add_log_prob_gradient(ConstMatrixRef<Scalar> p, const int* choice, ConstVectorRef<Scalar> w,
                           MatrixRef<Scalar> dz) {
    for (Index j = 0; j < p.cols(); ++j) {
        for (Index i = 0; i < p.rows(); ++i) dz(i, j) -= w[j] * p(i, j);
        dz(choice[j], j) += w[j];
    }
}

/// dZ += w dH / dZ = -w p_i (log p_i + H). The weight is the same for every sample.
template <class Scalar>
void add_entropy_gradient(ConstMatrixRef<Scalar> log_p, ConstMatrixRef<Scalar> p, Scalar w, MatrixRef<Scalar> dz) {
    for (Index j = 0; j < p.cols(); ++j) {
        Scalar entropy = 0;
        for (Index i = 0; i < p.rows(); ++i) entropy -= p(i, j) * log_p(i, j);
        for (Index i = 0; i < p.rows(); ++i) dz(i, j) -= w * p(i, j) * (log_p(i, j) + entropy);
    }
}

/// dZ += w d KL(q || p) / dZ = w (p - q). The weight is the same for every sample.
template <class Scalar>
void add_kl_gradient(ConstMatrixRef<Scalar> q, ConstMatrixRef<Scalar> p, Scalar w, MatrixRef<Scalar> dz) {
    dz.array() += w * (p.array() - q.array());
}

/// out := F T, the Fisher matrix of each column's logits times a direction: p_i (t_i - sum_k p_k t_k).
template <class Scalar>
void categorical_fisher(ConstMatrixRef<Scalar> p, ConstMatrixRef<Scalar> t, MatrixRef<Scalar> out) {
    for (Index j = 0; j < p.cols(); ++j) {
        const Scalar mean = p.col(j).dot(t.col(j));
        for (Index i = 0; i < p.rows(); ++i) out(i, j) = p(i, j) * (t(i, j) - mean);
    }
}

}  // namespace gradiva::kernels
