// The activations of networks as functions of one number, written as their definitions.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gradiva/kernels/activation.hpp"

namespace gradiva_test {

inline constexpr gradiva::Activation all_activations[] = {
    gradiva::Activation::tanh, gradiva::Activation::relu, gradiva::Activation::elu,
    gradiva::Activation::silu, gradiva::Activation::gelu, gradiva::Activation::leaky_relu,
};

/// Whether f' jumps at 0.
constexpr bool has_kink(gradiva::Activation f) {
    return f == gradiva::Activation::relu || f == gradiva::Activation::leaky_relu;
}

inline double activated(gradiva::Activation f, double z) {
    using gradiva::Activation;
    switch (f) {
        case Activation::tanh: return std::tanh(z);
        case Activation::relu: return std::max(z, 0.0);
        case Activation::elu: return z > 0 ? z : std::expm1(z);
        case Activation::silu: return z / (1 + std::exp(-z));
        case Activation::gelu: return z * 0.5 * std::erfc(-z / std::numbers::sqrt2);
        case Activation::leaky_relu: break;
    }
    return z > 0 ? z : 0.01 * z;
}

/// f'(z).
inline double activation_slope(gradiva::Activation f, double z) {
    using gradiva::Activation;
    const double logistic = 1 / (1 + std::exp(-z));
    switch (f) {
        case Activation::tanh: return 1 - std::tanh(z) * std::tanh(z);
        case Activation::relu: return z > 0 ? 1 : 0;
        case Activation::elu: return z > 0 ? 1 : std::exp(z);
        case Activation::silu: return logistic + z * logistic * (1 - logistic);
        case Activation::gelu:
            return 0.5 * std::erfc(-z / std::numbers::sqrt2) +
                   z * std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
        case Activation::leaky_relu: break;
    }
    return z > 0 ? 1 : 0.01;
}

}  // namespace gradiva_test
