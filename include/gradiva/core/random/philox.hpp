#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "gradiva/core/simd/lanes.hpp"

namespace GRADIVA_NAMESPACE {

/// Philox4x32-10, a counter-based generator: a keyed bijection on 128-bit counters, so that a random number is a
/// function of its position in the stream. Source: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as
/// 1, 2, 3", SC 2011, section 3.3. This is the reference form of one counter; `Rng` uses the vector form below.
constexpr std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                                  std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t product0 = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t product1 = std::uint64_t{0xCD9E8D57} * counter[2];
        const auto high0 = static_cast<std::uint32_t>(product0 >> 32);
        const auto high1 = static_cast<std::uint32_t>(product1 >> 32);
        counter = {high1 ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1), high0 ^ counter[3] ^ key[1],
                   static_cast<std::uint32_t>(product0)};
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
    return counter;
}

namespace detail {

/// Counters that one call of the vector form takes.
inline constexpr std::size_t philox_blocks = 8;

/// The four 32-bit words of each block (counter): word w of block b is `[w][b]`.
using PhiloxWords = std::array<std::array<std::uint32_t, philox_blocks>, 4>;

// Words zero-extended to 64 bits, the width of their products, and as they are in memory.
using WideWords = simd::Lanes<std::uint64_t>;
using Words = simd::Lanes<std::uint32_t, simd::lanes<std::uint64_t>>;
inline constexpr std::size_t words_at_once = static_cast<std::size_t>(simd::lanes<std::uint64_t>);

inline WideWords load_words(const std::uint32_t* from) {
    return __builtin_convertvector(simd::load_as<Words>(from), WideWords);
}

inline void store_words(const WideWords& words, std::uint32_t* to) {
    simd::store(__builtin_convertvector(words, Words), to);
}

/// `philox4x32` of the counters (low, high, stream[0], stream[1]), where (low, high) are the halves of `first` + b for
/// block b = 0, ..., philox_blocks - 1.
inline void philox4x32(std::uint64_t first, std::array<std::uint32_t, 2> stream, std::array<std::uint32_t, 2> key,
                       PhiloxWords& words) {
    constexpr std::uint64_t lower = 0xFFFFFFFF;
    constexpr std::array<std::uint32_t, philox_blocks> number = {0, 1, 2, 3, 4, 5, 6, 7};
    for (std::size_t b = 0; b < philox_blocks; b += words_at_once) {
        const WideWords block = load_words(&number[b]) + first;
        WideWords counter0 = block & lower, counter1 = block >> 32;
        WideWords counter2 = WideWords{} + stream[0], counter3 = WideWords{} + stream[1];
        std::array<std::uint32_t, 2> round_key = key;
        for (int round = 0; round < 10; ++round) {
            const WideWords product0 = counter0 * 0xD2511F53, product1 = counter2 * 0xCD9E8D57;
            counter0 = (product1 >> 32) ^ counter1 ^ round_key[0];
            counter1 = product1 & lower;
            counter2 = (product0 >> 32) ^ counter3 ^ round_key[1];
            counter3 = product0 & lower;
            round_key[0] += 0x9E3779B9;
            round_key[1] += 0xBB67AE85;
        }
        store_words(counter0, &words[0][b]);
        store_words(counter1, &words[1][b]);
        store_words(counter2, &words[2][b]);
        store_words(counter3, &words[3][b]);
    }
}

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE
