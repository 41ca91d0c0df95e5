#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "gradiva/core/buffer.hpp"

namespace gradiva {

/// The squared Euclidean norm, summed in double.
template <class Scalar>
double squared_norm(std::span<const Scalar> values) {
    // As many sums as GCC needs to vectorise the conversion.
    constexpr std::size_t sums = 16;
    double sum[sums] = {};
    std::size_t i = 0;
    for (; i + sums <= values.size(); i += sums) {
        for (std::size_t k = 0; k < sums; ++k) {
            const auto x = static_cast<double>(values[i + k]);
            sum[k] += x * x;
        }
    }
    double total = 0;
    for (; i < values.size(); ++i) total += static_cast<double>(values[i]) * static_cast<double>(values[i]);
    for (const double part : sum) total += part;
    return total;
}

/// Adds `part(1)`, ..., `part(parts - 1)`, spans, to `part(0)`, in this order; returns the squared norm of that. Goes
/// through all of them piece by piece, so that each piece comes from memory once.
template <class Part>
double add_up(Index parts, const Part& part) {
    constexpr Index piece_size = 1024;
    const auto total = part(0);
    const auto size = static_cast<Index>(total.size());
    double squares = 0;
    for (Index begin = 0; begin < size; begin += piece_size) {
        const Index count = std::min(piece_size, size - begin);
        auto sum = as_vector(total).segment(begin, count);
        for (Index i = 1; i < parts; ++i) sum += as_vector(part(i)).segment(begin, count);
        squares += squared_norm<typename decltype(sum)::Scalar>({sum.data(), static_cast<std::size_t>(count)});
    }
    return squares;
}

/// The factor that brings a gradient of this norm down to `max_norm`: min(1, max_norm / norm). 1 when `max_norm` is 0,
/// which means no clipping. Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
/// networks", 2013, algorithm 1.
inline double clip_factor(double norm, double max_norm) {
    return max_norm > 0 && norm > max_norm ? max_norm / norm : 1.0;
}

}  // namespace gradiva
