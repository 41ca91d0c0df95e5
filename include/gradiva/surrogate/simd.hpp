#pragma once

#include <type_traits>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"

// Registers of several numbers, for formulas that are written once for numbers and registers (see numbers.hpp). A
// comparison gives an answer for each lane, so that `if` and `?:` have no meaning: write `select(a < b, x, y)`.

namespace GRADIVA_NAMESPACE {

template <class Scalar>
class Simd;

namespace detail {

/// The compile-time error of a formula that uses a register as one number, or a mask as one bool.
template <class Scalar>
consteval void refuse_as_scalar() {
    static_assert(std::is_void_v<Scalar>,
                  "gradiva: this formula works with single numbers only, and is also called with registers of several: "
                  "write select(a < b, x, y) in place of if and ?:, and min, max, clamp, abs, exp and log of gradiva "
                  "in place of those of std");
}

}  // namespace detail

/// The result of a comparison of `Simd<Scalar>`: a bool for each lane.
template <class Scalar>
class SimdMask {
public:
    using Register = simd::BitsOf<simd::Lanes<Scalar>>;

    explicit SimdMask(const Register& lanes) : lanes_(lanes) {}

    /// -1 (all bits set) in lanes where it is true, 0 in the others.
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

/// A SIMD register of Scalar with arithmetic and comparisons lane by lane, also with a plain number on one side.
/// Surrogate formulas are instantiated with it.
template <class Scalar>
class Simd {
public:
    using Register = simd::Lanes<Scalar>;

    Simd(const Register& lanes) : lanes_(lanes) {}
    /// x in every lane.
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
inline constexpr bool is_simd = false;
template <class Scalar>
inline constexpr bool is_simd<Simd<Scalar>> = true;

/// The types of results of an operation with at least one register operand; the other may be a plain number.
template <class A, class B>
struct SimdOperation {};
template <class Scalar>
struct SimdOperation<Simd<Scalar>, Simd<Scalar>> {
    using Type = Simd<Scalar>;
    using Mask = SimdMask<Scalar>;
};
template <class Scalar, class Number>
requires std::is_arithmetic_v<Number>
struct SimdOperation<Simd<Scalar>, Number> : SimdOperation<Simd<Scalar>, Simd<Scalar>> {
};
template <class Scalar, class Number>
requires std::is_arithmetic_v<Number>
struct SimdOperation<Number, Simd<Scalar>> : SimdOperation<Simd<Scalar>, Simd<Scalar>> {
};

template <class A, class B>
using SimdResult = typename SimdOperation<A, B>::Type;
template <class A, class B>
using MaskResult = typename SimdOperation<A, B>::Mask;

template <class V, class T>
auto lanes_of(const T& x) {
    return V(x).lanes();
}

}  // namespace detail

template <class A, class B>
detail::SimdResult<A, B> operator+(const A& a, const B& b) {
    using V = detail::SimdResult<A, B>;
    return detail::lanes_of<V>(a) + detail::lanes_of<V>(b);
}
template <class A, class B>
detail::SimdResult<A, B> operator-(const A& a, const B& b) {
    using V = detail::SimdResult<A, B>;
    return detail::lanes_of<V>(a) - detail::lanes_of<V>(b);
}
template <class A, class B>
detail::SimdResult<A, B> operator*(const A& a, const B& b) {
    using V = detail::SimdResult<A, B>;
    return detail::lanes_of<V>(a) * detail::lanes_of<V>(b);
}
template <class A, class B>
detail::SimdResult<A, B> operator/(const A& a, const B& b) {
    using V = detail::SimdResult<A, B>;
    return detail::lanes_of<V>(a) / detail::lanes_of<V>(b);
}
template <class A, class B>
detail::MaskResult<A, B> operator<(const A& a, const B& b) {
    using V = detail::SimdResult<A, B>;
    return detail::MaskResult<A, B>(detail::lanes_of<V>(a) < detail::lanes_of<V>(b));
}
template <class A, class B>
detail::MaskResult<A, B> operator<=(const A& a, const B& b) {
    using V = detail::SimdResult<A, B>;
    return detail::MaskResult<A, B>(detail::lanes_of<V>(a) <= detail::lanes_of<V>(b));
}
template <class A, class B>
detail::MaskResult<A, B> operator>(const A& a, const B& b) {
    return b < a;
}
template <class A, class B>
detail::MaskResult<A, B> operator>=(const A& a, const B& b) {
    return b <= a;
}
template <class A, class B>
detail::MaskResult<A, B> operator==(const A& a, const B& b) {
    using V = detail::SimdResult<A, B>;
    return detail::MaskResult<A, B>(detail::lanes_of<V>(a) == detail::lanes_of<V>(b));
}
template <class A, class B>
detail::MaskResult<A, B> operator!=(const A& a, const B& b) {
    return !(a == b);
}

}  // namespace GRADIVA_NAMESPACE
