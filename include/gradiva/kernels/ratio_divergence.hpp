#pragma once

#include <cmath>

#include "gradiva/kernels/exp_log.hpp"
#include "gradiva/kernels/moments.hpp"

namespace gradiva::kernels {

namespace detail {

struct RatioDivergence {
    double operator()(double log_rho) const { return std::exp(log_rho) - 1 - log_rho; }
    RegisterOf<double> operator()(const RegisterOf<double>& log_rho) const {
        return exponential<double>(log_rho) - 1 - log_rho;
    }
};

}  // namespace detail

/// The sum of rho - 1 - log rho in double: over samples of the policy that acted, an estimate of KL(pi_old || pi) which
/// is never below 0. Source: Schulman, "Approximating KL Divergence", 2020.
template <class Scalar>
double sum_of_ratio_divergence(ConstVectorRef<Scalar> log_rho) {
    return detail::sum_in_double(log_rho.data(), log_rho.size(), detail::RatioDivergence{});
}

}  // namespace gradiva::kernels
