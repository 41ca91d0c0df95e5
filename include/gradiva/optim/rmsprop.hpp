#pragma once

#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/optim/detail/check_step.hpp"
#include "gradiva/optim/detail/moving_mean.hpp"

namespace GRADIVA_NAMESPACE {

/// Decay rate and epsilon of `Rmsprop`.
struct RmspropOptions {
    double alpha = 0.99;    ///< decay of the mean of squared gradients, in [0, 1)
    double epsilon = 1e-5;  ///< added to its root, above 0 also in the weights' scalar

    void visit_state(State& state) {
        state("alpha", alpha);
        state("epsilon", epsilon);
    }
};

/// The RMSProp optimiser; models `Optimizer`:
/// v := alpha v + (1 - alpha) g^2,  theta := theta - lr g / (sqrt(v) + epsilon).
/// Source: Tieleman and Hinton, "Lecture 6.5 - RMSProp", Coursera: Neural Networks for Machine Learning, 2012.
template <class Scalar = float>
class Rmsprop {
public:
    /// Throws `Error` unless the options are in their ranges.
    Rmsprop(RmspropOptions options = {}) : options_(options) {
        detail::check_decay("Rmsprop", "alpha", options.alpha);
        detail::check_epsilon<Scalar>("Rmsprop", options.epsilon);
    }

    /// Throws `Error`, and changes nothing, when the learning rate is not finite, or when the square of an element of
    /// the gradient is not: the element's second moment would then stay infinite.
    void step(std::span<Scalar> weights, std::span<const Scalar> gradient, double learning_rate) {
        GRADIVA_ASSERT(weights.size() == gradient.size());
        detail::check_step("Rmsprop", gradient, learning_rate, detail::largest_with_square<Scalar>());
        const auto size = static_cast<Index>(gradient.size());
        if (square_.size() != size) square_.assign(size, Scalar(0));
        const auto rate = static_cast<Scalar>(learning_rate);
        const auto epsilon = static_cast<Scalar>(options_.epsilon);
        const detail::MeanSquare<Scalar> mean_square(options_.alpha, options_.epsilon);
        const auto step = [=]<class V>(const V& g, V& theta, V& v) {
            v = mean_square(v, g);
            theta -= rate * g / (simd::square_root(v) + epsilon);
        };
        simd::update(size, step, gradient.data(), weights.data(), square_.data());
    }

    void visit_state(State& state) {
        state.fixed("options", options_);
        state("second_moment", square_);
    }

private:
    RmspropOptions options_;
    Buffer<Scalar> square_;
};

}  // namespace GRADIVA_NAMESPACE
