#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <numbers>
#include <type_traits>

#include "gradiva/core/index.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"
#include "gradiva/kernels/importance_ratio.hpp"

// The numbers that a formula is written for once: float, double, and registers of either. A comparison of registers
// gives a flag for each lane, so that `if` and `?:` have no meaning: write `select(a < b, x, y)`.

namespace GRADIVA_NAMESPACE {

template <class Scalar>
class Simd;

namespace detail {

/// What a use that wants one number or one answer is told.
template <class Scalar>
consteval void refuse_as_scalar() {
    static_assert(std::is_void_v<Scalar>,
                  "gradiva: this formula works with single numbers only, and is also called with registers of several: "
                  "write select(a < b, x, y) in place of if and ?:, and min, max, clamp, abs, exp and log of gradiva "
                  "in place of those of std");
}

}  // namespace detail

/// One answer for each lane of `Simd<Scalar>`.
template <class Scalar>
class SimdMask {
public:
    using Register = simd::BitsOf<simd::Lanes<Scalar>>;

    explicit SimdMask(const Register& lanes) : lanes_(lanes) {}

    /// -1 in lanes where it is true, 0 elsewhere.
    const Register& lanes() const { return lanes_; }

    friend SimdMask operator&&(const SimdMask& a, const SimdMask& b) { return SimdMask(a.lanes_ & b.lanes_); }
    friend SimdMask operator||(const SimdMask& a, const SimdMask& b) { return SimdMask(a.lanes_ | b.lanes_); }
    friend SimdMask operator!(const SimdMask& a) { return SimdMask(~a.lanes_); }

    explicit operator bool() const {
        detail::refuse_as_scalar<Scalar>();
        return false;
    }

private:
    Register lanes_;
};

/// As many numbers as a register of the processor holds; operators work lane by lane, also with a plain number.
template <class Scalar>
class Simd {
public:
    using Register = simd::Lanes<Scalar>;

    Simd(const Register& lanes) : lanes_(lanes) {}
    /// The number in every lane.
    template <class Number>
    requires std::is_arithmetic_v<Number> Simd(Number x) : lanes_(simd::broadcast(static_cast<Scalar>(x))) {}

    const Register& lanes() const { return lanes_; }

    Simd operator-() const { return Register(-lanes_); }
    Simd& operator+=(const Simd& x) { return *this = Register(lanes_ + x.lanes_); }
    Simd& operator-=(const Simd& x) { return *this = Register(lanes_ - x.lanes_); }
    Simd& operator*=(const Simd& x) { return *this = Register(lanes_ * x.lanes_); }
    Simd& operator/=(const Simd& x) { return *this = Register(lanes_ / x.lanes_); }

    operator double() const {
        detail::refuse_as_scalar<Scalar>();
        return 0;
    }

private:
    Register lanes_;
};

namespace detail {

template <class T>
inline constexpr bool is_numbers = false;
template <class Scalar>
inline constexpr bool is_numbers<Simd<Scalar>> = true;

/// The register type of an operation of which one operand at least is a register, and the other may be a plain number.
template <class A, class B>
struct Joined {};
template <class Scalar>
struct Joined<Simd<Scalar>, Simd<Scalar>> {
    using Type = Simd<Scalar>;
    using Answer = SimdMask<Scalar>;
};
template <class Scalar, class Number>
requires std::is_arithmetic_v<Number>
struct Joined<Simd<Scalar>, Number> : Joined<Simd<Scalar>, Simd<Scalar>> {
};
template <class Scalar, class Number>
requires std::is_arithmetic_v<Number>
struct Joined<Number, Simd<Scalar>> : Joined<Simd<Scalar>, Simd<Scalar>> {
};

template <class A, class B>
using JoinedNumbers = typename Joined<A, B>::Type;
template <class A, class B>
using JoinedFlags = typename Joined<A, B>::Answer;

template <class V, class T>
auto lanes_of(const T& x) {
    return V(x).lanes();
}

}  // namespace detail

template <class A, class B>
detail::JoinedNumbers<A, B> operator+(const A& a, const B& b) {
    using V = detail::JoinedNumbers<A, B>;
    return detail::lanes_of<V>(a) + detail::lanes_of<V>(b);
}
template <class A, class B>
detail::JoinedNumbers<A, B> operator-(const A& a, const B& b) {
    using V = detail::JoinedNumbers<A, B>;
    return detail::lanes_of<V>(a) - detail::lanes_of<V>(b);
}
template <class A, class B>
detail::JoinedNumbers<A, B> operator*(const A& a, const B& b) {
    using V = detail::JoinedNumbers<A, B>;
    return detail::lanes_of<V>(a) * detail::lanes_of<V>(b);
}
template <class A, class B>
detail::JoinedNumbers<A, B> operator/(const A& a, const B& b) {
    using V = detail::JoinedNumbers<A, B>;
    return detail::lanes_of<V>(a) / detail::lanes_of<V>(b);
}
template <class A, class B>
detail::JoinedFlags<A, B> operator<(const A& a, const B& b) {
    using V = detail::JoinedNumbers<A, B>;
    return detail::JoinedFlags<A, B>(detail::lanes_of<V>(a) < detail::lanes_of<V>(b));
}
template <class A, class B>
detail::JoinedFlags<A, B> operator<=(const A& a, const B& b) {
    using V = detail::JoinedNumbers<A, B>;
    return detail::JoinedFlags<A, B>(detail::lanes_of<V>(a) <= detail::lanes_of<V>(b));
}
template <class A, class B>
detail::JoinedFlags<A, B> operator>(const A& a, const B& b) {
    return b < a;
}
template <class A, class B>
detail::JoinedFlags<A, B> operator>=(const A& a, const B& b) {
    return b <= a;
}
template <class A, class B>
detail::JoinedFlags<A, B> operator==(const A& a, const B& b) {
    using V = detail::JoinedNumbers<A, B>;
    return detail::JoinedFlags<A, B>(detail::lanes_of<V>(a) == detail::lanes_of<V>(b));
}
template <class A, class B>
detail::JoinedFlags<A, B> operator!=(const A& a, const B& b) {
    return !(a == b);
}

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
