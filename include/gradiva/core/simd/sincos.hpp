#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "gradiva/core/simd/lanes.hpp"

// Sines and cosines; math.hpp has a table of their accuracy.

namespace GRADIVA_NAMESPACE::simd {

/// The sine and the cosine of one angle, or of a vector of them.
template <class Real>
struct SineCosine {
    Real sine;
    Real cosine;
};

/// For |x| <= pi/4, without a reduction of the range: each within 7e-8 of the exact value. NaN stays NaN; angles beyond
/// give anything.
/// Source: Moshier, Cephes mathematical library, sinf and cosf, 1992.
inline SineCosine<Floats> sine_cosine_near_zero(const Floats& x) {
    const Floats z = x * x;
    const Floats sine = ((-1.9515295891e-4F * z + 8.3321608736e-3F) * z - 1.6666654611e-1F) * z * x + x;
    const Floats cosine =
        ((2.443315711809948e-5F * z - 1.388731625493765e-3F) * z + 4.166664568298827e-2F) * z * z - 0.5F * z + 1.0F;
    return {sine, cosine};
}

/// For |x| <= 8192 rad: each within 1e-7 of the exact value. NaN and infinity give NaN, other
/// angles beyond anything.
///
/// x = k pi/2 + r with |r| <= pi/4; pi/2 is subtracted in three parts, of which k times the first two is exact.
/// Source: Cody and Waite, "Software Manual for the Elementary Functions", 1980, chapter 8.
inline SineCosine<Floats> sine_cosine(const Floats& x) {
#ifdef __clang__
#pragma clang fp reassociate(off)  // else x + rounder - rounder is x under -funsafe-math-optimizations
#endif
    // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the lowest bits.
    constexpr float rounder = 12582912.0F;
    const Floats shifted = x * 0.63661977F + rounder;
    const Floats k = shifted - rounder;
    const Floats r = ((x - k * 1.5703125F) - k * 4.837512969970703125e-4F) - k * 7.54978995489188216e-8F;
    const auto [s, c] = sine_cosine_near_zero(r);
    const Ints quadrant = std::bit_cast<Ints>(shifted);
    const Ints swapped = (quadrant & 1) != 0;
    const Floats sine = swapped ? c : s;
    const Floats cosine = swapped ? s : c;
    return {(quadrant & 2) != 0 ? -sine : sine, ((quadrant + 1) & 2) != 0 ? -cosine : cosine};
}

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

}  // namespace detail

/// For |x| up to 10^6 rad. `Bits` are as many whole numbers as `Real`, a double or a vector of them, holds.
///
/// x = k pi/2 + r with |r| <= pi/4; pi/2 is subtracted in three parts, of which k times the first two is exact.
/// Source: Cody and Waite, "Software Manual for the Elementary Functions", 1980, chapter 8.
template <class Bits, class Real>
SineCosine<Real> bounded_sine_cosine(const Real& x) {
#ifdef __clang__
#pragma clang fp reassociate(off)  // else x + rounder - rounder is x under -funsafe-math-optimizations
#endif
    // Adding 1.5 * 2^52 rounds to a whole number, which then stands in the lowest bits.
    constexpr double rounder = 0x1.8p52;
    const Real shifted = x * 0.63661977236758134308 + rounder;
    const Real k = shifted - rounder;
    const Real r = ((x - k * 0x1.921fb544p0) - k * 0x1.0b4611a6p-34) - k * 0x1.3198a2e037073p-69;
    const Real z = r * r;
    constexpr auto s = detail::circular_series<9>(2);
    constexpr auto c = detail::circular_series<9>(1);
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

/// Both within 2.2e-16 of the exact values up to 10^6 rad, in an order of operations that does not depend on the angle:
/// where angles come in no order, branches on them would be guessed wrong. Beyond, and for NaN, those of the standard
/// library.
inline SineCosine<double> sine_cosine(double x) {
    if (!(std::abs(x) <= 1e6)) return {std::sin(x), std::cos(x)};
    return bounded_sine_cosine<std::uint64_t>(x);
}

}  // namespace GRADIVA_NAMESPACE::simd
