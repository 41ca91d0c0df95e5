#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <type_traits>

#include "gradiva/core/simd/lanes.hpp"

#if defined(__AVX__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

// Functions of vectors, lane by lane: a number gives the same bits in every lane. The largest error is the one that
// tests/core/simd and tests/kernels hold them to, in units of the last place (ulp) where nothing else is said.
//
// | function | of | domain | largest error | outside |
// |---|---|---|---|---|
// | exponential | float, double | up to 88, 709 | 2 ulp | above: no meaning; 0 below the smallest normal number; NaN |
// | exponential_of_any | float, double | all numbers | 3 ulp | above: infinity; NaN: NaN |
// | logarithm | float, double | positive normal numbers | 2 ulp | NaN and infinity: NaN; others: no meaning |
// | square_root | float, double | from 0 on | 0.5 ulp | NaN |
// | tanh | float | all numbers | 5e-7 of itself, never beyond 1 | NaN: NaN |
// | tanh | double | all numbers | that of std::tanh | NaN: NaN |
// | Logistic | float, double | all numbers | 4 ulp; 0 where `exponential` is | NaN: NaN |
// | sine_cosine (sincos.hpp) | float | up to 8192 | 1e-7 | no meaning; infinity and NaN: NaN |
// | sine_cosine_near_zero (sincos.hpp) | float | up to pi / 4 | 7e-8 | no meaning; NaN: NaN |
// | sine_cosine (sincos.hpp) | double | all numbers | 2.2e-16 | infinity and NaN: NaN |
// | bounded_sine_cosine (sincos.hpp) | double | up to 1e6 | 2.2e-16 | no meaning |
//
// e^x and log x split off a power of 2, which leaves a short interval for a series whose coefficients are in closed
// form. Source: Cody and Waite, "Software Manual for the Elementary Functions", 1980, chapters 5 and 6.

namespace GRADIVA_NAMESPACE::simd {

namespace detail {

/// How a scalar is made of bits. log 2 is `high + low`, `high` having so few digits that whole multiples of it are
/// exact. Adding `rounder` rounds to a whole number k, and leaves the bits of 2^k's exponent in the lowest places.
/// e^`smallest` is the smallest normal number.
template <class Scalar>
struct Binary;

template <>
struct Binary<float> {
    using Bits = std::int32_t;
    static constexpr int digits = 23, bias = 127, exp_terms = 8, log_terms = 5;
    static constexpr float high = 0.693359375F, low = -2.12194440e-4F, rounder = 0x1.8p23F + bias;
    static constexpr float smallest = -87.33654F;
};

template <>
struct Binary<double> {
    using Bits = std::int64_t;
    static constexpr int digits = 52, bias = 1023, exp_terms = 14, log_terms = 11;
    static constexpr double high = 0.693145751953125, low = 1.42860682030941723212e-6, rounder = 0x1.8p52 + bias;
    static constexpr double smallest = -708.39641853226411;
};

/// c_k + c_{k+1} x + c_{k+2} x^2 + ... up to the coefficient before `Terms`; there is an even number of them. By pairs,
/// in powers of x^2: two numbers are waited for where Horner's rule waits for four.
template <class Coefficients, int K, int Terms, class V>
V series(const V& x, const V& square) {
    using Scalar = LaneOf<V>;
    constexpr auto c = static_cast<Scalar>(Coefficients::at(K)), next = static_cast<Scalar>(Coefficients::at(K + 1));
    const V pair = x * next + c;
    if constexpr (K + 2 == Terms) {
        return pair;
    } else {
        return series<Coefficients, K + 2, Terms>(x, square) * square + pair;
    }
}

struct InverseFactorials {
    static constexpr double at(int k) { return k == 0 ? 1.0 : at(k - 1) / k; }
};

struct TwiceInverseOdds {
    static constexpr double at(int k) { return 2.0 / (2 * k + 1); }
};

// Compilers make no vectors of std::sqrt, which reports a negative argument by errno.
#if defined(__SSE2__)
inline __m128 root_of(__m128 x) { return _mm_sqrt_ps(x); }
inline __m128d root_of(__m128d x) { return _mm_sqrt_pd(x); }
#elif defined(__aarch64__)
inline float32x4_t root_of(float32x4_t x) { return vsqrtq_f32(x); }
inline float64x2_t root_of(float64x2_t x) { return vsqrtq_f64(x); }
#endif
#if defined(__AVX__)
inline __m256 root_of(__m256 x) { return _mm256_sqrt_ps(x); }
inline __m256d root_of(__m256d x) { return _mm256_sqrt_pd(x); }
#endif
#if defined(__AVX512F__)
// With a mask of all lanes: GCC 12 warns that what stands in the others of the plain form was never set.
inline __m512 root_of(__m512 x) { return _mm512_maskz_sqrt_ps(0xFFFF, x); }
inline __m512d root_of(__m512d x) { return _mm512_maskz_sqrt_pd(0xFF, x); }
#endif

}  // namespace detail

/// As many whole numbers as V has lanes, each of the same size.
template <class V>
using BitsOf = Lanes<typename detail::Binary<LaneOf<V>>::Bits, lanes_in<V>>;

/// e^x within 2 units in the last place, for x up to 88 in float and 709 in double; 0 where that is below the smallest
/// normal number. NaN stays NaN; what larger numbers give has no meaning. With x = k log 2 + r and |r| <= log(2) / 2,
///   e^x = 2^k (1 + r + r^2 / 2! + ...).
template <class V>
V exponential(const V& x) {
#ifdef __clang__
#pragma clang fp reassociate(off)  // else x + rounder - rounder is x under -funsafe-math-optimizations
#endif
    using B = detail::Binary<LaneOf<V>>;
    using Bits = BitsOf<V>;
    const V shifted = x * LaneOf<V>(1.4426950408889634) + B::rounder;
    const V k = shifted - B::rounder;
    const V r = (x - k * B::high) - k * B::low;
    const V power = std::bit_cast<V>(std::bit_cast<Bits>(shifted) << B::digits);
    const V e = detail::series<detail::InverseFactorials, 0, B::exp_terms>(r, r * r) * power;
    // Last, so that nothing waits for the comparison: what comes of a number so small is dropped.
    return x < B::smallest ? V{} : e;
}

/// e^x within 3 units in the last place, for any x; infinite where that is beyond all numbers. Never inlined, so that
/// all elements come from the same code.
template <class V>
[[gnu::noinline]] V exponential_of_any(const V& x) {
    using Scalar = LaneOf<V>;
    constexpr Scalar most = sizeof(Scalar) == 4 ? 88 : 709;  // of `exponential`
    const V less = x - 1 > most ? V{} + most : x - 1;        // exact where it is used, or beyond all numbers anyhow
    const V e = exponential(V(x > most ? less : x));
    return x > most ? e * std::numbers::e_v<Scalar> : e;
}

/// The logistic function, s(x) = 1 / (1 + e^-x), from e^-|x|, which does not overflow.
template <class V>
struct Logistic {
    V here, opposite;  ///< s(x) and s(-x) = 1 - s(x)

