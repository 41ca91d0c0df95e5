#pragma once

#include <cmath>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"

// The categorical distribution on a batch of logits Z (choices x batch), one sample per column:
//   log p_i = z_i - log sum_k exp z_k.
// A logit of `masked_logit` or below is a choice that is not legal: its probability is exactly 0, and so are its shares
// of entropy, divergence and every gradient. One choice of each column at least is legal.

namespace gradiva::kernels {

/// Finite, so that no 0 times infinity makes a NaN.
template <class Scalar>
inline constexpr Scalar masked_logit = Scalar(-1e30);

/// Z := masked_logit where `legal` is 0; the mask's rows are the first ones of Z.
template <class Scalar>
void mask_logits(ActionMask legal, MatrixRef<Scalar> z) {
    GRADIVA_ASSERT(legal.rows() <= z.rows() && legal.cols() == z.cols());
    for (Index j = 0; j < legal.cols(); ++j) {
        for (Index i = 0; i < legal.rows(); ++i) z(i, j) = legal(i, j) != 0 ? z(i, j) : masked_logit<Scalar>;
    }
}

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
        for (Index i = 0; i < z.rows(); ++i) {
            p(i, j) = z(i, j) <= masked_logit<Scalar> ? Scalar(0) : p(i, j);  // vector code's exp does not reach 0
            sum += p(i, j);
        }
        const Scalar log_sum = std::log(sum);
        const Scalar inverse = 1 / sum;
        for (Index i = 0; i < z.rows(); ++i) {
            log_p(i, j) -= log_sum;
            p(i, j) *= inverse;
        }
    }
}

/// Draws choice j with `rng[j]`, by inversion: the first choice at which the summed probability exceeds a uniform
/// number below the sum of all. In double and scaled by that sum, so that rounding never falls through to the last
/// choice; one of probability 0 is never drawn.
template <class Scalar>
void draw_choice(ConstMatrixRef<Scalar> p, std::span<Rng> rng, RowRef<int> choice) {
    for (Index j = 0; j < p.cols(); ++j) {
        double total = 0;
        for (Index i = 0; i < p.rows(); ++i) total += static_cast<double>(p(i, j));
        const double u = total * rng[static_cast<std::size_t>(j)].uniform();
        Index drawn = 0;
        double sum = static_cast<double>(p(0, j));
        while (u >= sum && drawn + 1 < p.rows()) sum += static_cast<double>(p(++drawn, j));
        choice[j] = static_cast<int>(drawn);
    }
}

/// choice_j := the first row of the largest number in column j.
template <class Scalar>
void largest_choice(ConstMatrixRef<Scalar> value, RowRef<int> choice) {
    for (Index j = 0; j < value.cols(); ++j) {
        Index best = 0;
        for (Index i = 1; i < value.rows(); ++i) best = value(i, j) > value(best, j) ? i : best;
        choice[j] = static_cast<int>(best);
    }
}

/// out_j += log_p(choice_j, j).
template <class Scalar>
void add_log_prob(ConstMatrixRef<Scalar> log_p, ConstRowRef<int> choice, VectorRef<Scalar> out) {
    for (Index j = 0; j < log_p.cols(); ++j) {
        GRADIVA_ASSERT(choice[j] >= 0 && choice[j] < log_p.rows());
        out[j] += log_p(choice[j], j);
    }
}

/// out_j += H_j = -sum_i p_i log p_i.
template <class Scalar>
void add_categorical_entropy(ConstMatrixRef<Scalar> log_p, ConstMatrixRef<Scalar> p, VectorRef<Scalar> out) {
    for (Index j = 0; j < p.cols(); ++j) {
        Scalar sum = 0;
        for (Index i = 0; i < p.rows(); ++i) sum -= p(i, j) * log_p(i, j);
        out[j] += sum;
    }
}

/// out_j += KL(q || p) = sum_i q_i (log q_i - log p_i).
template <class Scalar>
void add_categorical_kl(ConstMatrixRef<Scalar> log_q, ConstMatrixRef<Scalar> q, ConstMatrixRef<Scalar> log_p,
                        VectorRef<Scalar> out) {
    for (Index j = 0; j < q.cols(); ++j) {
        Scalar sum = 0;
        for (Index i = 0; i < q.rows(); ++i) sum += q(i, j) * (log_q(i, j) - log_p(i, j));
        out[j] += sum;
    }
}

/// dZ += w_j d log p(choice_j) / dZ = w_j (onehot(choice_j) - p_j).
template <class Scalar>
void add_log_prob_gradient(ConstMatrixRef<Scalar> p, ConstRowRef<int> choice, ConstVectorRef<Scalar> w,
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
