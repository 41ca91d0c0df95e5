#pragma once

#include <cmath>
#include <limits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/special_functions.hpp"

// Beta distributions with independent elements x on (0, 1), d of them, for a batch of heads H (2 d x batch), whose
// first d rows are for alpha and last d rows for beta: E = softplus(H) holds alpha - 1, then beta - 1. With the
// statistics T of log x, then log(1 - x), and L = log B(alpha, beta),
//   log p(x) = E . T - sum L,   dL/dE = M, the mean of T: psi(alpha) - psi(alpha + beta), and so for beta.
// All is computed in double, whatever the scalar: at large alpha and beta, E . T and L reach 1e6 and nearly cancel.
// `slope` is the derivative of E by H. Results are in nats. NaN in any input is NaN in the output. E, M, slope and T
// are 2 d x batch, L (`log_beta`) and X are d x batch.

namespace GRADIVA_NAMESPACE::kernels {

/// E := min(softplus(H), highest); slope := the derivative of softplus(H), also where `highest` is exceeded.
template <class Scalar>
void beta_excess(ConstMatrixRef<Scalar> head, double highest, MatrixRef<double> e, MatrixRef<double> slope) {
    for (Index j = 0; j < head.cols(); ++j) {
        for (Index i = 0; i < head.rows(); ++i) {
            const auto h = static_cast<double>(head(i, j));
            const double x = softplus(h);
            e(i, j) = x > highest ? highest : x;
            slope(i, j) = sigmoid(h);
        }
    }
}

/// L and M of E.
inline void beta_statistics(ConstMatrixRef<double> e, MatrixRef<double> log_beta, MatrixRef<double> mean) {
    const Index d = log_beta.rows();
    for (Index j = 0; j < e.cols(); ++j) {
        for (Index i = 0; i < d; ++i) {
            const double alpha = 1 + e(i, j), beta = 1 + e(d + i, j);
            const double of_sum = digamma(alpha + beta);
            log_beta(i, j) = log_gamma(alpha) + log_gamma(beta) - log_gamma(alpha + beta);
            mean(i, j) = digamma(alpha) - of_sum;
            mean(d + i, j) = digamma(beta) - of_sum;
        }
    }
}

/// out_j := log p(x_j); minus infinity where an element is not in (0, 1). X holds floats, whatever the scalar.
template <class Scalar>
void beta_log_prob(ConstMatrixRef<double> e, ConstMatrixRef<double> log_beta, ConstMatrixRef<float> x,
                   VectorRef<Scalar> out) {
    const Index d = x.rows();
    GRADIVA_ASSERT(e.rows() == 2 * d && e.cols() == x.cols() && out.size() == x.cols());
    for (Index j = 0; j < x.cols(); ++j) {
        double sum = 0;
        for (Index i = 0; i < d; ++i) {
            const auto value = static_cast<double>(x(i, j));
            const bool inside = !(value <= 0 || value >= 1);
            const double weighted = e(i, j) * std::log(value) + e(d + i, j) * std::log1p(-value);
            sum += (inside ? weighted : -std::numeric_limits<double>::infinity()) - log_beta(i, j);
        }
        out[j] = static_cast<Scalar>(sum);
    }
}

/// dH := dH + w_j d log p(x_j) / dH = dH + w_j slope (T - M). An x that is not in (0, 1) has no derivative: NaN, but
/// exactly 0 is added where its weight is 0.
template <class Scalar>
void add_beta_log_prob_gradient(ConstMatrixRef<double> slope, ConstMatrixRef<double> mean, ConstMatrixRef<float> x,
                                ConstVectorRef<Scalar> w, MatrixRef<Scalar> d_head) {
    const Index d = x.rows();
    for (Index j = 0; j < x.cols(); ++j) {
        const auto weight = static_cast<double>(w[j]);
        for (Index i = 0; i < d; ++i) {
            const auto value = static_cast<double>(x(i, j));
            if (value <= 0 || value >= 1) {
                const Scalar none = weight == 0 ? Scalar(0) : std::numeric_limits<Scalar>::quiet_NaN();
                d_head(i, j) += none;
                d_head(d + i, j) += none;
                continue;
            }
            const double by_alpha = std::log(value) - mean(i, j), by_beta = std::log1p(-value) - mean(d + i, j);
            d_head(i, j) += static_cast<Scalar>(weight * slope(i, j) * by_alpha);
            d_head(d + i, j) += static_cast<Scalar>(weight * slope(d + i, j) * by_beta);
        }
    }
}

/// out_j := the entropy, sum L - E . M.
template <class Scalar>
void beta_entropy(ConstMatrixRef<double> e, ConstMatrixRef<double> log_beta, ConstMatrixRef<double> mean,
                  VectorRef<Scalar> out) {
    for (Index j = 0; j < e.cols(); ++j) {
        double sum = 0, weighted = 0;
        for (Index i = 0; i < log_beta.rows(); ++i) sum += log_beta(i, j);
        for (Index i = 0; i < e.rows(); ++i) weighted += e(i, j) * mean(i, j);
        out[j] = static_cast<Scalar>(sum - weighted);
    }
}

/// out_j := KL(q || p) = sum (L^p - L^q) + (E^q - E^p) . M^q; never below 0, and exactly 0 where both are the same.
template <class Scalar>
void beta_kl(ConstMatrixRef<double> e_q, ConstMatrixRef<double> log_beta_q, ConstMatrixRef<double> mean_q,
             ConstMatrixRef<double> e_p, ConstMatrixRef<double> log_beta_p, VectorRef<Scalar> out) {
    for (Index j = 0; j < e_q.cols(); ++j) {
        double sum = 0, weighted = 0;
        for (Index i = 0; i < log_beta_q.rows(); ++i) sum += log_beta_p(i, j) - log_beta_q(i, j);
        for (Index i = 0; i < e_q.rows(); ++i) weighted += (e_q(i, j) - e_p(i, j)) * mean_q(i, j);
        const double kl = sum + weighted;
        out[j] = static_cast<Scalar>(kl < 0 ? 0 : kl);
    }
}

/// Adds w dKL(q || p) / dH^p = w slope^p (M^p - M^q) to dH. w is the same for every sample.
template <class Scalar>
void add_beta_kl_gradient(ConstMatrixRef<double> mean_q, ConstMatrixRef<double> mean_p, ConstMatrixRef<double> slope_p,
                          Scalar w, MatrixRef<Scalar> d_head) {
    const auto weight = static_cast<double>(w);
    for (Index j = 0; j < d_head.cols(); ++j) {
        for (Index i = 0; i < d_head.rows(); ++i) {
            d_head(i, j) += static_cast<Scalar>(weight * slope_p(i, j) * (mean_p(i, j) - mean_q(i, j)));
        }
    }
}

/// out := slope * (F (slope * T)), the Fisher matrix by the head of each column times a direction T; F = dM/dE is, for
/// each element, diag(psi'(alpha), psi'(beta)) - psi'(alpha + beta) 1 1^T.
template <class Scalar>
void beta_fisher(ConstMatrixRef<double> e, ConstMatrixRef<double> slope, ConstMatrixRef<Scalar> t,
                 MatrixRef<Scalar> out) {
    const Index d = e.rows() / 2;
    for (Index j = 0; j < e.cols(); ++j) {
        for (Index i = 0; i < d; ++i) {
            const double alpha = 1 + e(i, j), beta = 1 + e(d + i, j);
            const double t_alpha = slope(i, j) * static_cast<double>(t(i, j));
            const double t_beta = slope(d + i, j) * static_cast<double>(t(d + i, j));
            const double shared = trigamma(alpha + beta) * (t_alpha + t_beta);
            out(i, j) = static_cast<Scalar>(slope(i, j) * (trigamma(alpha) * t_alpha - shared));
            out(d + i, j) = static_cast<Scalar>(slope(d + i, j) * (trigamma(beta) * t_beta - shared));
        }
    }
}

/// Adds w times the derivative of the entropy by the head, -w slope * (F E), to dH. w is the same for every sample.
template <class Scalar>
void add_beta_entropy_gradient(ConstMatrixRef<double> e, ConstMatrixRef<double> slope, Scalar w,
                               MatrixRef<Scalar> d_head) {
    const Index d = e.rows() / 2;
    const auto weight = static_cast<double>(w);
    for (Index j = 0; j < e.cols(); ++j) {
        for (Index i = 0; i < d; ++i) {
            const double a = e(i, j), b = e(d + i, j);
            const double shared = trigamma(2 + a + b) * (a + b);
            d_head(i, j) -= static_cast<Scalar>(weight * slope(i, j) * (trigamma(1 + a) * a - shared));
            d_head(d + i, j) -= static_cast<Scalar>(weight * slope(d + i, j) * (trigamma(1 + b) * b - shared));
        }
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
