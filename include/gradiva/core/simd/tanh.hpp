#pragma once

#include <cmath>

#include "gradiva/core/simd/registers.hpp"

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// tanh(x) = x P(x^2) / Q(x^2) up to 2.1e-8 of it where |x| <= 9.02, beyond which it rounds to 1: a minimax fit. All
/// coefficients are positive, so that nothing cancels.
struct TanhParts {
    Floats p, q;

    explicit TanhParts(Floats x) {
        constexpr float limit = 9.02F;
        x = x > limit ? Floats{} + limit : x;  // NaN stays
        x = x < -limit ? Floats{} - limit : x;
        const Floats t = x * x;
        p = x * ((((1.3319885e-8F * t + 2.0584121e-5F) * t + 0.0034940763F) * t + 0.13379754F) * t + 0.99999998F);
        q = (((7.7623700e-7F * t + 0.00032831594F) * t + 0.025871234F) * t + 0.46713069F) * t + 1.0F;
    }
};

inline Floats within_one(Floats x) {
    x = x > 1 ? Floats{} + 1.0F : x;
    return x < -1 ? Floats{} - 1.0F : x;
}

}  // namespace detail

/// So many neighbours share a division in `tanh_in_groups`.
inline constexpr Index tanh_group = 2 * lane_count;

/// z := tanh(z), element by element; `n` of them, contiguous. Within 5e-7 of itself, never beyond 1. NaN stays NaN. An
/// element's bits depend on nothing else.
inline void tanh(float* z, Index n) {
    for (Index i = 0; i < n; i += lane_count) {
        const Index count = std::min(lane_count, n - i);
        const detail::TanhParts parts(load_lanes<Floats>(z + i, count));
        store_lanes(detail::within_one(parts.p / parts.q), z + i, count);
    }
}

inline void tanh(double* z, Index n) {
    for (Index i = 0; i < n; ++i) z[i] = std::tanh(z[i]);
}

/// The same with one division for two vectors, as divisions are what takes the time: a / b = a d / (b d). `n` is a
/// multiple of `tanh_group`. An element's bits depend on its group, counted from the first; NaN takes it along.
inline void tanh_in_groups(float* z, Index n) {
    for (Index i = 0; i + tanh_group <= n; i += tanh_group) {
        const detail::TanhParts first(load_lanes<Floats>(z + i));
        const detail::TanhParts second(load_lanes<Floats>(z + i + lane_count));
        const Floats inverse = 1.0F / (first.q * second.q);
        store_lanes(detail::within_one(first.p * second.q * inverse), z + i);
        store_lanes(detail::within_one(second.p * first.q * inverse), z + i + lane_count);
    }
}

inline void tanh_in_groups(double* z, Index n) { tanh(z, n); }

}  // namespace GRADIVA_NAMESPACE::kernels
