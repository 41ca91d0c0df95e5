#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/random/normal.hpp"
#include "gradiva/core/random/philox.hpp"
#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE {

/// What a stream of random numbers is used for. Streams of different purposes have no counters in common.
enum class Purpose : std::uint8_t {
    user,
    environment,
    action,
    initialisation,
    minibatch,
    evaluation_environment,
    evaluation_action,
    example,
    bootstrap,
};

/// A stream of random numbers by Philox4x32-10, named by (seed, purpose, index): the same name gives the same numbers,
/// different names give independent ones. A stream has 2^66 numbers of 32 bits; the index is below 2^56. Models
/// UniformRandomBitGenerator for <random>.
class Rng {
public:
    using result_type = std::uint32_t;

    explicit constexpr Rng(std::uint64_t seed = 0, Purpose purpose = Purpose::user, std::uint64_t index = 0)
        : key_{low(seed), high(seed)}, stream_{low(index), static_cast<std::uint32_t>(purpose) | (high(index) << 8)} {}

    static constexpr result_type min() { return 0; }
    static constexpr result_type max() { return std::numeric_limits<result_type>::max(); }

    /// The next 32 random bits.
    result_type operator()() {
        if (used_ == word_count) refill();
        const std::uint32_t i = used_++;
        return words_[i % 4][i / 4];
    }

    /// Uniform on [0, 1), with 53 random bits.
    double uniform() {
        const std::uint64_t upper = (*this)();
        const std::uint64_t lower = (*this)();
        return static_cast<double>((upper << 21) ^ (lower >> 11)) * 0x1p-53;
    }

    /// Uniform from `from` to `to`; rounding may give `to` itself.
    double uniform(double from, double to) { return from + (to - from) * uniform(); }

    /// Standard normal. Computed sixteen at a time by the Box-Muller transform: of every sixteen calls the first takes
    /// 32 words of the stream, the others none.
    double normal() {
        if (used_normals_ == normals_.size()) refill_normals();
        return normals_[used_normals_++];
    }

    /// A uniform integer in [0, n) without modulo bias, for n from 1 to 2^32 - 1. Source: Lemire, "Fast Random Integer
    /// Generation in an Interval", 2019.
    Index below(Index n) {
        assert(n >= 1 && static_cast<std::uint64_t>(n) <= 0xFFFFFFFF);
        const auto range = static_cast<std::uint32_t>(n);
        std::uint64_t product = std::uint64_t{(*this)()} * range;
        if (low(product) < range) {
            const std::uint32_t biased = (0U - range) % range;
            while (low(product) < biased) product = std::uint64_t{(*this)()} * range;
        }
        return static_cast<Index>(product >> 32);
    }

    /// The name and the position of the stream, with the numbers that are drawn in advance.
    void visit_state(State& state) {
        state("key", key_);
        state("stream", stream_);
        state("next_block", next_block_);
        state("used_words", used_);
        state("words", std::span(&words_[0][0], word_count));
        state("used_normals", used_normals_);
        state("normals", normals_);
        require(used_ <= word_count && used_normals_ <= normals_.size(),
                "Rng: {} of {} words and {} of {} normal numbers are used; these are no numbers of a stream", used_,
                word_count, used_normals_, normals_.size());
    }

private:
    static constexpr std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
    static constexpr std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

    static constexpr std::uint32_t word_count = 4 * detail::philox_blocks;

    void refill() {
        detail::philox4x32(next_block_, stream_, key_, words_);
        next_block_ += detail::philox_blocks;
        used_ = 0;
    }

    void refill_normals() {
        if (used_ == word_count) refill();
        if (used_ == 0) {
            detail::box_muller(words_, normals_);
            used_ = word_count;
        } else {
            detail::PhiloxWords words;
            for (std::size_t i = 0; i < word_count; ++i) words[i % 4][i / 4] = (*this)();
            detail::box_muller(words, normals_);
        }
        used_normals_ = 0;
    }

    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 2> stream_;
    std::uint64_t next_block_ = 0;
    std::uint32_t used_ = word_count;
    std::uint32_t used_normals_ = 2 * detail::philox_blocks;
    detail::PhiloxWords words_{};
    detail::Normals normals_{};
};

}  // namespace GRADIVA_NAMESPACE
