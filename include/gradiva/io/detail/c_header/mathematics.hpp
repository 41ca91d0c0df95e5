#pragma once

#include "gradiva/core/namespace.hpp"

#include <string_view>

// C code of the functions that policies need, without a library. They read no bits of numbers, so that they are the
// same in C and in C++, and have no branch where they are applied to whole layers, so that compilers turn them into
// vector code.

namespace GRADIVA_NAMESPACE::detail {

/// tanh of layers in float, by the fraction that the library's networks use (`simd::TanhParts`).
inline constexpr std::string_view c_tanh_float = R"(
#define POLICY_TANH_LIMIT 9.02f /* where tanh rounds to 1 */

/* tanh x for |x| <= 9.02 with a relative error below 4e-7: a fit x P(x^2) / Q(x^2). */
static inline float policy_tanh_of(float x)
{
    const float t = x * x;
    const float p = (((1.3319885e-8f * t + 2.0584121e-5f) * t + 0.0034940763f) * t + 0.13379754f) * t + 0.99999998f;
    const float q = (((7.7623700e-7f * t + 0.00032831594f) * t + 0.025871234f) * t + 0.46713069f) * t + 1.0f;
    return x * p / q;
}
)";

/// tanh of layers in double.
inline constexpr std::string_view c_tanh_double = R"(
#define POLICY_TANH_LIMIT 14.0 /* beyond it tanh is 1 up to 1.4e-12 */

/* tanh x for |x| <= 14 with a relative error below 2e-12: a fit x P(x^2) / Q(x^2). */
static inline double policy_tanh_of(double x)
{
    const double t = x * x;
    double p = 5.1567523965349086e-10 + t * 1.9783964383299887e-13;
    double q = 1.2758922148608804e-11 + t * 1.4458222923475384e-15;
    p = 6.4455592350273707e-05 + t * (3.0960669761697183e-07 + t * p);
    q = 5.0445347682449570e-06 + t * (1.4638026379763623e-08 + t * q);
    p = 0.14621651067852311 + t * (0.0051553347008646797 + t * p);
    q = 0.031671949389989784 + t * (0.00065004680591081196 + t * q);
    p = 0.99999999999886397 + t * p;
    q = 1.0 + t * (0.47954984399934552 + t * q);
    return x * p / q;
}
)";

/// y := tanh(y). Eight at once with the limit in loops of its own: so GCC 12 makes vector code of it at -O2.
inline constexpr std::string_view c_tanh = R"(
static inline void policy_tanh(policy_real* y, int units)
{
    int i;
    for (; units >= 8; units -= 8) {
        for (i = 0; i < 8; ++i) y[i] = y[i] > POLICY_TANH_LIMIT ? POLICY_TANH_LIMIT : y[i];
        for (i = 0; i < 8; ++i) y[i] = y[i] < -POLICY_TANH_LIMIT ? -POLICY_TANH_LIMIT : y[i];
        for (i = 0; i < 8; ++i) y[i] = policy_tanh_of(y[i]);
        y += 8;
    }
    for (i = 0; i < units; ++i) {
        y[i] = y[i] > POLICY_TANH_LIMIT ? POLICY_TANH_LIMIT : y[i];
        y[i] = y[i] < -POLICY_TANH_LIMIT ? -POLICY_TANH_LIMIT : y[i];
        y[i] = policy_tanh_of(y[i]);
    }
}
)";

/// 1 / sqrt(x), of layer normalisation, and the sums that it needs; in four parts, which a processor adds at once.
inline constexpr std::string_view c_layer_norm = R"(
/* 1 / sqrt(x) of x > 0 by Newton's method, after powers of 4 have brought x to [1/4, 1); 0 of infinity. */
static inline policy_real policy_inverse_root(policy_real x)
{
    policy_real scale = 1, r;
    int n;
    if (!(x - x >= 0)) return 1 / x;
    for (; x >= 1; x *= (policy_real)0.25) scale *= (policy_real)0.5;
    for (; x < (policy_real)0.25; x *= 4) scale *= 2;
    r = (policy_real)2.15 - (policy_real)1.23 * x;
    for (n = 0; n < 5; ++n) r *= (policy_real)1.5 - (policy_real)0.5 * x * r * r;
    return scale * r;
}

static inline policy_real policy_sum(const policy_real* x, int n)
{
    policy_real a = 0, b = 0, c = 0, d = 0;
    const int whole = n / 4 * 4;
    int i;
    for (i = 0; i < whole; i += 4) {
        a += x[i];
        b += x[i + 1];
        c += x[i + 2];
        d += x[i + 3];
    }
    for (i = whole; i < n; ++i) a += x[i];
    return (a + b) + (c + d);
}

static inline policy_real policy_sum_of_squares(const policy_real* x, int n)
{
    policy_real a = 0, b = 0, c = 0, d = 0;
    const int whole = n / 4 * 4;
    int i;
    for (i = 0; i < whole; i += 4) {
        a += x[i] * x[i];
        b += x[i + 1] * x[i + 1];
        c += x[i + 2] * x[i + 2];
        d += x[i + 3] * x[i + 3];
    }
    for (i = whole; i < n; ++i) a += x[i] * x[i];
    return (a + b) + (c + d);
}
)";

