#pragma once

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/kernels/moments.hpp"

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

struct RatioDivergence {
    static constexpr double most = 709;  // the largest whole power of e in double; NaN stays

    /// By the code for a register, so that a number has the same bits at the end of an array as within it.
    double operator()(double log_rho) const { return (*this)(simd::broadcast(log_rho))[0]; }
    /// Never inlined: a sum unrolls it up to sixteen times.
    [[gnu::noinline]] simd::Lanes<double> operator()(const simd::Lanes<double>& log_rho) const {
        const simd::Lanes<double> x = log_rho > most ? simd::broadcast(most) : log_rho;
        return simd::exponential(x) - 1 - x;
    }
};

}  // namespace detail

/// The sum of rho - 1 - log rho in double: over samples of the policy that acted, an estimate of KL(pi_old || pi) which
/// is never below 0 but for rounding. A ratio above e^709 counts as that. Source: Schulman, "Approximating KL
/// Divergence", 2020.
template <class Scalar>
double sum_of_ratio_divergence(ConstVectorRef<Scalar> log_rho) {
    return simd::sum_in_double(log_rho.data(), log_rho.size(), detail::RatioDivergence{});
}

}  // namespace GRADIVA_NAMESPACE::kernels
