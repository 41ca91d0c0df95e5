#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/kernels/moments.hpp"

namespace gradiva {

/// The squared Euclidean norm, summed in double.
template <class Scalar>
double squared_norm(std::span<const Scalar> values) {
    return kernels::detail::sum_in_double(values.data(), static_cast<Index>(values.size()),
                                          [](const auto& x) { return x * x; });
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
