#pragma once

#include <cmath>
#include <numbers>

#include "gradiva/core/check.hpp"

// Functions that the standard library lacks, or that are not thread-safe there: std::lgamma writes a global. log_gamma,
// digamma and trigamma apply their recurrence from x to x + 1 until x is at least 10, and there their asymptotic series
// in 1 / x (Abramowitz and Stegun, "Handbook of Mathematical Functions", 1964, 6.1.41, 6.3.18, 6.4.12). Arguments are
// positive; NaN stays NaN. Errors were measured from 1e-3 to 1e6, relative to the larger of 1 and the value: near the
// functions' zeros an error relative to the value means nothing.

namespace GRADIVA_NAMESPACE::kernels {

/// log Gamma(x); error below 1e-14.
inline double log_gamma(double x) {
    GRADIVA_ASSERT(!(x <= 0));
    double product = 1;
    for (; x < 10; ++x) product *= x;
    const double r = 1 / (x * x);
    const double series =
        (1.0 / 12 - r * (1.0 / 360 - r * (1.0 / 1260 - r * (1.0 / 1680 - r * (1.0 / 1188 - r * 691.0 / 360360))))) / x;
    const double half_log_two_pi = 0.5 * std::log(2 * std::numbers::pi);
    return (x - 0.5) * std::log(x) - x + half_log_two_pi + series - std::log(product);
}

/// psi(x) = d log Gamma(x) / dx; error below 1e-14.
inline double digamma(double x) {
    GRADIVA_ASSERT(!(x <= 0));
    double sum = 0;
    for (; x < 10; ++x) sum += 1 / x;
    const double r = 1 / (x * x);
    const double series =
        r * (1.0 / 12 -
             r * (1.0 / 120 - r * (1.0 / 252 - r * (1.0 / 240 - r * (1.0 / 132 - r * (691.0 / 32760 - r / 12))))));
    return std::log(x) - 0.5 / x - series - sum;
}

/// psi'(x) = d^2 log Gamma(x) / dx^2; error below 1e-14, here also relative to the value, which has no zero.
inline double trigamma(double x) {
    GRADIVA_ASSERT(!(x <= 0));
    double sum = 0;
    for (; x < 10; ++x) sum += 1 / (x * x);
    const double r = 1 / (x * x);
    const double series =
        r * (1.0 / 6 -
             r * (1.0 / 30 - r * (1.0 / 42 - r * (1.0 / 30 - r * (5.0 / 66 - r * (691.0 / 2730 - r * 7.0 / 6))))));
    return (1 + 0.5 / x + series) / x + sum;
}

/// log(1 + e^x) for any x, without overflow.
template <class Scalar>
Scalar softplus(Scalar x) {
    return (x > 0 ? x : Scalar(0)) + std::log1p(std::exp(-std::abs(x)));
}

/// 1 / (1 + e^-x) for any x, the derivative of softplus; without overflow.
template <class Scalar>
Scalar sigmoid(Scalar x) {
    const Scalar e = std::exp(-std::abs(x));
    return (x < 0 ? e : Scalar(1)) / (1 + e);
}

}  // namespace GRADIVA_NAMESPACE::kernels
