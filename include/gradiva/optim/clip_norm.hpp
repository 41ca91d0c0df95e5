#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "gradiva/core/check.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

inline constexpr auto square_of = [](const auto& x) { return x * x; };

/// The Euclidean norm of values whose sum of squares overflows or underflows in double: scaled by the largest. Not
/// finite where a value is not, or where the norm itself overflows.
template <class Scalar>
[[gnu::cold, gnu::noinline]] double norm_by_largest(std::span<const Scalar> values) {
    double largest = 0;
    for (const Scalar x : values) {
        const double size = std::abs(static_cast<double>(x));
        if (!std::isfinite(size)) return size;
        largest = std::max(largest, size);
    }
    if (largest == 0) return 0;
    const int exponent = std::ilogb(largest);
    double sum = 0;
    for (const Scalar x : values) {
        const double part = std::ldexp(static_cast<double>(x), -exponent);
        sum += part * part;
    }
    return std::ldexp(std::sqrt(sum), exponent);
}

/// The Euclidean norm of values with the sum of squares `squares`, in double. Where that sum has overflown or
/// underflown, which squares of floats cannot, the norm is computed anew from the values.
template <class Scalar>
double norm_from(double squares, std::span<const Scalar> values) {
    constexpr double least = 1e-270;
    if (sizeof(Scalar) < sizeof(double) || (squares >= least && std::isfinite(squares))) return std::sqrt(squares);
    return norm_by_largest(values);
}

}  // namespace detail

/// The Euclidean norm, summed in double, without overflow or underflow of intermediate results. Not finite where a
/// value is not.
template <class Scalar>
double norm_of(std::span<const Scalar> values) {
    const auto size = static_cast<Index>(values.size());
    return detail::norm_from(simd::sum_in_double(values.data(), size, detail::square_of), values);
}

/// The norm of the concatenation of two vectors with the norms a and b.
inline double joint_norm(double a, double b) { return std::hypot(a, b); }

/// total := part(0) + ... + part(parts - 1), added in this order, and sets the parts to 0; returns the norm of the
/// total (see `norm_of`). Parts are spans of the total's size, 1 to `most_shards` of them. One pass over memory does it
/// all.
template <class Scalar, class Part>
double add_up(Index parts, const Part& part, std::span<Scalar> total) {
    GRADIVA_ASSERT(parts >= 1 && parts <= most_shards);
    Scalar *from[most_shards], *const to = total.data();
    for (Index s = 0; s < parts; ++s) {
        GRADIVA_ASSERT(part(s).size() == total.size());
        from[s] = part(s).data();
    }
    const auto sum_at = [&from, parts, to]<class V>(Index i) {
        V sum = simd::load_as<V>(from[0] + i);
        simd::store(V{}, from[0] + i);
        for (Index s = 1; s < parts; ++s) {
            sum += simd::load_as<V>(from[s] + i);
            simd::store(V{}, from[s] + i);
        }
        simd::store(sum, to + i);
        return sum;
    };
    const auto size = static_cast<Index>(total.size());
    return detail::norm_from(simd::sum_in_double<Scalar>(size, sum_at, detail::square_of),
                             std::span<const Scalar>(total));
}

/// The same for the member `gradient` of the accumulators of a `ShardedSum`.
template <class Scalar, class Accumulator>
double add_up(ShardedSum<Accumulator>& shards, std::span<Scalar> total) {
    return add_up(
        shards.size(), [&](Index s) { return shards[s].gradient.span(); }, total);
}

/// The factor of gradient norm clipping: min(1, max_norm / norm), or 1 where `max_norm` is 0 (no clipping). Source:
/// Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks", 2013, algorithm 1.
inline double clip_factor(double norm, double max_norm) {
    return max_norm > 0 && norm > max_norm ? max_norm / norm : 1.0;
}

/// Scales a gradient of the norm `norm` to at most `max_norm` (see `clip_factor`).
template <class Scalar>
void clip(std::span<Scalar> gradient, double norm, double max_norm) {
    GRADIVA_ASSERT(std::isfinite(norm));
    if (clip_factor(norm, max_norm) == 1) return;
    VectorMap<Scalar> vector(gradient.data(), static_cast<Index>(gradient.size()));
    // A factor that would be denormal in Scalar is applied in several multiplications.
    constexpr double least = std::numeric_limits<Scalar>::min(), part = 0x1p-60;
    for (; max_norm / norm < least && std::isfinite(norm); norm *= part) vector *= static_cast<Scalar>(part);
    vector *= static_cast<Scalar>(max_norm / norm);
}

}  // namespace GRADIVA_NAMESPACE
