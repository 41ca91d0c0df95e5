#pragma once

#include <bit>

#include "gradiva/core/simd/lanes.hpp"

namespace GRADIVA_NAMESPACE {

/// Sines and cosines of as many angles as a vector holds.
struct SineCosine {
    Floats sine;
    Floats cosine;
};

/// For |x| <= pi/4, without a reduction of the range: each within 7e-8 of the exact value. NaN stays NaN; angles beyond
/// give anything.
/// Source: Moshier, Cephes mathematical library, sinf and cosf, 1992.
inline SineCosine sine_cosine_near_zero(const Floats& x) {
    const Floats z = x * x;
    const Floats sine = ((-1.9515295891e-4F * z + 8.3321608736e-3F) * z - 1.6666654611e-1F) * z * x + x;
    const Floats cosine =
        ((2.443315711809948e-5F * z - 1.388731625493765e-3F) * z + 4.166664568298827e-2F) * z * z - 0.5F * z + 1.0F;
    return {sine, cosine};
}

/// For |x| <= 8192 rad: each within 1e-7 of the exact value. NaN stays NaN, an infinite angle gives NaN; those
/// between lose accuracy.
///
/// x = k pi/2 + r with |r| <= pi/4; pi/2 is subtracted in three parts, of which k times the first two is exact.
/// Source: Cody and Waite, "Software Manual for the Elementary Functions", 1980, chapter 8.
inline SineCosine sine_cosine(const Floats& x) {
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

}  // namespace GRADIVA_NAMESPACE
