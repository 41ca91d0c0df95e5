#pragma once

#include <concepts>
#include <span>

namespace gradiva {

/// Changes weights along a gradient: `step(weights, gradient, learning_rate)` on spans of equal length. It descends:
/// the gradient is that of a loss. Its own state, sized at the first step, belongs to these weights; a copy starts anew
/// or continues with them, and may step other weights at the same time. After the first step it does not allocate.
template <class O, class Scalar>
concept Optimizer = std::copyable<O> &&
    requires(O optimizer, std::span<Scalar> weights, std::span<const Scalar> gradient, double learning_rate) {
    optimizer.step(weights, gradient, learning_rate);
};

}  // namespace gradiva
