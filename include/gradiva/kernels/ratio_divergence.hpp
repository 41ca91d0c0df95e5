#pragma once

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/kernels/moments.hpp"

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// rho - 1 - log rho of log rho.
struct RatioDivergence {
    static constexpr double most = 709;  // the largest integer power of e in double

    /// By the code for a register, so that an element has the same bits at the end of an array as within it.
    double operator()(double log_rho) const { return (*this)(simd::broadcast(log_rho))[0]; }
    /// NaN stays NaN. Never inlined: a sum would unroll it up to sixteen times.
    [[gnu::noinline]] simd::Lanes<double> operator()(const simd::Lanes<double>& log_rho) const {
        const simd::Lanes<double> x = log_rho > most ? simd::broadcast(most) : log_rho;
        return simd::exponential(x) - 1 - x;
    }
};

}  // namespace detail

/// The sum over samples of rho - 1 - log rho in double, with rho = pi / pi_old: divided by the number of samples, which
/// pi_old drew, an unbiased estimate of KL(pi_old || pi), whose terms are at least 0 but for rounding. Ratios above
/// e^709 count as e^709. Source: Schulman, "Approximating KL Divergence", 2020.
template <class Scalar>
double sum_of_ratio_divergence(ConstVectorRef<Scalar> log_rho) {
    return simd::sum_in_double(log_rho.data(), log_rho.size(), detail::RatioDivergence{});
}

}  // namespace GRADIVA_NAMESPACE::kernels
