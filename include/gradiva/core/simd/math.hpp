#pragma once

#include "gradiva/core/namespace.hpp"

#include <bit>
#include <cstdint>
#include <type_traits>
#include <utility>

// e^x and log x of vectors of floats or of doubles, lane by lane: a number gives the same bits wherever it stands. Both
// split off a power of 2, which leaves a short interval for a series whose coefficients are in closed form.
// Source: Cody and Waite, "Software Manual for the Elementary Functions", 1980, chapters 5 and 6.

namespace GRADIVA_NAMESPACE {

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

template <class V>
using ScalarOf = std::remove_cvref_t<decltype(std::declval<V>()[0])>;

/// As many whole numbers as V has lanes, each of the same size.
template <class V>
struct BitsOf {
    typedef typename Binary<ScalarOf<V>>::Bits Type __attribute__((vector_size(sizeof(V))));
};

/// c_k + c_{k+1} x + c_{k+2} x^2 + ... up to the coefficient before `Terms`; there is an even number of them. By pairs,
/// in powers of x^2: two numbers are waited for where Horner's rule waits for four.
template <class Coefficients, int K, int Terms, class V>
V series(const V& x, const V& square) {
    using Scalar = ScalarOf<V>;
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

}  // namespace detail

/// e^x within 2 units in the last place, for x up to 88 in float and 709 in double; 0 where that is below the smallest
/// normal number. NaN stays NaN; what larger numbers give has no meaning. With x = k log 2 + r and |r| <= log(2) / 2,
///   e^x = 2^k (1 + r + r^2 / 2! + ...).
template <class V>
V exponential(const V& x) {
#ifdef __clang__
#pragma clang fp reassociate(off)  // else x + rounder - rounder is x under -funsafe-math-optimizations
#endif
    using B = detail::Binary<detail::ScalarOf<V>>;
    using Bits = typename detail::BitsOf<V>::Type;
    const V shifted = x * detail::ScalarOf<V>(1.4426950408889634) + B::rounder;
    const V k = shifted - B::rounder;
    const V r = (x - k * B::high) - k * B::low;
    const V power = std::bit_cast<V>(std::bit_cast<Bits>(shifted) << B::digits);
    const V e = detail::series<detail::InverseFactorials, 0, B::exp_terms>(r, r * r) * power;
    // Last, so that nothing waits for the comparison: what comes of a number so small is dropped.
    return x < B::smallest ? V{} : e;
}

/// log x within 2 units in the last place, for x positive, finite and normal. NaN and infinity give NaN; what other
/// numbers give has no meaning. With x = 2^k (1 + f), 1 + f between the roots of 1/2 and of 2, and s = f / (2 + f),
///   log(1 + f) = 2 artanh s = f - s (f - R),   R = 2 s^2 / 3 + 2 s^4 / 5 + ...
template <class V>
V logarithm(const V& x) {
    using B = detail::Binary<detail::ScalarOf<V>>;
    using Bits = typename detail::BitsOf<V>::Type;
    constexpr auto root_of_half = std::bit_cast<typename B::Bits>(detail::ScalarOf<V>(0.70710678118654752));
    const Bits bits = std::bit_cast<Bits>(x);
    const Bits exponent = (bits - root_of_half) >> B::digits;
    const V f = std::bit_cast<V>(bits - (exponent << B::digits)) - 1;
    const V k = __builtin_convertvector(exponent, V);
    const V s = f / (f + 2);
    const V z = s * s;
    const V rest = z * detail::series<detail::TwiceInverseOdds, 1, B::log_terms>(z, z * z);
    return (f - (s * (f - rest) - k * B::low)) + k * B::high + (x - x);
}

}  // namespace GRADIVA_NAMESPACE
