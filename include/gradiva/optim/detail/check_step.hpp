#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"

// What optimisers refuse, in words that they share.

namespace GRADIVA_NAMESPACE::detail {

/// Throws `Error` unless beta is in [0, 1).
inline void check_decay(std::string_view who, std::string_view option, double beta) {
    require(beta >= 0 && beta < 1, "{}: {} is {}; give a number in [0, 1)", who, option, beta);
}

/// Throws `Error` unless epsilon is above 0 and, in the scalar type of the weights, a normal, finite number.
template <class Scalar>
void check_epsilon(std::string_view who, double epsilon) {
    require(epsilon > 0 && std::isfinite(epsilon), "{}: epsilon is {}; give a number above 0", who, epsilon);
    constexpr auto least = std::numeric_limits<Scalar>::min(), most = std::numeric_limits<Scalar>::max();
    require(epsilon >= static_cast<double>(least) && epsilon <= static_cast<double>(most),
            "{}: epsilon is {}, which weights of {} bytes do not hold; give a number from {} to {}", who, epsilon,
            sizeof(Scalar), least, most);
}

/// Whether all values and the sum of their squares are finite; one multiplication and one addition per register, so
/// that it costs little for every gradient.
template <class Scalar>
bool has_finite_squares(std::span<const Scalar> values) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>, parts = 4;
    const auto size = static_cast<Index>(values.size());
    const auto add = [x = values.data()](V& sum, Index i) {
        const V value = simd::load(x + i);
        sum += value * value;
    };
    V sum[parts] = {};
    Index i = 0;
    for (; i + parts * width <= size; i += parts * width) {
#pragma GCC unroll 4
        for (Index k = 0; k < parts; ++k) add(sum[k], i + k * width);
    }
    for (; i + width <= size; i += width) add(sum[0], i);
    V total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    if (i < size) {
        const V rest = simd::load_some(values.data() + i, size - i);
        total += rest * rest;
    }
    return std::isfinite(simd::sum_of<Scalar>(total));
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_number(std::string_view who, std::size_t i, double value) {
    fail(
        "{}: number {} of the gradient is {:.6g}, too large to go on from; clip the gradient by its norm, lower the "
        "learning rate, or check rewards and observations for extreme values",
        who, i, value);
}

/// The largest value of the scalar type whose square is finite.
template <class Scalar>
double largest_with_square() {
    return std::sqrt(static_cast<double>(std::numeric_limits<Scalar>::max()));
}

/// The check before an optimiser's step. Throws `Error` unless the learning rate is finite and all elements of the
/// gradient are at most `largest` in magnitude; `largest` is at least `largest_with_square`.
template <class Scalar>
void check_step(std::string_view who, std::span<const Scalar> gradient, double learning_rate, double largest) {
    require(std::isfinite(learning_rate), "{}: the learning rate is {}; give a finite number", who, learning_rate);
    if (has_finite_squares(gradient)) return;
    for (std::size_t i = 0; i < gradient.size(); ++i) {
        const auto value = static_cast<double>(gradient[i]);
        if (!(std::abs(value) <= largest)) refuse_number(who, i, value);
    }
}

}  // namespace GRADIVA_NAMESPACE::detail
