#pragma once

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

/// The factor that brings a gradient of this norm down to `max_norm`: min(1, max_norm / norm). 1 when `max_norm` is 0,
/// which means no clipping. Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
/// networks", 2013, algorithm 1.
inline double clip_factor(double norm, double max_norm) {
    return max_norm > 0 && norm > max_norm ? max_norm / norm : 1.0;
}

}  // namespace gradiva
