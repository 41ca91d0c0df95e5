#pragma once

#include <array>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

#include "gradiva/core/double_sincos.hpp"
#include "gradiva/core/index.hpp"

namespace gradiva {

/// Philox 4x32 with 10 rounds: a keyed bijection on 128-bit counters, so that a random number is a function of its
/// place. Source: Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011, section 3.3.
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

/// What a stream of random numbers is for. Streams of different purposes never meet.
enum class Purpose : std::uint8_t {
    user,
    environment,
    action,
    initialisation,
    minibatch,
    evaluation_environment,
    evaluation_action,
};

/// A stream of random numbers, named by (seed, purpose, index): the same name gives the same numbers, another name
/// independent ones. Holds 2^66 numbers; the index takes 56 bits. Also a UniformRandomBitGenerator for <random>.
class Rng {
public:
    using result_type = std::uint32_t;

    explicit constexpr Rng(std::uint64_t seed = 0, Purpose purpose = Purpose::user, std::uint64_t index = 0)
        : key_{low(seed), high(seed)}, stream_{low(index), static_cast<std::uint32_t>(purpose) | (high(index) << 8)} {}

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

    /// The next 32 random bits.
    constexpr result_type operator()() {
        if (used_ == 4) refill();
        return block_[used_++];
    }

    /// Uniform on [0, 1), all 53 bits random.
    constexpr double uniform() {
        const std::uint64_t upper = (*this)();
        const std::uint64_t lower = (*this)();
        return static_cast<double>((upper << 21) ^ (lower >> 11)) * 0x1p-53;
    }

    /// Uniform from `from` to `to`; rounding may give `to` itself.
    constexpr double uniform(double from, double to) { return from + (to - from) * uniform(); }

    /// Standard normal, by the transform of Box and Muller (1958); the second of each pair is kept for the next call.
    double normal() {
        if (has_spare_) {
            has_spare_ = false;
            return spare_;
        }
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        const auto [sine, cosine] = sine_cosine(2.0 * std::numbers::pi * uniform());
        spare_ = radius * sine;
        has_spare_ = true;
        return radius * cosine;
    }

    /// Uniform on 0, 1, ..., n - 1 without modulo bias, for n from 1 to 2^32 - 1. Source: Lemire, "Fast Random Integer
    /// Generation in an Interval", 2019.
    constexpr Index below(Index n) {
        assert(n >= 1 && n <= Index{0xFFFFFFFF});
        const auto range = static_cast<std::uint32_t>(n);
        std::uint64_t product = std::uint64_t{(*this)()} * range;
        if (low(product) < range) {
            const std::uint32_t biased = (0U - range) % range;
            while (low(product) < biased) product = std::uint64_t{(*this)()} * range;
        }
        return static_cast<Index>(product >> 32);
    }

private:
    static constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
    static constexpr std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

    constexpr void refill() {
        block_ = philox4x32({low(next_block_), high(next_block_), stream_[0], stream_[1]}, key_);
        ++next_block_;
        used_ = 0;
    }

    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 2> stream_;
    std::uint64_t next_block_ = 0;
    std::array<std::uint32_t, 4> block_{};
    std::uint32_t used_ = 4;
    bool has_spare_ = false;
    double spare_ = 0;
};

}  // namespace gradiva
