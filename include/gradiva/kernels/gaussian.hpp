#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/gaussian_lanes.hpp"

// Normal distributions with independent elements, on a batch of means M (dimensions x batch) with one log standard
// deviation s_i per dimension, shared by all columns; sigma_i = exp(s_i):
//   log p(a) = sum_i -z_i^2 / 2 - s_i - log(2 pi) / 2,   z_i = (a_i - m_i) / sigma_i.
// Deviations come with their inverses, computed once per batch. Gradients by s_i are multiplied with `open_i`, which is
// 0 where s_i is held at a bound, else 1. NaN in any input is NaN in the output.

namespace gradiva::kernels {

/// s := log_std held within [low, high], std := exp(s), inverse_std := 1 / std; open := 1 within the bounds, else 0.
/// Not inlined: passes between which log_std stays the same would save the registers that it needs.
template <class Scalar>
[[gnu::noinline]] void gaussian_deviation(ConstVectorRef<Scalar> log_std, Scalar low, Scalar high, VectorRef<Scalar> s,
                                          VectorRef<Scalar> std, VectorRef<Scalar> inverse_std,
                                          VectorRef<Scalar> open) {
    for (Index i = 0; i < log_std.size(); ++i) {
        const Scalar x = log_std[i];
        s[i] = x < low ? low : x > high ? high : x;  // NaN stays NaN, which std::clamp does not promise
        open[i] = x < low || x > high ? Scalar(0) : Scalar(1);
        std[i] = std::exp(s[i]);
        inverse_std[i] = 1 / std[i];
    }
}

namespace detail {

inline Deviates deviates_of(const ConstMatrixRef<float>& mean, const ConstMatrixRef<float>& action,
                            const ConstVectorRef<float>& inverse_std) {
    return {mean.data(), mean.outerStride(), action.data(), action.outerStride(), inverse_std.data()};
}

/// How many of the columns are left to registers: those that fill whole ones, in float.
template <class Scalar>
constexpr Index whole_registers(Index columns) {
    return std::is_same_v<Scalar, float> ? columns / lanes<float> * lanes<float> : 0;
}

}  // namespace detail

/// out_j := log p(a_j). Actions are floats, whatever the scalar. A column has the same bits in a batch of any width.
template <class Scalar>
void gaussian_log_prob(ConstMatrixRef<Scalar> mean, ConstVectorRef<Scalar> s, ConstVectorRef<Scalar> inverse_std,
                       ConstMatrixRef<float> action, VectorRef<Scalar> out) {
    GRADIVA_ASSERT(action.rows() == mean.rows() && action.cols() == mean.cols() && out.size() == mean.cols());
    const double log_two_pi = std::log(2 * std::numbers::pi);
    const Scalar constant = -s.sum() - static_cast<Scalar>(0.5 * log_two_pi * static_cast<double>(mean.rows()));
    const Index whole = detail::whole_registers<Scalar>(mean.cols());
    if constexpr (std::is_same_v<Scalar, float>) {
        const detail::Deviates deviates = detail::deviates_of(mean, action, inverse_std);
        for (Index j = 0; j < whole; j += detail::lanes<float>) {
            detail::store(constant - detail::sum_of_squares(deviates.from(0, j), mean.rows()) / 2, out.data() + j);
        }
    }
    for (Index j = whole; j < mean.cols(); ++j) {
        Scalar squares = 0;
        for (Index i = 0; i < mean.rows(); ++i) {
            const Scalar z = (static_cast<Scalar>(action(i, j)) - mean(i, j)) * inverse_std[i];
            squares += z * z;
            asm volatile("");  // keeps GCC from making vectors of a column, which would be rounded otherwise
        }
        out[j] = constant - squares / 2;
    }
}

/// dM := w_j d log p(a_j) / dM = w_j z / sigma,  ds += sum_j w_j (z^2 - 1).
template <class Scalar>
void gaussian_log_prob_gradient(ConstMatrixRef<Scalar> mean, ConstVectorRef<Scalar> inverse_std,
                                ConstVectorRef<Scalar> open, ConstMatrixRef<float> action, ConstVectorRef<Scalar> w,
                                MatrixRef<Scalar> d_mean, VectorRef<Scalar> d_s) {
    const Index whole = detail::whole_registers<Scalar>(mean.cols());
    if constexpr (std::is_same_v<Scalar, float>) {
        const detail::Deviates deviates = detail::deviates_of(mean, action, inverse_std);
        for (Index row = 0; whole > 0 && row < mean.rows(); row += detail::rows_at_once) {
            const Index rows = std::min(mean.rows() - row, detail::rows_at_once);
            float sum[detail::rows_at_once];
            detail::log_prob_gradient(deviates.from(row, 0), w.data(), rows, whole, d_mean.data() + row,
                                      d_mean.outerStride(), sum);
            for (Index i = 0; i < rows; ++i) d_s[row + i] += open[row + i] * sum[i];
        }
    }
    for (Index j = whole; j < mean.cols(); ++j) {
        for (Index i = 0; i < mean.rows(); ++i) {
            const Scalar z = (static_cast<Scalar>(action(i, j)) - mean(i, j)) * inverse_std[i];
            d_mean(i, j) = w[j] * z * inverse_std[i];
            d_s[i] += open[i] * w[j] * (z * z - 1);
        }
    }
}

/// H = sum_i s_i + log(2 pi e) / 2, the same for every column.
template <class Scalar>
Scalar gaussian_entropy(ConstVectorRef<Scalar> s) {
    const double half_log_two_pi_e = 0.5 * std::log(2 * std::numbers::pi * std::numbers::e);
    return s.sum() + static_cast<Scalar>(half_log_two_pi_e * static_cast<double>(s.size()));
}

/// out_j := KL(q || p) = sum_i (e^{2d} - 1 - 2d) / 2 + ((m^q - m^p) / sigma^p)^2 / 2,  d = s^q - s^p; exactly 0 where
/// both are the same, never below.
template <class Scalar>
void gaussian_kl(ConstMatrixRef<Scalar> mean_q, ConstVectorRef<Scalar> s_q, ConstMatrixRef<Scalar> mean_p,
                 ConstVectorRef<Scalar> s_p, ConstVectorRef<Scalar> inverse_std_p, VectorRef<Scalar> out) {
    GRADIVA_ASSERT(mean_q.rows() == mean_p.rows() && mean_q.cols() == mean_p.cols());
    Scalar of_deviations = 0;
    for (Index i = 0; i < s_p.size(); ++i) {
        const Scalar twice = 2 * (s_q[i] - s_p[i]);
        of_deviations += (std::expm1(twice) - twice) / 2;
    }
    for (Index j = 0; j < mean_p.cols(); ++j) {
        Scalar squares = 0;
        for (Index i = 0; i < mean_p.rows(); ++i) {
            const Scalar z = (mean_q(i, j) - mean_p(i, j)) * inverse_std_p[i];
            squares += z * z;
        }
        out[j] = of_deviations + squares / 2;
    }
}

/// dM^p += w dKL(q || p) / dM^p = w (m^p - m^q) / sigma^p^2,  ds^p += w sum_j 1 - e^{2d} - ((m^q - m^p) / sigma^p)^2.
/// The weight is the same for every sample.
template <class Scalar>
void add_gaussian_kl_gradient(ConstMatrixRef<Scalar> mean_q, ConstVectorRef<Scalar> s_q, ConstMatrixRef<Scalar> mean_p,
                              ConstVectorRef<Scalar> s_p, ConstVectorRef<Scalar> inverse_std_p,
                              ConstVectorRef<Scalar> open_p, Scalar w, MatrixRef<Scalar> d_mean,
                              VectorRef<Scalar> d_s) {
    for (Index j = 0; j < mean_p.cols(); ++j) {
        for (Index i = 0; i < mean_p.rows(); ++i) {
            const Scalar z = (mean_p(i, j) - mean_q(i, j)) * inverse_std_p[i];
            d_mean(i, j) += w * z * inverse_std_p[i];
            d_s[i] -= open_p[i] * w * z * z;
        }
    }
    const auto columns = static_cast<Scalar>(mean_p.cols());
    for (Index i = 0; i < s_p.size(); ++i) d_s[i] -= open_p[i] * w * columns * std::expm1(2 * (s_q[i] - s_p[i]));
}

/// out := the Fisher matrix of each column times a direction: T / sigma^2 for the means; out_s += 2 t_s for each
/// column.
template <class Scalar>
void gaussian_fisher(ConstVectorRef<Scalar> inverse_std, ConstVectorRef<Scalar> open, ConstMatrixRef<Scalar> t,
                     ConstVectorRef<Scalar> t_s, MatrixRef<Scalar> out, VectorRef<Scalar> out_s) {
    for (Index j = 0; j < t.cols(); ++j) {
        for (Index i = 0; i < t.rows(); ++i) out(i, j) = t(i, j) * inverse_std[i] * inverse_std[i];
    }
    const auto columns = static_cast<Scalar>(t.cols());
    for (Index i = 0; i < t_s.size(); ++i) out_s[i] += open[i] * 2 * columns * t_s[i];
}

/// A := M + sigma * noise, with standard normal noise: a sample as a function of the mean and the deviation. Source:
/// Kingma and Welling, "Auto-Encoding Variational Bayes", 2014, section 2.4.
template <class Scalar>
void reparameterise(ConstMatrixRef<Scalar> mean, ConstVectorRef<Scalar> std, ConstMatrixRef<Scalar> noise,
                    MatrixRef<Scalar> action) {
    for (Index j = 0; j < mean.cols(); ++j) {
        for (Index i = 0; i < mean.rows(); ++i) action(i, j) = mean(i, j) + std[i] * noise(i, j);
    }
}

/// ds += sum_j dL/dA sigma * noise. By the mean the derivative is dL/dA itself.
template <class Scalar>
void add_reparameterised_gradient(ConstVectorRef<Scalar> std, ConstVectorRef<Scalar> open, ConstMatrixRef<Scalar> noise,
                                  ConstMatrixRef<Scalar> d_action, VectorRef<Scalar> d_s) {
    for (Index j = 0; j < noise.cols(); ++j) {
        for (Index i = 0; i < noise.rows(); ++i) d_s[i] += open[i] * d_action(i, j) * std[i] * noise(i, j);
    }
}

}  // namespace gradiva::kernels
