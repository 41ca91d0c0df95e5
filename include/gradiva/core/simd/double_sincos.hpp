#pragma once

#include "gradiva/core/namespace.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace GRADIVA_NAMESPACE {

namespace detail {

/// The first `Terms` coefficients of sin(r) / r and of cos(r) as series in r^2: (-1)^k / (2k + 1)! and (-1)^k / (2k)!.
template <std::size_t Terms>
constexpr std::array<double, Terms> circular_series(double first_divisor) {
    std::array<double, Terms> c{};
    double inverse = 1;
    for (std::size_t k = 0; k < Terms; ++k) {
        c[k] = inverse;
        const double n = first_divisor + 2 * static_cast<double>(k);
        inverse /= -n * (n + 1);
    }
    return c;
}

/// The sine and the cosine of one angle, or of a vector of them.
template <class Real>
struct SineCosineOf {
    Real sine;
    Real cosine;
};

/// For |x| up to 10^6 rad. `Bits` are as many whole numbers as `Real`, a double or a vector of them, holds.
///
/// x = k pi/2 + r with |r| <= pi/4; pi/2 is subtracted in three parts, of which k times the first two is exact.
/// Source: Cody and Waite, "Software Manual for the Elementary Functions", 1980, chapter 8.
template <class Bits, class Real>
SineCosineOf<Real> bounded_sine_cosine(const Real& x) {
#ifdef __clang__
#pragma clang fp reassociate(off)  // else x + rounder - rounder is x under -funsafe-math-optimizations
#endif
    // Adding 1.5 * 2^52 rounds to a whole number, which then stands in the lowest bits.
    constexpr double rounder = 0x1.8p52;
    const Real shifted = x * 0.63661977236758134308 + rounder;
    const Real k = shifted - rounder;
    const Real r = ((x - k * 0x1.921fb544p0) - k * 0x1.0b4611a6p-34) - k * 0x1.3198a2e037073p-69;
    const Real z = r * r;
    constexpr auto s = circular_series<9>(2);
    constexpr auto c = circular_series<9>(1);
    const Real to_sine =
        z * (s[1] + z * (s[2] + z * (s[3] + z * (s[4] + z * (s[5] + z * (s[6] + z * (s[7] + z * s[8])))))));
    const Real to_cosine = z * (c[2] + z * (c[3] + z * (c[4] + z * (c[5] + z * (c[6] + z * (c[7] + z * c[8]))))));
    // As bits, since a choice between two numbers would become a branch.
    const Bits sine = std::bit_cast<Bits>(r + r * to_sine);
    const Bits cosine = std::bit_cast<Bits>(1 - z * (0.5 - to_cosine));
    const Bits quadrant = std::bit_cast<Bits>(shifted);
    const Bits changed = (sine ^ cosine) & (0 - (quadrant & 1));
    return {std::bit_cast<Real>(sine ^ changed ^ ((quadrant & 2) << 62)),
            std::bit_cast<Real>(cosine ^ changed ^ (((quadrant + 1) & 2) << 62))};
}

}  // namespace detail

using DoubleSineCosine = detail::SineCosineOf<double>;

/// Both within 2.2e-16 of the exact values up to 10^6 rad, in an order of operations that does not depend on the angle:
/// where angles come in no order, branches on them would be guessed wrong. Beyond, and for NaN, those of the standard
/// library.
inline DoubleSineCosine sine_cosine(double x) {
    if (!(std::abs(x) <= 1e6)) return {std::sin(x), std::cos(x)};
    return detail::bounded_sine_cosine<std::uint64_t>(x);
}

}  // namespace GRADIVA_NAMESPACE
