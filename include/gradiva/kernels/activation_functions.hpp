#pragma once

#include <cmath>
#include <limits>
#include <numbers>
#include <type_traits>

#include "gradiva/core/index.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"

namespace GRADIVA_NAMESPACE {

/// The non-linearity f between the layers of a network, element by element.
enum class Activation {
    tanh,        ///< tanh z
    relu,        ///< max(z, 0)
    elu,         ///< z for z > 0, else e^z - 1; Clevert et al. 2016, with alpha = 1
    silu,        ///< z / (1 + e^-z), also called swish; Elfwing et al. 2018
    gelu,        ///< z Phi(z), Phi being the normal distribution function; Hendrycks and Gimpel 2016, exact
    leaky_relu,  ///< z for z > 0, else 0.01 z; Maas et al. 2013
};

namespace kernels {

/// Whether f'(Z) does not follow from f(Z), so that a forward pass keeps Z for the backward pass, too.
constexpr bool keeps_input(Activation f) { return f == Activation::silu || f == Activation::gelu; }

/// f' of `leaky_relu` below 0.
inline constexpr double leaky_slope = 0.01;

/// Whether matrix products apply f' to what they store; for other activations it is a pass of its own.
constexpr bool is_fused(Activation f) { return f == Activation::tanh || f == Activation::relu; }

namespace detail {

/// z, or `least` where it is smaller; NaN stays NaN.
template <class V>
V at_least(const V& z, simd::LaneOf<V> least) {
    return z < least ? V{} + least : z;
}
template <class V>
V at_most(const V& z, simd::LaneOf<V> most) {
    return z > most ? V{} + most : z;
}

/// So large that f(z) = z or 0, and f'(z) = 1 or 0, to all digits; small enough that its square is finite.
template <class V>
inline constexpr auto far_out = static_cast<simd::LaneOf<V>>(1e4);

// Each has `value`, f(z), and `derivative`, f' as a function of z where the pass keeps it, else of f(z). V is a
// register of floats or doubles.

struct Elu {
    template <class V>
    static V value(const V& z) {
        const V negative = z > 0 ? V{} : z;  // NaN stays
        return z > 0 ? z : V(simd::exponential(negative) - 1);
    }
    template <class V>
    static V derivative(const V& a) {
        return a > 0 ? V{} + 1 : V(a + 1);
    }
};

struct LeakyRelu {
    template <class V>
    static V value(const V& z) {
        return z > 0 ? z : V(z * static_cast<simd::LaneOf<V>>(leaky_slope));
    }
    template <class V>
    static V derivative(const V& a) {
        return a > 0 ? V{} + 1 : V{} + static_cast<simd::LaneOf<V>>(leaky_slope);
    }
};

/// f(z) = z s(z), f' = s (1 + z (1 - s)), with the logistic function s(z) = 1 / (1 + e^-z).
struct Silu {
    template <class V>
    static V value(const V& z) {
        return at_least(z, -far_out<V>) * simd::Logistic<V>(z).here;
    }
    template <class V>
    static V derivative(const V& kept) {
        const V z = at_most(at_least(kept, -far_out<V>), far_out<V>);
        const simd::Logistic<V> s(z);
        return s.here * (z * s.opposite + 1);
    }
};

/// f(z) = z Phi(z), f' = Phi(z) + z phi(z), with phi(z) = e^(-z^2 / 2) / sqrt(2 pi).
struct Gelu {
    template <class V>
    static V value(const V& z) {
        return at_least(z, -far_out<V>) * Normal<V>(z).distribution;
    }
    template <class V>
    static V derivative(const V& kept) {
        const V z = at_most(at_least(kept, -far_out<V>), far_out<V>);
        const Normal<V> normal(z);
        constexpr auto scale =
            static_cast<simd::LaneOf<V>>(0.5 * std::numbers::inv_sqrtpi_v<double> * std::numbers::sqrt2);
        return normal.distribution + z * normal.bell * scale;
    }

private:
    /// Phi(z), with an absolute error below 3e-7 in float, and e^(-z^2 / 2).
    template <class V>
    struct Normal {
        V distribution, bell;

        explicit Normal(const V& z) {
            const V x = (z > 0 ? z : -z) * simd::LaneOf<V>(0.5 * std::numbers::sqrt2);
            bell = simd::exponential(V(-(x * x)));
            const V tail = upper_tail(x, bell);
            distribution = z > 0 ? V(1 - tail) : tail;
        }
    };

    /// 1/2 erfc(x) for x >= 0, where `bell` is e^(-x^2). In float by Abramowitz and Stegun, "Handbook of Mathematical
    /// Functions", 1964, 7.1.26, whose absolute error is below 0.8e-7.
    template <class V>
    static V upper_tail(const V& x, const V& bell) {
        if constexpr (std::is_same_v<simd::LaneOf<V>, float>) {
            const V t = 1 / (x * 0.3275911F + 1);
            const V p = (((t * 1.061405429F - 1.453152027F) * t + 1.421413741F) * t - 0.284496736F) * t + 0.254829592F;
            return p * t * bell * 0.5F;
        } else {
            V tail = x;
            for (Index i = 0; i < simd::lanes_in<V>; ++i) tail[i] = 0.5 * std::erfc(x[i]);
            return tail;
        }
    }
};

}  // namespace detail

}  // namespace kernels
}  // namespace GRADIVA_NAMESPACE
