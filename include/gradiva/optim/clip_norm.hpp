#pragma once

#include <span>

#include "gradiva/core/check.hpp"
#include "gradiva/core/lanes.hpp"
#include "gradiva/kernels/moments.hpp"

namespace gradiva {

namespace detail {

inline constexpr auto square_of = [](const auto& x) { return x * x; };

}  // namespace detail

/// The squared Euclidean norm, summed in double.
template <class Scalar>
double squared_norm(std::span<const Scalar> values) {
    return kernels::detail::sum_in_double(values.data(), static_cast<Index>(values.size()), detail::square_of);
}

/// How many gradients `add_up` adds at most.
inline constexpr Index most_parts = 16;

/// total := part(0) + ... + part(parts - 1), spans, added in this order and cleared; returns the squared norm of the
/// sum. In one pass, so that each number comes from memory once.
template <class Scalar, class Part>
double add_up(Index parts, const Part& part, std::span<Scalar> total) {
    GRADIVA_ASSERT(parts >= 1 && parts <= most_parts);
    Scalar *from[most_parts], *const to = total.data();
    for (Index s = 0; s < parts; ++s) {
        GRADIVA_ASSERT(part(s).size() == total.size());
        from[s] = part(s).data();
    }
    const auto sum_at = [&from, parts, to]<class V>(Index i) {
        V sum = load_lanes<V>(from[0] + i);
        store_lanes(V{}, from[0] + i);
        for (Index s = 1; s < parts; ++s) {
            sum += load_lanes<V>(from[s] + i);
            store_lanes(V{}, from[s] + i);
        }
        store_lanes(sum, to + i);
        return sum;
    };
    return kernels::detail::sum_in_double<Scalar>(static_cast<Index>(total.size()), sum_at, detail::square_of);
}

/// The factor that brings a gradient of this norm down to `max_norm`: min(1, max_norm / norm). 1 when `max_norm` is 0,
/// which means no clipping. Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
/// networks", 2013, algorithm 1.
inline double clip_factor(double norm, double max_norm) {
    return max_norm > 0 && norm > max_norm ? max_norm / norm : 1.0;
}

}  // namespace gradiva
