#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/kernels/moments.hpp"

namespace gradiva {

namespace detail {

inline constexpr auto square_of = [](const auto& x) { return x * x; };

/// sum += x, x := 0.
template <class Scalar>
void move_to_sum(Scalar* sum, Scalar* x, Index count) {
    using namespace kernels::detail;
    Index i = 0;
    for (; i + lanes<Scalar> <= count; i += lanes<Scalar>) {
        store<Scalar>(load(sum + i) + load(x + i), sum + i);
        store<Scalar>(RegisterOf<Scalar>{}, x + i);
    }
    for (; i < count; ++i) sum[i] += std::exchange(x[i], Scalar(0));
}

}  // namespace detail

/// The squared Euclidean norm, summed in double.
template <class Scalar>
double squared_norm(std::span<const Scalar> values) {
    return kernels::detail::sum_in_double(values.data(), static_cast<Index>(values.size()), detail::square_of);
}

/// Adds `part(1)`, ..., `part(parts - 1)`, spans, to `part(0)`, in this order, and clears them; returns the squared
/// norm of the sum. Goes through all of them piece by piece, so that each piece comes from memory once.
template <class Part>
double add_up(Index parts, const Part& part) {
    constexpr Index piece_size = 1024;
    const auto total = part(0);
    const auto size = static_cast<Index>(total.size());
    double squares = 0;
    for (Index begin = 0; begin < size; begin += piece_size) {
        const Index count = std::min(piece_size, size - begin);
        auto* const sum = total.data() + begin;
        for (Index i = 1; i < parts; ++i) detail::move_to_sum(sum, part(i).data() + begin, count);
        squares += kernels::detail::sum_in_double(sum, count, detail::square_of);
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
