#pragma once

#include <cmath>
#include <numbers>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/gaussian_lanes.hpp"

// Normal distributions with independent elements, for a batch of means M (dimensions x batch) and log standard
// deviations s, which have one column for all samples or one for each; sigma = exp(s):
//   log p(a) = sum_i -z_i^2 / 2 - s_i - log(2 pi) / 2,   z_i = (a_i - m_i) / sigma_i.
// Derivatives by s are taken at the clamped s of `gaussian_deviation`; `toward_bounds` says what they become for an s
// outside its bounds. Log-probs, entropies and divergences are in nats. NaN in any input is NaN in the output. A column
// has the same bits in a batch of any width.

namespace GRADIVA_NAMESPACE::kernels {

/// s := log_std clamped to [low, high], std := exp(s), inverse_std := 1 / std, element by element. Not inlined: in
/// passes that do not call it its registers would be saved for nothing.
template <class Scalar>
[[gnu::noinline]] void gaussian_deviation(ConstVectorRef<Scalar> log_std, Scalar low, Scalar high, VectorRef<Scalar> s,
                                          VectorRef<Scalar> std, VectorRef<Scalar> inverse_std) {
    for (Index i = 0; i < log_std.size(); ++i) {
        const Scalar x = log_std[i];
        s[i] = x < low ? low : x > high ? high : x;  // NaN stays NaN, which std::clamp does not promise
        std[i] = std::exp(s[i]);
        inverse_std[i] = 1 / std[i];
    }
}

/// The derivative of a loss by an x that is clamped to [low, high], given the derivative by the clamped number: 0 only
/// where a descent step would move an x that is out of bounds further out. The exact derivative, 0 in both directions,
/// would leave it there for ever.
template <class Scalar>
Scalar toward_bounds(Scalar x, Scalar low, Scalar high, Scalar derivative) {
    const bool outward = (x > high && derivative < 0) || (x < low && derivative > 0);
    return outward ? Scalar(0) : derivative;
}

namespace detail {

/// -sum_i s_i - log(2 pi) / 2.
template <class Scalar>
Scalar log_density_at_mean(const Scalar* s, Index dimensions) {
    Scalar sum = 0;
    for (Index i = 0; i < dimensions; ++i) sum += s[i];
    return -sum - static_cast<Scalar>(0.5 * std::log(2 * std::numbers::pi) * static_cast<double>(dimensions));
}

}  // namespace detail

/// out_j := log p(a_j). Actions (dimensions x batch) are floats, whatever the scalar.
template <class Scalar>
void gaussian_log_prob(ConstMatrixRef<Scalar> mean, const GaussianScale<Scalar>& scale, ConstMatrixRef<float> action,
                       VectorRef<Scalar> out) {
    GRADIVA_ASSERT(out.size() == mean.cols());
    detail::add_squares(
        detail::standardised_difference<Scalar, float>(action, mean, scale), mean.rows(), mean.cols(), Scalar(-0.5),
        detail::PerSample(scale.is_shared(),
                          [&](Index j) { return detail::log_density_at_mean(scale.from(0, j).log_std, mean.rows()); }),
        out.data());
}

namespace detail {

/// `gaussian_log_prob_gradient` for samples of one dimension that share a deviation.
template <class Scalar>
void log_prob_gradient_of_row(const StandardisedDifference<Scalar, float>& difference, const Scalar* w, Index samples,
                              Scalar* d_mean, Scalar& d_s) {
    const Scalar inverse_std = difference.scale.inverse_std[0];
    simd::Lanes<Scalar> sum{};
    simd::for_each_register<Scalar>(samples, [&](Index j, auto count) {
        const simd::Lanes<Scalar> weight = simd::load_some(w + j, count);
        const simd::Lanes<Scalar> z = weighted_z(difference.from(0, j).row(count, inverse_std), weight);
        sum += weight * (z * z - 1);
        simd::store_some(weight * z * inverse_std, d_mean + j, count);
    });
    d_s += simd::sum_of<Scalar>(sum);
}

/// The same in general. Never inlined: only this one needs its blocks on the stack.
template <class Scalar>
[[gnu::noinline]] void log_prob_gradient_of_rows(const StandardisedDifference<Scalar, float>& difference,
                                                 const Scalar* w, MatrixRef<Scalar>& d_mean, MatrixRef<Scalar>& d_s) {
    for_each_row_group(d_mean.rows(), [&](Index row, Index rows) {
        ScaleGradient<Scalar> d_scale(d_s, difference.scale.is_shared(), row, rows);
        for_each_column_group<Scalar>(d_mean.cols(), [&](Index j, Index count) {
            StandardisedRows<Scalar> block;
            LaneRows<Scalar> by_mean, by_s;
            block.load(difference.from(row, j), rows, count);
            const simd::Lanes<Scalar> weight = simd::load_some(w + j, count);
            for (Index i = 0; i < rows; ++i) {
                const simd::Lanes<Scalar> z = weighted_z(block.z(i), weight);
                by_s.set(i, weight * (z * z - 1));
                by_mean.set(i, weight * z * block.inverse_std(i));
            }
            by_mean.store(&d_mean(row, j), d_mean.outerStride(), rows, count);
            d_scale.add(by_s, j, count);
        });
        d_scale.finish();
    });
}

}  // namespace detail

/// dM := w_j d log p(a_j) / dM = w_j z / sigma and ds := ds + w_j (z^2 - 1), summed over j where all samples share s. w
/// has one element per sample; a weight of 0 adds exactly 0, also for an infinite action.
template <class Scalar>
void gaussian_log_prob_gradient(ConstMatrixRef<Scalar> mean, const GaussianScale<Scalar>& scale,
                                ConstMatrixRef<float> action, ConstVectorRef<Scalar> w, MatrixRef<Scalar> d_mean,
                                MatrixRef<Scalar> d_s) {
    const auto difference = detail::standardised_difference<Scalar, float>(action, mean, scale);
    if (difference.are_one_row(mean.rows()) && d_mean.outerStride() == 1) {
        return detail::log_prob_gradient_of_row<Scalar>(difference, w.data(), mean.cols(), d_mean.data(), d_s(0, 0));
    }
    detail::log_prob_gradient_of_rows<Scalar>(difference, w.data(), d_mean, d_s);
}

/// The entropy H = sum_i s_i + log(2 pi e) / 2 of one column of s.
template <class Scalar>
Scalar gaussian_entropy(ConstVectorRef<Scalar> s) {
    return static_cast<Scalar>(0.5 * static_cast<double>(s.size())) - detail::log_density_at_mean(s.data(), s.size());
}

namespace detail {

/// sum_i (e^{2d} - 1 - 2d) / 2, d = s^q - s^p: KL(q || p) for equal means.
template <class Scalar>
Scalar divergence_of_scales(const Scalar* s_q, const Scalar* s_p, Index dimensions) {
    Scalar sum = 0;
    for (Index i = 0; i < dimensions; ++i) {
        const Scalar twice = 2 * (s_q[i] - s_p[i]);
        sum += (std::expm1(twice) - twice) / 2;
    }
    return sum;
}

}  // namespace detail

/// out_j := KL(q || p) = sum_i (e^{2d} - 1 - 2d) / 2 + ((m^q - m^p) / sigma^p)^2 / 2,  d = s^q - s^p; never below 0,
/// and exactly 0 where both are the same.
template <class Scalar>
void gaussian_kl(ConstMatrixRef<Scalar> mean_q, const GaussianScale<Scalar>& scale_q, ConstMatrixRef<Scalar> mean_p,
                 const GaussianScale<Scalar>& scale_p, VectorRef<Scalar> out) {
    GRADIVA_ASSERT(scale_q.is_shared() == scale_p.is_shared() && out.size() == mean_p.cols());
    detail::add_squares(detail::standardised_difference<Scalar, Scalar>(mean_q, mean_p, scale_p), mean_p.rows(),
                        mean_p.cols(), Scalar(0.5),
                        detail::PerSample(scale_p.is_shared(),
                                          [&](Index j) {
                                              return detail::divergence_of_scales(scale_q.from(0, j).log_std,
                                                                                  scale_p.from(0, j).log_std,
                                                                                  mean_p.rows());
                                          }),
                        out.data());
}

/// Adds w dKL(q || p) / dM^p = w (m^p - m^q) / sigma^p^2 to dM, and w dKL / ds^p = w (1 - e^{2d} - ((m^q - m^p) /
/// sigma^p)^2) to ds, summed over the samples where all share s. w is the same for every sample.
template <class Scalar>
void add_gaussian_kl_gradient(ConstMatrixRef<Scalar> mean_q, const GaussianScale<Scalar>& scale_q,
                              ConstMatrixRef<Scalar> mean_p, const GaussianScale<Scalar>& scale_p, Scalar w,
                              MatrixRef<Scalar> d_mean, MatrixRef<Scalar> d_s) {
    GRADIVA_ASSERT(scale_q.is_shared() == scale_p.is_shared());
    if (w == 0) return;  // also where the derivative is infinite
    const auto difference = detail::standardised_difference<Scalar, Scalar>(mean_q, mean_p, scale_p);
    detail::for_each_row_group(mean_p.rows(), [&](Index row, Index rows) {
        detail::ScaleGradient<Scalar> d_scale(d_s, scale_p.is_shared(), row, rows);
        detail::for_each_column_group<Scalar>(mean_p.cols(), [&](Index j, Index count) {
            detail::StandardisedRows<Scalar> block;
            detail::LaneRows<Scalar> by_mean, by_s;
            block.load(difference.from(row, j), rows, count);
            by_mean.load(&d_mean(row, j), d_mean.outerStride(), rows, count);
            for (Index i = 0; i < rows; ++i) {
                const simd::Lanes<Scalar> z = block.z(i);
                by_mean.set(i, by_mean[i] - w * z * block.inverse_std(i));
                by_s.set(i, -w * (z * z));
            }
            by_mean.store(&d_mean(row, j), d_mean.outerStride(), rows, count);
            d_scale.add(by_s, j, count);
        });
        d_scale.finish();
    });
    const Index columns = scale_p.is_shared() ? 1 : mean_p.cols();
    const Scalar of_column = scale_p.is_shared() ? w * static_cast<Scalar>(mean_p.cols()) : w;
    for (Index j = 0; j < columns; ++j) {
        const Scalar *const s_q = scale_q.from(0, j).log_std, *const s_p = scale_p.from(0, j).log_std;
        for (Index i = 0; i < d_s.rows(); ++i) d_s(i, j) -= of_column * std::expm1(2 * (s_q[i] - s_p[i]));
    }
}

/// The Fisher matrix of each column times a direction: out := T / sigma^2 for means, out_s := out_s + 2 t_s for log
/// standard deviations, summed over the columns where all samples share s.
template <class Scalar>
void gaussian_fisher(const GaussianScale<Scalar>& scale, ConstMatrixRef<Scalar> t, ConstMatrixRef<Scalar> t_s,
                     MatrixRef<Scalar> out, MatrixRef<Scalar> out_s) {
    for (Index j = 0; j < t.cols(); ++j) {
        const Scalar* const inverse_std = scale.from(0, j).inverse_std;
        for (Index i = 0; i < t.rows(); ++i) out(i, j) = t(i, j) * inverse_std[i] * inverse_std[i];
    }
    const auto samples = static_cast<Scalar>(scale.is_shared() ? t.cols() : 1);
    for (Index j = 0; j < t_s.cols(); ++j) {
        for (Index i = 0; i < t_s.rows(); ++i) out_s(i, j) += 2 * samples * t_s(i, j);
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