    explicit Logistic(const V& x) {
        const V e = exponential(V(x > 0 ? -x : x));
        const V large = 1 / (e + 1), small = e * large;
        here = x > 0 ? large : small;
        opposite = x > 0 ? small : large;
    }
};

/// log x within 2 units in the last place, for x positive, finite and normal. NaN and infinity give NaN; what other
/// numbers give has no meaning. With x = 2^k (1 + f), 1 + f between the roots of 1/2 and of 2, and s = f / (2 + f),
///   log(1 + f) = 2 artanh s = f - s (f - R),   R = 2 s^2 / 3 + 2 s^4 / 5 + ...
template <class V>
V logarithm(const V& x) {
    using B = detail::Binary<LaneOf<V>>;
    using Bits = BitsOf<V>;
    constexpr auto root_of_half = std::bit_cast<typename B::Bits>(LaneOf<V>(0.70710678118654752));
    const Bits bits = std::bit_cast<Bits>(x);
    const Bits exponent = (bits - root_of_half) >> B::digits;
    const V f = std::bit_cast<V>(bits - (exponent << B::digits)) - 1;
    const V k = __builtin_convertvector(exponent, V);
    const V s = f / (f + 2);
    const V z = s * s;
    const V rest = z * detail::series<detail::TwiceInverseOdds, 1, B::log_terms>(z, z * z);
    return (f - (s * (f - rest) - k * B::low)) + k * B::high + (x - x);
}

/// The root of a number, or of each lane of a vector.
template <class V>
V square_root(const V& x) {
    if constexpr (std::is_floating_point_v<V>) {
        return std::sqrt(x);
    } else if constexpr (requires { detail::root_of(x); }) {
        return detail::root_of(x);
    } else {
        V root = x;
        for (std::size_t i = 0; i < sizeof(V) / sizeof(x[0]); ++i) root[i] = std::sqrt(x[i]);
        return root;
    }
}

/// The numerator and the denominator of tanh x: vectors may share a division.
/// tanh(x) = x P(x^2) / Q(x^2) up to 2.1e-8 of it where |x| <= 9.02, beyond which it rounds to 1: a minimax fit. All
/// coefficients are positive, so that nothing cancels.
struct TanhParts {
    Floats p, q;

    explicit TanhParts(Floats x) {
        x = clamp(x, 9.02F);
        const Floats t = x * x;
        p = x * ((((1.3319885e-8F * t + 2.0584121e-5F) * t + 0.0034940763F) * t + 0.13379754F) * t + 0.99999998F);
        q = (((7.7623700e-7F * t + 0.00032831594F) * t + 0.025871234F) * t + 0.46713069F) * t + 1.0F;
    }
};

/// Of a quotient p / q of `TanhParts`: rounding may have brought it beyond 1. NaN stays NaN.
inline Floats within_one(const Floats& x) { return clamp(x, 1.0F); }

/// tanh x.
inline Floats tanh(const Floats& x) {
    const TanhParts parts(x);
    return within_one(parts.p / parts.q);
}
inline Doubles tanh(const Doubles& x) {
    Doubles y = x;
    for (Index i = 0; i < lanes<double>; ++i) y[i] = std::tanh(x[i]);
    return y;
}

}  // namespace GRADIVA_NAMESPACE::simd
