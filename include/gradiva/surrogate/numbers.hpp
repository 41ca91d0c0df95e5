#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <numbers>
#include <type_traits>

#include "gradiva/core/simd/math.hpp"
#include "gradiva/kernels/importance_ratio.hpp"
#include "gradiva/surrogate/simd.hpp"

// The numbers that a formula is written for once: float, double, and registers of either.

namespace GRADIVA_NAMESPACE {

/// float, double, or a register of either.
template <class V>
concept Number = std::floating_point<V> || detail::is_numbers<V>;

/// The number in every lane.
template <Number V>
V constant(double x) {
    if constexpr (detail::is_numbers<V>) {
        return V(x);
    } else {
        return static_cast<V>(x);
    }
}

/// x where the condition holds, else y.
template <std::floating_point V>
V select(bool condition, const V& x, const V& y) {
    return condition ? x : y;
}
template <class Scalar>
Simd<Scalar> select(const SimdMask<Scalar>& condition, const std::type_identity_t<Simd<Scalar>>& x,
                    const std::type_identity_t<Simd<Scalar>>& y) {
    using Register = typename Simd<Scalar>::Register;
    return Register(condition.lanes() ? x.lanes() : y.lanes());
}

/// The smaller one; a where either is NaN.
template <Number V>
V min(const V& a, const std::type_identity_t<V>& b) {
    return select(b < a, b, a);
}

/// The larger one; a where either is NaN.
template <Number V>
V max(const V& a, const std::type_identity_t<V>& b) {
    return select(a < b, b, a);
}

/// x within [low, high]; NaN stays NaN.
template <Number V>
V clamp(const V& x, const std::type_identity_t<V>& low, const std::type_identity_t<V>& high) {
    return min(max(x, low), high);
}

template <Number V>
V abs(const V& x) {
    return select(x < constant<V>(0), -x, x + constant<V>(0));
}

/// e^x; infinite where that is beyond all numbers; of registers 0 where it is below the smallest normal one. NaN stays
/// NaN.
template <Number V>
V exp(const V& x) {
    if constexpr (detail::is_numbers<V>) {
        return simd::exponential_of_any(x.lanes());
    } else {
        return std::exp(x);
    }
}

/// log x; minus infinity of 0, infinite of infinity, NaN below 0.
template <Number V>
V log(const V& x) {
    if constexpr (detail::is_numbers<V>) {
        using Scalar = std::remove_cvref_t<decltype(x.lanes()[0])>;
        using Limits = std::numeric_limits<Scalar>;
        constexpr double doublings = Limits::digits;  // that make a normal number of any other above 0
        const SimdMask<Scalar> is_small = x < Limits::min();
        const V normal = select(is_small, x * std::exp2(doublings), x);
        const V of_normal = V(simd::logarithm(normal.lanes())) -
                            select(is_small, constant<V>(doublings * std::numbers::ln2), constant<V>(0));
        const V of_none = select(x == 0, constant<V>(-Limits::infinity()), constant<V>(Limits::quiet_NaN()));
        return select(x == Limits::infinity(), x, select(x > 0, of_normal, of_none));
    } else {
        return std::log(x);
    }
}

/// x a; 0 where a is 0, also for an infinite x. NaN stays NaN.
template <Number V>
V product(const V& x, const V& a) {
    if constexpr (detail::is_numbers<V>) {
        return kernels::weigh(x.lanes(), a.lanes());
    } else {
        return kernels::weigh(x, a);
    }
}

}  // namespace GRADIVA_NAMESPACE
