#pragma once

#include <span>

#include "gradiva/core/buffer.hpp"

namespace gradiva {

struct RmspropOptions {
    double alpha = 0.99;    ///< decay of the mean of squared gradients, in [0, 1)
    double epsilon = 1e-5;  ///< added to its root, above 0
};

/// v := alpha v + (1 - alpha) g^2,  theta := theta - lr g / (sqrt(v) + epsilon).
/// Source: Tieleman and Hinton, "Lecture 6.5 - RMSProp", Coursera: Neural Networks for Machine Learning, 2012.
template <class Scalar = float>
class Rmsprop {
public:
    Rmsprop(RmspropOptions options = {}) : options_(options) {
        require(options.alpha >= 0 && options.alpha < 1, "Rmsprop: alpha is {}; give a number in [0, 1)",
                options.alpha);
        require(options.epsilon > 0, "Rmsprop: epsilon is {}; give a number above 0", options.epsilon);
    }

    void step(std::span<Scalar> weights, std::span<const Scalar> gradient, double learning_rate) {
        GRADIVA_ASSERT(weights.size() == gradient.size());
        const auto g = as_vector(gradient).array();
        if (square_.size() != g.size()) square_.assign(g.size(), Scalar(0));
        const auto alpha = static_cast<Scalar>(options_.alpha);
        auto v = square_.vector().array();
        v = alpha * v + (1 - alpha) * g.square();
        as_vector(weights).array() -=
            static_cast<Scalar>(learning_rate) * g / (v.sqrt() + static_cast<Scalar>(options_.epsilon));
    }

private:
    RmspropOptions options_;
    Buffer<Scalar> square_;
};

}  // namespace gradiva
