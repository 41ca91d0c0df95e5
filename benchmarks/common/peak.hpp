// What one core can do at best, measured in this process: the rates that others are compared with.
#pragma once

#include <algorithm>
#include <cstring>
#include <gradiva/core/buffer.hpp>
#include <gradiva/core/simd/lanes.hpp>

#include "stopwatch.hpp"

namespace gradiva_bench {

/// Rates are the best of this many trials: what disturbs a trial only makes it slower.
inline constexpr int peak_trials = 30;

// Clang halves vectors of 64 bytes on processors where it deems them slow, unless told not to.
#ifdef __clang__
#define GRADIVA_BENCH_WHOLE_VECTORS __attribute__((min_vector_width(8 * sizeof(gradiva::simd::Floats))))
#else
#define GRADIVA_BENCH_WHOLE_VECTORS
#endif

/// Floating-point operations per second of multiplications and additions on floats that never leave the registers.
GRADIVA_BENCH_WHOLE_VECTORS inline double peak_flops() {
    using gradiva::simd::Floats;
    constexpr int chains = 12;  // enough to hide the latency, few enough for 16 registers
    constexpr int rounds = 100'000;
    volatile float start = 1;
    const Floats factor = Floats{} + 0.5F * start;
    Floats x[chains];
    for (int i = 0; i < chains; ++i) x[i] = factor * static_cast<float>(i + 1);
    double best = 0;
    for (int trial = 0; trial < peak_trials; ++trial) {
        Stopwatch watch;
        for (int round = 0; round < rounds; ++round) {
            for (int i = 0; i < chains; ++i) x[i] = x[i] * factor + factor;
        }
        float sum = 0;  // read here, so that the work is done before the clock is
        for (int i = 0; i < chains; ++i) sum += x[i][0];
        start = sum;
        best = std::max(best, 2.0 * chains * gradiva::simd::lanes<float> * rounds / watch.lap());
    }
    return best;
}

/// Bytes per second, read and written, of copying `size` bytes `rounds` times.
inline double copy_bandwidth(std::size_t size, int rounds, int trials) {
    gradiva::Buffer<char> from(static_cast<gradiva::Index>(size), 1);
    gradiva::Buffer<char> to(static_cast<gradiva::Index>(size), 1);
    double best = 0;
    for (int trial = 0; trial < trials; ++trial) {
        Stopwatch watch;
        for (int round = 0; round < rounds; ++round) {
            std::memcpy(to.data(), from.data(), size);
            asm volatile("" ::: "memory");
        }
        best = std::max(best, 2.0 * static_cast<double>(size) * rounds / watch.lap());
    }
    return best;
}

/// Within the second-level cache, where the data of small jobs lies.
inline double cache_bandwidth() { return copy_bandwidth(128 * 1024, 200, peak_trials); }

/// In main memory: more than the caches of most processors hold.
inline double memory_bandwidth() { return copy_bandwidth(256 * 1024 * 1024, 1, 5); }

}  // namespace gradiva_bench
