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

/// The Euclidean norm of numbers the sum of whose squares does not fit in a double. Not finite where one of them is
/// not, or where the norm itself is beyond a double.
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

/// The Euclidean norm of numbers whose squares were added up in double. A second look is needed only where that sum has
/// overflown or has lost digits below the smallest numbers; squares of floats do neither.
template <class Scalar>
double norm_from(double squares, std::span<const Scalar> values) {
    constexpr double least = 1e-270;
    if (sizeof(Scalar) < sizeof(double) || (squares >= least && std::isfinite(squares))) return std::sqrt(squares);
    return norm_by_largest(values);
}

}  // namespace detail

/// The Euclidean norm, summed in double; neither overflows nor underflows on the way. Not finite where a number is not.
template <class Scalar>
double norm_of(std::span<const Scalar> values) {
    const auto size = static_cast<Index>(values.size());
    return detail::norm_from(simd::sum_in_double(values.data(), size, detail::square_of), values);
}

/// The norm of two vectors, of which these are the norms, one after the other.
inline double joint_norm(double a, double b) { return std::hypot(a, b); }

/// total := part(0) + ... + part(parts - 1), spans, added in this order and cleared; returns the sum's norm, as
/// `norm_of`. At most `most_shards` of them. In one pass, so that each number comes from memory once.
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

/// The same for the member `gradient` of the accumulators of a sum.
template <class Scalar, class Accumulator>
double add_up(ShardedSum<Accumulator>& shards, std::span<Scalar> total) {
    return add_up(
        shards.size(), [&](Index s) { return shards[s].gradient.span(); }, total);
}

/// The factor that brings a gradient of this norm down to `max_norm`: min(1, max_norm / norm). 1 when `max_norm` is 0,
/// which means no clipping. Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
/// networks", 2013, algorithm 1.
inline double clip_factor(double norm, double max_norm) {
    return max_norm > 0 && norm > max_norm ? max_norm / norm : 1.0;
}

/// Brings a gradient of this norm down to `max_norm`, where there is one (see `clip_factor`).
template <class Scalar>
void clip(std::span<Scalar> gradient, double norm, double max_norm) {
    GRADIVA_ASSERT(std::isfinite(norm));
    if (clip_factor(norm, max_norm) == 1) return;
    VectorMap<Scalar> vector(gradient.data(), static_cast<Index>(gradient.size()));
    // A factor too small for the scalar to hold with all its digits is applied in parts.
    constexpr double least = std::numeric_limits<Scalar>::min(), part = 0x1p-60;
    for (; max_norm / norm < least && std::isfinite(norm); norm *= part) vector *= static_cast<Scalar>(part);
    vector *= static_cast<Scalar>(max_norm / norm);
}

}  // namespace GRADIVA_NAMESPACE
