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

/// float, double, or a SIMD register of either (`Simd`): the number types of a surrogate's formula.
template <class V>
concept Number = std::floating_point<V> || detail::is_simd<V>;

/// The constant x as a V; of a register, in every lane.
template <Number V>
V constant(double x) {
    if constexpr (detail::is_simd<V>) {
        return V(x);
    } else {
        return static_cast<V>(x);
    }
}

/// x where the condition holds, else y; of registers, lane by lane.
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

/// x clamped to [low, high]; NaN gives NaN.
template <Number V>
V clamp(const V& x, const std::type_identity_t<V>& low, const std::type_identity_t<V>& high) {
    return min(max(x, low), high);
}

/// The absolute value; NaN gives NaN.
template <Number V>
V abs(const V& x) {
    return select(x < constant<V>(0), -x, x + constant<V>(0));
}

/// e^x; infinite where it overflows. In registers 0 where it is below the smallest normal number. NaN gives NaN.
template <Number V>
V exp(const V& x) {
    if constexpr (detail::is_simd<V>) {
        return simd::exponential_of_any(x.lanes());
    } else {
        return std::exp(x);
    }
}

/// The natural logarithm: minus infinity for 0, infinity for infinity, NaN below 0 and for NaN.
template <Number V>
V log(const V& x) {
    if constexpr (detail::is_simd<V>) {
        using Scalar = std::remove_cvref_t<decltype(x.lanes()[0])>;
        using Limits = std::numeric_limits<Scalar>;
        constexpr double exponent = Limits::digits;  // 2^exponent x is normal for every denormal x > 0
        const SimdMask<Scalar> is_denormal = x < Limits::min();
        const V normal = select(is_denormal, x * std::exp2(exponent), x);
        const V of_positive = V(simd::logarithm(normal.lanes())) -
                              select(is_denormal, constant<V>(exponent * std::numbers::ln2), constant<V>(0));
        const V of_others = select(x == 0, constant<V>(-Limits::infinity()), constant<V>(Limits::quiet_NaN()));
        return select(x == Limits::infinity(), x, select(x > 0, of_positive, of_others));
    } else {
        return std::log(x);
    }
}

/// The product x a, which is 0 where a is 0, also for an infinite x. NaN gives NaN.
template <Number V>
V product(const V& x, const V& a) {
    if constexpr (detail::is_simd<V>) {
        return kernels::weigh(x.lanes(), a.lanes());
    } else {
        return kernels::weigh(x, a);
    }
}

}  // namespace GRADIVA_NAMESPACE