/// x clamped and as a float, in which the library holds actions.
inline constexpr std::string_view c_clamp = R"(
#define POLICY_LARGEST 3.40282346638528860e+38 /* of a float */

static inline float policy_clamp(double x, double low, double high)
{
    return (float)(x < low ? low : x > high ? high : x);
}
)";

/// The exponential function, of squashing, of Beta and of activations.
inline constexpr std::string_view c_exp = R"(
/* exp x of x <= 0 with a relative error below 1e-15: 2^-k exp(r) with |r| <= log(2) / 2. */
static inline double policy_exp(double x)
{
    double r, p;
    int k;
    if (!(x >= -746.0)) return x < 0.0 ? 0.0 : x; /* NaN stays */
    k = (int)(0.5 - x * 1.4426950408889634);
    r = (x + k * 0.693147180369123816490) + k * 1.90821492927058770002e-10;
    p = 1.0 / 39916800 + r * (1.0 / 479001600 + r * (1.0 / 6227020800.0));
    p = 1.0 / 362880 + r * (1.0 / 3628800 + r * p);
    p = 1.0 / 5040 + r * (1.0 / 40320 + r * p);
    p = 1.0 / 120 + r * (1.0 / 720 + r * p);
    p = 1.0 / 6 + r * (1.0 / 24 + r * p);
    p = (1.0 + r * (1.0 + r * (0.5 + r * p))) / (double)(1UL << (k % 31));
    for (k /= 31; k > 0; --k) p *= 1.0 / 2147483648.0;
    return p;
}
)";

/// Activations that need `policy_exp`, in double.
inline constexpr std::string_view c_elu = R"(
static inline double policy_elu(double z)
{
    return z > 0.0 ? z : policy_exp(z) - 1.0;
}
)";

inline constexpr std::string_view c_silu = R"(
/* z / (1 + exp(-z)) */
static inline double policy_silu(double z)
{
    const double e = policy_exp(z > 0.0 ? -z : z);
    return (z < -1e4 ? -1e4 : z) * ((z > 0.0 ? 1.0 : e) / (1.0 + e));
}
)";

inline constexpr std::string_view c_gelu = R"(
/* z times the normal distribution function, 1/2 erfc(-z / sqrt 2), with a relative error below 1e-14 of the latter. With
 * x = |z| / sqrt 2, below 2.5 by the series erf x = 2 / sqrt(pi) exp(-x^2) (x + 2 x^3 / 3 + 4 x^5 / 15 + ...), else by
 * the continued fraction erfc x = exp(-x^2) / sqrt(pi) / (x + 1/2 / (x + 2/2 / (x + 3/2 / ...))). */
static inline double policy_gelu(double z)
{
    const double x = (z < 0.0 ? -z : z) * 0.70710678118654752440, bell = policy_exp(-x * x);
    double tail;
    int n;
    if (x < 2.5) {
        double term = x, sum = x;
        for (n = 1; n < 50; ++n) {
            term *= 2.0 * x * x / (2.0 * n + 1.0);
            sum += term;
        }
        tail = 0.5 - 0.56418958354775628695 * bell * sum;
    } else {
        double fraction = x;
        for (n = 60; n > 0; --n) fraction = x + 0.5 * n / fraction;
        tail = 0.5 * 0.56418958354775628695 * bell / fraction;
    }
    return (z < -1e4 ? -1e4 : z) * (z < 0.0 ? tail : 1.0 - tail);
}
)";

/// (tanh u + 1) / 2, of squashing.
inline constexpr std::string_view c_squash = R"(
static inline double policy_squash(double u)
{
    const double e = policy_exp(u < 0.0 ? 2.0 * u : -2.0 * u);
    return (u < 0.0 ? e : 1.0) / (1.0 + e);
}
)";

/// alpha - 1 or beta - 1 of a row of the head, as `Beta` computes it.
inline constexpr std::string_view c_softplus = R"(
/* log(1 + exp h), at most $highest. The logarithm of 1 + e, with e = exp(-|h|) from 0 to 1, is 2 atanh(s) with s = e / (2 + e),
 * whose series is cut at s^33 < 1e-15 s. */
static inline double policy_softplus(double h)
{
    const double e = policy_exp(h < 0.0 ? h : -h), s = e / (2.0 + e), t = s * s;
    double p = 1.0 / 29 + t * (1.0 / 31);
    p = 1.0 / 25 + t * (1.0 / 27 + t * p);
    p = 1.0 / 21 + t * (1.0 / 23 + t * p);
    p = 1.0 / 17 + t * (1.0 / 19 + t * p);
    p = 1.0 / 13 + t * (1.0 / 15 + t * p);
    p = 1.0 / 9 + t * (1.0 / 11 + t * p);
    p = 1.0 / 5 + t * (1.0 / 7 + t * p);
    p = 2.0 * s * (1.0 + t * (1.0 / 3 + t * p));
    p += h > 0.0 ? h : 0.0;
    return p > $highest ? $highest : p;
}
)";

}  // namespace GRADIVA_NAMESPACE::detail
