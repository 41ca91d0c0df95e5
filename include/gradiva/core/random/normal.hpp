#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include "gradiva/core/random/philox.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"
#include "gradiva/core/simd/sincos.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The normal numbers made of one `PhiloxWords`: the pair of block p is at indices 2 p and 2 p + 1.
using Normals = std::array<double, 2 * philox_blocks>;

/// Uniform on [1, 2), with 52 random bits: 32 from `upper` and 20 from `lower`.
inline simd::Doubles from_one_to_two(const std::uint32_t* upper, const std::uint32_t* lower) {
    constexpr std::uint64_t one = 0x3FF0'0000'0000'0000;
    return std::bit_cast<simd::Doubles>((load_words(upper) << 20) ^ (load_words(lower) >> 12) ^ one);
}

/// Pairs of standard normal numbers, r cos phi and r sin phi, with r = sqrt(-2 log u) and phi = 2 pi v from u and v
/// uniform on the unit interval. Source: Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
inline void box_muller(const PhiloxWords& words, Normals& normals) {
    constexpr double two_pi = 2 * std::numbers::pi;
    for (std::size_t b = 0; b < philox_blocks; b += words_at_once) {
        const simd::Doubles u = 2 - from_one_to_two(&words[0][b], &words[1][b]);
        const simd::Doubles r_squared = -2 * simd::logarithm(u);
        const auto [sine, cosine] =
            simd::bounded_sine_cosine<WideWords>((from_one_to_two(&words[2][b], &words[3][b]) - 1) * two_pi);
        for (std::size_t i = 0; i < words_at_once; ++i) {
            const double radius = std::sqrt(r_squared[i]);
            normals[2 * (b + i)] = radius * cosine[i];
            normals[2 * (b + i) + 1] = radius * sine[i];
        }
    }
}

}  // namespace GRADIVA_NAMESPACE::detail
